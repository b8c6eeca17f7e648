internal import DebugInfo
internal import Evidence
internal import Memory

extension Finding {
  /// The same with who allocated its objects among the evidence, where the kernel recorded that.
  func withAllocations(in subject: Subject) -> Finding {
    guard let records = subject.allocations, !groups.isEmpty,
      let sites = records.sites(of: groups.flatMap(\.slots))
    else { return self }
    var finding = self
    finding.evidence += sites.sentences(in: subject.symbols).prefix(Self.sitesTold)
    return finding
  }

  /// How many ways to the allocator a finding tells.
  private static let sitesTold = 3
}
