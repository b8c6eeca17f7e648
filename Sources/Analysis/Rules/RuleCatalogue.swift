/// The rules, in the order in which they are listed and applied.
public enum RuleCatalogue {
  /// Every rule.
  public static let all: [any Rule] = [
    LostSingleOpen(), LostSeqFiles(), LostObjects(), LostReferences(), LostRoutes(),
    LostSockets(), ManyAlike(), SampledObjects(), UnreadQueues(), LargeCaches(),
    GrowthBetweenSnapshots(),
    GhostMemory(), DyingCgroups(),
  ]
}
