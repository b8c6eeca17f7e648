internal import Analysis
internal import DebugInfo
internal import Evidence

/// The schema `slabscope.analyze/1`.
struct EncodedAnalysis: Encodable, Sendable {
  let schema = "slabscope.analyze/1"
  let input: EncodedInput
  let coverage: EncodedCoverage
  let memory: EncodedMemory
  let findings: [EncodedFinding]
  let caches: [EncodedCache]

  init(_ subject: Subject, input: InputDescription, findings: [Finding]) {
    let summaries = CacheSummary.all(in: subject)
    self.input = EncodedInput(input)
    coverage = EncodedCoverage(subject.coverage)
    memory =
      subject.accounts.last.map { EncodedMemory($0) } ?? EncodedMemory(input, caches: summaries)
    self.findings = findings.map { EncodedFinding($0, in: subject) }
    // Names of members would take longer than all the rest.
    caches = summaries.map {
      EncodedCache($0, variables: $0.cache.variables.map(\.description))
    }
  }
}
