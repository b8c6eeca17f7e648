import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// Reads SLUB's records of who allocated and who freed objects.
struct Tracks: Sendable {
  /// A record as it stands behind an object.
  struct Track: Hashable, Sendable {
    /// The return address of the allocator's caller.
    let caller: VirtualAddress
    /// The callers: return addresses, or the number of their stack in the depot.
    let callers: [UInt64]
    /// The CPU.
    let cpu: Int
    /// The process.
    let pid: Int
    /// The time, in jiffies.
    let time: UInt64
  }

  private let kernel: Kernel
  private let layout: TrackLayout
  private let depot: StackDepot?
  private let clock: KernelClock?
  /// For each cache, how far behind its objects the first record is.
  private let offsets: [Int?]

  /// PID_MAX_LIMIT of include/linux/threads.h.
  private static let largestPID: UInt64 = 1 << 22
  /// CONFIG_NR_CPUS is at most 8192, which no machine has.
  private static let mostCPUs: UInt64 = 8192

  /// Finds out which caches have records; nil when none has.
  init?(_ kernel: Kernel, census: Census) {
    guard let layout = TrackLayout(kernel) else { return nil }
    offsets = census.caches.map { layout.offset(in: $0, memory: kernel.memory) }
    guard offsets.contains(where: { $0 != nil }) else { return nil }
    self.kernel = kernel
    self.layout = layout
    depot = StackDepot(kernel)
    clock = KernelClock(kernel)
  }

  /// The records of an object: of its allocation, and of the free before that.
  ///
  /// Nil where no record is, or where one that cannot be true is.
  func tracks(
    of object: VirtualAddress, cache: Int, slotSize: Int, in census: Census
  ) -> (allocation: Track?, free: Track?)? {
    // An object of KFENCE's has a slot of its own, without records.
    guard let offset = offsets[cache], slotSize == census.caches[cache].slotSize,
      let bytes = try? kernel.memory.bytes(
        at: object.advanced(by: offset), count: 2 * layout.size)
    else { return nil }
    return (track(bytes, at: 0), track(bytes, at: layout.size))
  }

  private func track(_ bytes: Bytes, at base: Int) -> Track? {
    let span = bytes.span
    guard let caller = span.load(layout.caller, at: base),
      let cpu = span.load(layout.cpu, at: base), let pid = span.load(layout.pid, at: base),
      let time = span.load(layout.time, at: base),
      cpu < Self.mostCPUs, pid <= Self.largestPID, isCode(VirtualAddress(caller))
    else { return nil }
    let callers: [UInt64] =
      switch layout.callers {
      case .none: []
      case .inDepot(let handle): [span.load(handle, at: base) ?? 0]
      case .inPlace(let offset, let count):
        (0..<count).compactMap { span.load(UInt64.self, at: base + offset + $0 * 8) }
      }
    return Track(
      caller: VirtualAddress(caller), callers: callers, cpu: Int(cpu), pid: Int(pid), time: time)
  }

  /// The stack of a record from the caller of the allocator on.
  func stack(of track: Track) -> [VirtualAddress] {
    let frames: [VirtualAddress] =
      switch layout.callers {
      case .none: []
      case .inDepot:
        depot?.stack(UInt32(truncatingIfNeeded: track.callers.first ?? 0)) ?? []
      // The first unused entry is zero, and was all ones until v5.3.
      case .inPlace: track.callers.map { VirtualAddress($0) }
      }
    let code = frames.prefix { isCode($0) }
    // Before the caller come functions of the allocator itself.
    guard let start = code.firstIndex(of: track.caller) else { return [track.caller] + code }
    return Array(code[start...])
  }

  /// The call that a record tells of.
  func call(_ track: Track) -> RecordedCall {
    RecordedCall(
      stack: stack(of: track), cpu: track.cpu, pid: track.pid, age: clock?.age(of: track.time))
  }

  /// How many seconds before the dump a record was written.
  func age(of track: Track) -> Double? { clock?.age(of: track.time) }

  /// Whether an address can be that of code.
  ///
  /// A function that ends with a call which never returns has the return address behind its end,
  /// and a module may be gone whose code it was: no symbol covers these.
  private func isCode(_ address: VirtualAddress) -> Bool {
    if let index = kernel.symbols.index(containing: address) {
      return kernel.symbols.kind(of: index) != .object
    }
    return kernel.regions.contains {
      ($0.use == .modules || $0.use == .kernelImage) && $0.range.contains(address)
    }
  }
}
