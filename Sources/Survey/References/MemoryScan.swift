import ByteKit
public import Evidence
public import KernelImage
public import Memory

/// A scan of all memory of a kernel for references to objects: every page frame once, whatever it
/// is mapped as.
public struct MemoryScan: ReferenceScan {
  private let kernel: Kernel
  private let census: Census

  /// Prepares to scan the memory that a census was taken of.
  public init(_ kernel: Kernel, census: Census) {
    self.kernel = kernel
    self.census = census
  }

  /// The page frames scanned by one task; no block of the page allocator is larger.
  private static let framesPerTask: UInt64 = 1 << 16
  /// A memory map of more frames than this, 64 TiB of memory, is damaged.
  private static let largestMap: UInt64 = 1 << 34
  /// How many references are kept as samples.
  private static let mostSamples = 64

  /// Looks at each word of memory that may be in use.
  public func references(
    to targets: [ReferenceTargets], besides words: Set<VirtualAddress>
  ) async -> [References] {
    let set = TargetSet(targets.flatMap(\.slots), of: census, machine: kernel.machine)
    let kinds = TargetKinds(targets, of: set, besides: words)
    let tally = ReferenceTally(set, kinds: kinds)
    let (samples, coverage) = await scan(
      for: set, kinds, into: tally, mostSamples: Self.mostSamples)
    return tally.references(samples: samples, coverage: coverage)
  }

  /// Looks at each word of memory that may be in use, and follows what refers to what.
  public func reachability(of slots: [UInt32]) async -> Reachability {
    let targets = TargetSet(slots, of: census, machine: kernel.machine)
    let graph = ReferenceGraph(census)
    let (_, coverage) = await scan(
      for: targets, TargetKinds([], of: targets, besides: []), into: graph, mostSamples: 0)
    return graph.reachability(of: targets, coverage: coverage)
  }

  private func scan(
    for targets: TargetSet, _ kinds: TargetKinds, into sink: any ReferenceSink, mostSamples: Int
  ) async -> (samples: [Reference], coverage: ScanCoverage) {
    let part = PartScan(
      kernel: kernel, census: census, targets: targets, kinds: kinds, uses: FrameUses(kernel),
      places: ReferencePlaces(kernel, census: census, targets: targets), sink: sink,
      mostSamples: mostSamples)
    var samples: [Reference] = []
    var coverage = ScanCoverage()
    for outcome in await concurrently(parts(), { part.scan($0) }) {
      samples.append(contentsOf: outcome.samples.prefix(mostSamples - samples.count))
      coverage.add(outcome.coverage)
    }
    return (samples, coverage)
  }

  /// All frames that have a `struct page`, cut where no free block crosses.
  private func parts() -> [Range<PageFrame>] {
    var parts: [Range<PageFrame>] = []
    var left = Self.largestMap
    for range in kernel.pages.ranges {
      var start = range.lowerBound.rawValue
      while start < range.upperBound.rawValue, left > 0 {
        let next = (start / Self.framesPerTask + 1) * Self.framesPerTask
        let end = min(next, range.upperBound.rawValue)
        parts.append(PageFrame(start)..<PageFrame(end))
        left -= min(left, end - start)
        start = end
      }
    }
    return parts
  }
}

/// The scan of one run of page frames.
private struct PartScan: Sendable {
  struct Outcome: Sendable {
    var samples: [Reference] = []
    var coverage = ScanCoverage()

    /// The same with the frames of the part as missing: time is over.
    func leaving(_ frames: Range<PageFrame>) -> Outcome {
      var outcome = self
      let count = frames.upperBound.rawValue - frames.lowerBound.rawValue
      outcome.coverage.missingPages += Int(clamping: count)
      return outcome
    }
  }

  let kernel: Kernel
  let census: Census
  let targets: TargetSet
  let kinds: TargetKinds
  let uses: FrameUses
  let places: ReferencePlaces
  let sink: any ReferenceSink
  let mostSamples: Int

  /// So many frames are scanned before the time is looked at again.
  private static let framesPerCheck = 1024
  /// References are handed over in batches of this size.
  private static let batch = 4096

  func scan(_ frames: Range<PageFrame>) -> Outcome {
    var outcome = Outcome()
    var hits: [ReferenceHit] = []
    guard !TimeLimit.isOver else { return outcome.leaving(frames) }
    for (number, use) in uses.uses(of: frames).enumerated() {
      if number % Self.framesPerCheck == 0, TimeLimit.isOver { return outcome.leaving(frames) }
      let frame = PageFrame(frames.lowerBound.rawValue + UInt64(number))
      switch use {
      case .free, .user: outcome.coverage.otherPages += 1
      case .unknown where !isMemory(frame): break
      case .unknown, .reserved, .unheld, .kernel:
        do throws(Absence) {
          let page = try kernel.physical.pageToSearch(frame)
          scan(page.span, frame, use, &hits, &outcome)
          // It may be free or a user's: then too much was looked at, which does no harm.
          outcome.coverage.scannedPages += 1
        } catch {
          // What was never memory, such as the range of a device, is reserved or held by nobody.
          if use == .kernel || isMemory(frame) { outcome.coverage.missingPages += 1 }
        }
      }
      if hits.count >= Self.batch { sink.add(&hits) }
    }
    sink.add(&hits)
    return outcome
  }

  private func isMemory(_ frame: PageFrame) -> Bool {
    kernel.physical.frames.contains { $0.contains(frame) }
  }

  private func scan(
    _ span: RawSpan, _ frame: PageFrame, _ use: FrameUse, _ hits: inout [ReferenceHit],
    _ outcome: inout Outcome
  ) {
    var offset = 0
    let end = span.byteCount - 7
    while offset < end {
      if let word = span.load(UInt64.self, at: offset), targets.mayBeReference(word),
        let target = targets.target(of: word)
      {
        judge(target, at: offset, of: frame, use, &hits, &outcome)
      }
      offset += 8
    }
  }

  private func judge(
    _ target: ObjectReference, at offset: Int, of frame: PageFrame, _ use: FrameUse,
    _ hits: inout [ReferenceHit], _ outcome: inout Outcome
  ) {
    let slot = UInt32(truncatingIfNeeded: census.slot(of: target))
    guard !kinds.isLink(slot, target.offset),
      !kinds.leavesOut(kernel.pages.address(of: frame).advanced(by: offset))
    else { return }
    switch places.verdict(at: offset, of: frame, use: use, target: target) {
    case .own: break
    case .excluded: outcome.coverage.excludedWords += 1
    case .counts(.object(let cache), _) where kinds.isTable(cache, of: slot): break
    case .counts(.pageStructs, _) where kinds.isPageLink(slot, target.offset): break
    case .mutual(let place, let source):
      hits.append(ReferenceHit(slot: slot, place: place, source: source))
    case .counts(let place, let address):
      hits.append(ReferenceHit(slot: slot, place: place, source: nil))
      guard outcome.samples.count < mostSamples else { return }
      outcome.samples.append(
        Reference(address: address, place: place, slot: slot, offset: target.offset))
    }
  }
}
