/// How long an analysis may take: what is not done by then is left out, and said to be.
///
/// The limit holds for everything that runs inside of `TimeLimit.$current.withValue`. It is asked for
/// between slabs and pages; what cannot be left out without making the rest wrong, such as the
/// census, is finished.
public struct TimeLimit: Sendable {
  /// The limit that holds here; nil when there is none.
  @TaskLocal public static var current: TimeLimit?

  /// As many seconds were given.
  public let seconds: Double
  private let end: ContinuousClock.Instant

  /// A limit of so many seconds from now on.
  public init(seconds: Double) {
    self.seconds = seconds
    end = .now + .seconds(seconds)
  }

  /// The limit in words: `30 seconds`.
  package var words: String {
    let whole = Int(exactly: seconds.rounded()) ?? .max
    return Double(whole) == seconds ? whole.counted("second") : "\(seconds) seconds"
  }

  /// Whether the time is over, where there is a limit.
  public static var isOver: Bool {
    guard let current else { return false }
    return ContinuousClock.now >= current.end
  }
}
