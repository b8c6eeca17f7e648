internal import DebugInfo
internal import Evidence

/// What the kernel recorded of an object's allocation, in `slabscope.show/1`.
struct EncodedAllocation: Encodable, Sendable {
  /// A call of the allocator.
  struct Call: Encodable, Sendable {
    let stack: [EncodedFrame]
    let cpu: Int
    let pid: Int
    /// How long before the dump.
    @OrNull var ageSeconds: Double?

    init(_ call: RecordedCall, _ symbols: SymbolTable) {
      stack = call.stack.map { EncodedFrame($0, symbols) }
      (cpu, pid) = (call.cpu, call.pid)
      ageSeconds = call.age
    }
  }

  @OrNull var allocated: Call?
  /// The free before that: of what was in the slot until then.
  @OrNull var freed: Call?
  @OrNull var line: EncodedAllocationLine?

  init(_ record: AllocationRecord, _ symbols: SymbolTable) {
    allocated = record.allocation.map { Call($0, symbols) }
    freed = record.free.map { Call($0, symbols) }
    line = record.line.map { EncodedAllocationLine($0) }
  }
}
