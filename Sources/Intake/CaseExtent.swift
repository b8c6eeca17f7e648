/// What is looked for in a dump beyond its slab caches: each part takes its time.
///
/// Texts are read as a whole, whatever is wanted of them.
public struct CaseExtent: OptionSet, Sendable {
  /// The bits.
  public let rawValue: Int

  /// The parts that these bits stand for.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Processes, and sockets in which something waits.
  public static let sockets = CaseExtent(rawValue: 1)
  /// What each page is used for.
  public static let memory = CaseExtent(rawValue: 2)
  /// Which control groups objects are charged to.
  public static let charges = CaseExtent(rawValue: 4)
  /// Everything that rules look at.
  public static let all: CaseExtent = [.sockets, .memory, .charges]
}
