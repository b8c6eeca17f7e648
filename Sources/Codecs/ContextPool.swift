internal import Synchronization

/// The working states of a C codec that are not in use.
///
/// Setting up a state costs more than a page's decompression, and a state serves one thread at a
/// time: a caller takes one out and puts it back. There are never more than threads at work.
@safe struct ContextPool: ~Copyable, Sendable {
  /// A state; only its taker touches what it points to.
  @safe struct Context: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private let idle = Mutex<[Context]>([])
  private let make: @Sendable () -> OpaquePointer?

  /// A pool whose states are made by `make`, which returns nil when there is no memory.
  init(make: @escaping @Sendable () -> OpaquePointer?) {
    unsafe self.make = make
  }

  /// Runs `body` with a state of its own; throws what it throws, or `CodecFailure.outOfMemory`.
  borrowing func withContext<Result>(
    _ body: (OpaquePointer) throws(CodecFailure) -> Result
  ) throws(CodecFailure) -> Result {
    let context = try take()
    defer { idle.withLock { $0.append(context) } }
    return try unsafe body(context.pointer)
  }

  private borrowing func take() throws(CodecFailure) -> Context {
    if let context = idle.withLock({ $0.popLast() }) { return context }
    guard let pointer = unsafe make() else { throw .outOfMemory }
    return unsafe Context(pointer: pointer)
  }
}
