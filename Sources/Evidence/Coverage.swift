/// How much of the kernel was seen, and what limits the answers.
public struct Coverage: Hashable, Sendable {
  /// The pages that the slabs occupy.
  public var slabPages: Int
  /// How many of them cannot be read.
  public var absentSlabPages: Int
  /// Sentences for the user about what is missing, doubtful or untested.
  public var remarks: [String]

  /// Describes what was seen.
  public init(slabPages: Int = 0, absentSlabPages: Int = 0, remarks: [String] = []) {
    self.slabPages = slabPages
    self.absentSlabPages = absentSlabPages
    self.remarks = remarks
  }

  /// Whether every page of every slab was read.
  public var isComplete: Bool { absentSlabPages == 0 }
}
