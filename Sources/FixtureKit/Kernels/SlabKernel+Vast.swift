import ByteKit
import DebugInfo
public import KernelImage
public import Memory

extension SlabKernel {
  /// A large machine around a small kernel: page frames that the dump leaves out, and a cache that
  /// has far more slabs than the rest, each a page full of the same objects in use.
  public struct Vastness: Sendable {
    /// How many page frames the machine has: a power of two.
    public var frameCount: UInt64
    /// How many more slabs the cache has; they are rounded up to whole pages of `struct page`.
    public var slabs: UInt64
    /// What a page of such a slab holds.
    public var page: [UInt8]

    /// Describes a machine.
    public init(frameCount: UInt64, slabs: UInt64, page: [UInt8]) {
      self.frameCount = frameCount
      self.slabs = (slabs + 63) / 64 * 64
      self.page = page
    }

    /// The page frames of the slabs: behind the first quarter of the machine's.
    public var slabFrames: Range<PageFrame> {
      PageFrame(frameCount / 4)..<PageFrame(frameCount / 4 + slabs)
    }

    /// Where the `struct page` of frames lie that the small kernel does not have: in the second half.
    var structStart: UInt64 { frameCount / 2 }
  }

  /// A dump of the small kernel in a large machine, in which the last slab declared, of one page and
  /// with all its objects in use, is that of the large cache.
  public func dump(_ vastness: Vastness) -> KdumpBuilder {
    let writer = writer
    var builder = KdumpBuilder(memory: writer.image)
    let model = (try? writer.image.bytes(at: structPage(ofSlab: slabs.count - 1), count: 64).array)
    builder.claimedFrames = vastness.frameCount
    builder.dumpLevel = 31
    builder.sharesZeroBlock = true
    let first = vastness.structStart
    let start = first + vastness.slabFrames.lowerBound.rawValue / 64
    let end = first + vastness.slabFrames.upperBound.rawValue / 64
    let zeros = [UInt8](repeating: 0, count: 4096)
    let structs = Array(repeatElement(model ?? [], count: 64).joined())
    builder.repeated = [
      .init(frames: vastness.slabFrames, contents: vastness.page),
      .init(frames: PageFrame(first + frameCount / 64)..<PageFrame(start), contents: zeros),
      .init(frames: PageFrame(start)..<PageFrame(end), contents: structs),
      .init(
        frames: PageFrame(end)..<PageFrame(first + vastness.frameCount / 64), contents: zeros),
    ]
    return builder
  }

  /// The kernel in the memory that such a dump holds.
  public func kernel(_ vastness: Vastness, in memory: any PhysicalMemory) -> Kernel {
    let writer = writer
    let all = UInt64(vastness.frameCount)
    let own = vmemmap.advanced(by: frameCount * 64)
    let maps = [
      LinearMap(
        range: directMap..<directMap.advanced(by: all << 12), start: PhysicalAddress(0)),
      LinearMap(range: vmemmap..<own, start: Self.vmemmapStart),
      LinearMap(
        range: own..<vmemmap.advanced(by: all * 64),
        start: PhysicalAddress(vastness.structStart << 12 + frameCount * 64)),
    ]
    return Kernel(
      machine: machine, release: "\(era)", physical: memory,
      memory: LinearMemory(memory, maps: maps),
      pages: PageMap(
        pageSize: .kib4, structSize: 64, structBase: vmemmap, directMapBase: directMap,
        ranges: [PageFrame(0)..<PageFrame(all)]),
      perCPU: PerCPU(possible: Array(0..<cpus), offsets: writer.perCPUOffsets),
      symbols: SymbolTable(writer.symbols), types: types)
  }

  private var types: FixtureTypes {
    era.types(isHardened: hardening != .none, text: text, clock: clock)
  }

  private var writer: SlabKernelWriter { SlabKernelWriter(self, types: types) }

  private func structPage(ofSlab slab: Int) -> PhysicalAddress {
    Self.vmemmapStart.advanced(by: slabs[slab].frame * 64)
  }
}
