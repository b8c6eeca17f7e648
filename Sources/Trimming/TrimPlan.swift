public import DumpFiles
public import Memory

/// What is kept of each page frame of a dump.
public struct TrimPlan: Sendable {
  /// How many page frames have each fate.
  public struct Counts: Hashable, Sendable {
    /// Kept as a whole.
    public var whole = 0
    /// Reduced to pointers to slab objects.
    public var reduced = 0
    /// Left out.
    public var leftOut = 0
    /// Not in the dump before.
    public var absent: [Absence: Int] = [:]

    /// All page frames.
    public var total: Int { absent.values.reduce(whole + reduced + leftOut, +) }
  }

  /// What is kept, in runs that cover every page frame of the dump.
  public let runs: [TrimRecord.Run]
  /// How many page frames have each fate.
  public let counts: Counts

  /// A dump of more page frames than this, 16 TiB of memory, is rather damaged.
  private static let mostFrames: UInt64 = 1 << 32

  /// Decides by what was looked at; nil when the dump claims more memory than any machine has.
  public init?(_ memory: any PhysicalMemory, touched: TouchedFrames) {
    guard memory.frames.last?.upperBound.rawValue ?? 0 <= Self.mostFrames else { return nil }
    let unreadable = touched.unreadable
    var runs: [TrimRecord.Run] = []
    var counts = Counts()
    for range in memory.frames {
      var start = range.lowerBound
      var current: TrimRecord.Content?
      for number in range.lowerBound.rawValue..<range.upperBound.rawValue {
        let frame = PageFrame(number)
        let content =
          unreadable[frame].map { .absent($0) } ?? Self.content(of: frame, in: memory, touched)
        counts.count(content)
        if let previous = current, previous != content {
          runs.append(TrimRecord.Run(start..<frame, previous))
          start = frame
        }
        current = content
      }
      if let current { runs.append(TrimRecord.Run(start..<range.upperBound, current)) }
    }
    self.runs = runs
    self.counts = counts
  }

  private static func content(
    of frame: PageFrame, in memory: any PhysicalMemory, _ touched: TouchedFrames
  ) -> TrimRecord.Content {
    switch memory.status(of: frame) {
    case .present where touched.has(.read, at: frame): .whole
    case .zero where touched.has(.read, at: frame): .zero
    case .present where touched.has(.searched, at: frame),
      .zero where touched.has(.searched, at: frame):
      .pointers
    case .present, .zero: .absent(.trimmed)
    // Of a dump that was trimmed before, what was reduced stays so.
    case .absent(.reduced): .pointers
    case .absent(let absence): .absent(absence)
    }
  }
}

extension TrimPlan.Counts {
  fileprivate mutating func count(_ content: TrimRecord.Content) {
    switch content {
    case .whole, .zero: whole += 1
    case .pointers: reduced += 1
    case .absent(.trimmed): leftOut += 1
    case .absent(let absence): absent[absence, default: 0] += 1
    }
  }
}
