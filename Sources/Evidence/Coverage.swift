/// How much of the kernel was seen, and what limits the answers.
public struct Coverage: Hashable, Sendable {
  /// The pages that the slabs occupy.
  public var slabPages: Int
  /// How many of them cannot be read.
  public var absentSlabPages: Int
  /// Sentences for the user about what is missing, doubtful or untested.
  public var remarks: [String]
  /// What must be said before any answer, because it limits them all, or nil; not among `remarks`.
  public var headline: String?

  /// Describes what was seen.
  public init(
    slabPages: Int = 0, absentSlabPages: Int = 0, remarks: [String] = [], headline: String? = nil
  ) {
    self.slabPages = slabPages
    self.absentSlabPages = absentSlabPages
    self.remarks = remarks
    self.headline = headline
  }

  /// Whether every page of every slab was read.
  public var isComplete: Bool { absentSlabPages == 0 }
}
