internal import Glibc

/// Memory that a `Bytes` looks at, released when the last view goes.
///
/// `@unchecked Sendable`: the memory is written only before the first `Bytes` over it exists.
@safe @usableFromInline final class Storage: @unchecked Sendable {
  private enum Release { case deallocate, unmap }

  let buffer: UnsafeMutableRawBufferPointer
  private let release: Release

  /// Allocates zeroed memory.
  init(allocating count: Int) {
    unsafe buffer = .allocate(byteCount: count, alignment: 16)
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    release = .deallocate
  }

  /// Takes over a mapping made by `mmap`.
  init(mapping buffer: UnsafeMutableRawBufferPointer) {
    unsafe self.buffer = buffer
    release = .unmap
  }

  deinit {
    switch release {
    case .deallocate: unsafe buffer.deallocate()
    case .unmap: unsafe _ = munmap(buffer.baseAddress, buffer.count)
    }
  }
}
