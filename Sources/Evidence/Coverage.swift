/// How much of the kernel was seen, and what limits the answers.
public struct Coverage: Hashable, Sendable {
  /// The pages that the slabs occupy.
  public var slabPages: Int
  /// For each cache of the census, how many pages of its slabs cannot be read.
  public var absentPages: [Int]
  /// How many pages of slabs are in each condition in which they cannot be read, where it is known.
  public var absences: [PageCondition: Int] = [:]
  /// How many of these pages are not the first of their slab.
  public var absentTails = 0
  /// The page frames whose `struct page` cannot be read: slabs there are not known.
  public var unknownFrames = 0
  /// Whether time was over before everything was done.
  public var isStopped = false
  /// Sentences for the user about what is missing, doubtful or untested.
  public var remarks: [String]
  /// What must be said before any answer, because it limits them all, or nil; not among `remarks`.
  public var headline: String?

  /// Describes what was seen.
  public init(
    slabPages: Int = 0, absentPages: [Int] = [], remarks: [String] = [], headline: String? = nil
  ) {
    self.slabPages = slabPages
    self.absentPages = absentPages
    self.remarks = remarks
    self.headline = headline
  }

  /// How many of the slabs' pages cannot be read.
  public var absentSlabPages: Int { absentPages.reduce(0, +) }

  /// Whether every page of every slab was read, and no page may be one that was not seen.
  public var isComplete: Bool { absentSlabPages == 0 && unknownFrames == 0 }
}
