public import Memory

extension SlabKernel {
  /// A call of the allocator that SLUB recorded.
  public struct Call: Sendable {
    /// The return address of the allocator's caller; 0 in a record that was never written.
    public var caller: UInt64
    /// Return addresses, innermost first, functions of the allocator among them.
    public var stack: [UInt64]
    /// The CPU.
    public var cpu: UInt64
    /// The process.
    public var pid: UInt64
    /// The time, in ticks; the dump is made at `now`.
    public var time: UInt64

    /// Describes a call.
    public init(
      caller: UInt64, stack: [UInt64], cpu: UInt64 = 1, pid: UInt64 = 71,
      time: UInt64 = SlabKernel.now
    ) {
      (self.caller, self.stack, self.cpu, self.pid, self.time) = (caller, stack, cpu, pid, time)
    }
  }

  /// A line of code as CONFIG_MEM_ALLOC_PROFILING tells it.
  public struct CodeLine: Hashable, Sendable {
    let file, function: String
    let line: UInt64
    let module: String?

    /// Names a line.
    public init(file: String, line: UInt64, function: String, module: String? = nil) {
      (self.file, self.line, self.function, self.module) = (file, line, function, module)
    }
  }

  /// An object and who allocated and freed it.
  struct TrackedObject {
    let slab: Int
    let slot: Int
    let allocation, free: Call?
  }

  /// An object and the line that allocated it.
  struct TaggedObject {
    let slab: Int
    let slot: Int
    let line: CodeLine
  }

  /// The count of ticks when the dump is made; 250 make a second.
  public static let now: UInt64 = 0xffff_fed4 + 250_000

  /// A function of the kernel's that callers can be in, of 256 bytes; 16 there are.
  public func function(_ number: UInt64) -> UInt64 { text.rawValue + 0x1000 + number * 0x100 }

  /// Has SLUB record who allocates and who frees objects of a cache, whose slots must have room.
  public mutating func keepTracks(of cache: Int) { caches[cache].hasTracks = true }

  /// The room that the two records take behind an object and its free pointer, in bytes.
  public var tracksSize: Int { 2 * (era.hasStructSlab ? 32 : 152) }

  /// Records who allocated an object and who freed what was there before.
  public mutating func track(_ slot: Int, of slab: Int, _ allocation: Call?, free: Call? = nil) {
    tracks.append(TrackedObject(slab: slab, slot: slot, allocation: allocation, free: free))
  }

  /// Records the line of code that allocated an object, in a kernel from v6.10 on.
  public mutating func tag(_ slot: Int, of slab: Int, _ line: CodeLine) {
    codeTags.append(TaggedObject(slab: slab, slot: slot, line: line))
  }

  /// Where the record of an object's allocation is; that of the free follows.
  public func trackPlace(_ slot: Int, of slab: Int) -> VirtualAddress {
    let cache = caches[slabs[slab].cache]
    let pointer = cache.freePointer >= cache.objectSize ? 8 : 0
    return object(slot, of: slab).advanced(by: cache.objectSize + pointer)
  }
}
