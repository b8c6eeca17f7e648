internal import Evidence
internal import Memory

/// How many objects of a cache are read at most; of a larger cache, slabs are chosen at random.
///
/// Grouping keeps about 28 bytes for each object that it reads, and has to read, and mostly to
/// decompress, what it groups: the standard limits are a tenth of a gigabyte and some seconds. Of
/// four million objects, a group of one in a thousand is known to within five in a hundred.
public struct Sampling: Hashable, Sendable {
  /// The most objects of a cache.
  public var objects: Int
  /// The most bytes in their slots.
  public var bytes: Int

  /// Limits the number of objects of a cache, and the bytes in their slots.
  public init(objects: Int, bytes: Int) {
    self.objects = objects
    self.bytes = bytes
  }

  /// What one cache may take without anybody waiting for it.
  public static let standard = Sampling(objects: 1 << 22, bytes: 1 << 30)
  /// No limit.
  public static let none = Sampling(objects: .max, bytes: .max)

  /// The slabs of a cache to read, and what part of the cache they are; nil for all of it.
  func choice(ofCache cache: Int, in subject: Subject) -> (slabs: [Int], sample: Sample?) {
    let census = subject.census
    let slabs = census.slabsOfCache[cache]
    let allocated = census.counts[cache].allocated
    let size = allocated.multipliedReportingOverflow(by: census.caches[cache].slotSize)
    guard allocated > objects || size.overflow || size.partialValue > bytes, allocated > 0 else {
      return (slabs, nil)
    }
    let mean = Double(max(1, census.caches[cache].slotSize))
    let share = min(Double(objects), Double(bytes) / mean) / Double(allocated)
    let limit = UInt64(min(max(share, 0), 0.999) * 0x1p64)
    let seed = Self.seed(of: subject)
    let chosen = slabs.filter { Mixing.scatter(seed ^ census.slabs[$0].firstPage.rawValue) < limit }
    // Neither nothing nor what no generator would choose.
    let sample = chosen.isEmpty ? Array(slabs.prefix(1)) : chosen
    let objects = sample.reduce(0) { count, slab in
      let slots =
        census.slabs[slab]
        .firstSlot..<(census.slabs[slab].firstSlot + Int(census.slabs[slab].slots))
      return count + slots.count { census.stateKind(of: $0) == .allocated }
    }
    return (sample, Sample(objects: objects, of: allocated, seed: seed))
  }

  /// The same for the same kernel: of its build ID, or else of its release.
  private static func seed(of subject: Subject) -> UInt64 {
    (subject.kernel.buildID ?? subject.kernel.release ?? "").utf8.reduce(0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
  }
}

/// The part of a cache's allocated objects that was looked at: all those of slabs chosen at random.
public struct Sample: Hashable, Sendable {
  /// How many objects these slabs have.
  public let objects: Int
  /// How many the cache has.
  public let of: Int
  /// What the choice was made by.
  public let seed: UInt64

  /// Describes a sample.
  public init(objects: Int, of: Int, seed: UInt64 = 0) {
    self.objects = objects
    self.of = of
    self.seed = seed
  }

  /// The sample in words: `2,000,000 objects of 12,000,000, in slabs chosen at random`.
  package var words: String {
    "\(objects.counted("object")) of \(of.grouped), in slabs chosen at random"
  }

  /// As many objects as the cache has of a kind of which the sample has `seen`, as an estimate.
  func estimate(_ seen: Int) -> Int {
    guard objects > 0 else { return seen }
    let estimate = (Double(seen) / Double(objects) * Double(of)).rounded()
    return min(max(seen, Int(exactly: estimate) ?? of), max(of, seen))
  }
}

/// How many objects there are of a kind: counted, or estimated from a sample.
public struct Amount: Hashable, Sendable {
  /// How many were seen.
  public let seen: Int
  /// How many there are: those seen, or an estimate.
  public let count: Int
  /// Whether the number is an estimate.
  public let isEstimate: Bool

  /// The amount of which `seen` were found in a sample, or in all there is.
  public init(seen: Int, in sample: Sample?) {
    self.seen = seen
    count = sample?.estimate(seen) ?? seen
    isEstimate = sample != nil
  }

  /// The number as it is written: `1,503`, or `about 1,500,000`, for an estimate has few digits.
  package var words: String {
    guard isEstimate else { return count.grouped }
    var unit = 1
    while count / unit >= 1000 { unit *= 10 }
    let rounded = count / unit + (count % unit >= unit - unit / 2 ? 1 : 0)
    return "about " + (rounded &* unit).grouped
  }

  /// The bytes of as many slots.
  public func bytes(slotSize: Int) -> Int {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: slotSize)
    return overflow ? .max : bytes
  }
}
