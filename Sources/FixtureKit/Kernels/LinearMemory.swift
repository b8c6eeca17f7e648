public import ByteKit
public import KernelImage
public import Memory

/// A kernel's memory without page tables: a few linear maps over the memory of a machine.
public struct LinearMemory: VirtualMemory {
  private let physical: any PhysicalMemory
  private let maps: [LinearMap]

  /// Maps the memory of a machine.
  public init(_ physical: any PhysicalMemory, maps: [LinearMap]) {
    self.physical = physical
    self.maps = maps
  }

  /// The size of a page.
  public var pageSize: PageSize { physical.pageSize }

  /// The page that holds `address`; throws `Absence.unmapped` outside of the maps.
  public func page(at address: VirtualAddress) throws(Absence) -> Page {
    for map in maps {
      if let address = map.translate(address) {
        return Page(bytes: try physical.page(pageSize.frame(of: address)))
      }
    }
    throw .unmapped
  }
}

/// A machine's memory in a dump that lacks some of its pages.
public struct LossyMemory: PhysicalMemory {
  private let whole: any PhysicalMemory
  private let lost: [PageFrame: Absence]
  /// The page frames of the machine that the dump knows of: all but the holes.
  public let frames: [Range<PageFrame>]

  /// Takes pages away, each for a reason; of those that become a hole, the dump says nothing.
  public init(_ whole: any PhysicalMemory, without lost: [PageFrame: Absence]) {
    self.whole = whole
    self.lost = lost
    frames = lost.filter { $1 == .hole }.keys.sorted().reduce(whole.frames) { frames, hole in
      frames.flatMap { range -> [Range<PageFrame>] in
        guard range.contains(hole) else { return [range] }
        return [range.lowerBound..<hole, PageFrame(hole.rawValue + 1)..<range.upperBound]
          .filter { !$0.isEmpty }
      }
    }
  }

  /// The size of a page.
  public var pageSize: PageSize { whole.pageSize }

  /// The contents of a page frame; throws the reason for which it was lost.
  public func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    if let reason = lost[frame] { throw reason }
    return try whole.page(frame)
  }

  /// The reason for which a page frame was lost, or what the whole dump has of it.
  public func status(of frame: PageFrame) -> PageStatus {
    lost[frame].map { .absent($0) } ?? whole.status(of: frame)
  }

  /// The reason for which a page frame was lost.
  public func absence(of frame: PageFrame) -> Absence? {
    lost[frame] ?? whole.absence(of: frame)
  }
}
