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

/// Where the machine's memory went, as far as it was looked at.
struct EncodedMemory: Encodable, Sendable {
  struct Part: Encodable, Sendable {
    let id: String
    @OrNull var bytes: Int?
    let parts: [Part]
  }

  /// The memory that the dump knows of, in bytes.
  @OrNull var total: Int?
  let parts: [Part]
  /// What is in no part, in bytes: not known while only the slabs are looked at.
  @OrNull var unexplained: Int?

  init(_ input: InputDescription, caches: [CacheSummary]) {
    let pages = input.pages.reduce(0) { $0 + $1.pages }
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: input.pageSize)
    total = overflow || pages == 0 ? nil : bytes
    unexplained = nil
    parts = [Self.slabs(caches)]
  }

  /// Memory as the machine's own counters account for it.
  init(_ account: MemoryAccount) {
    total = account.total
    unexplained = account.unexplained
    parts = account.parts.map(Self.part)
  }

  private static func part(_ part: MemoryAccount.Part) -> Part {
    Part(id: part.id, bytes: part.bytes, parts: part.parts.map(Self.part))
  }

  private static func slabs(_ caches: [CacheSummary]) -> Part {
    // One cache that could not be walked makes every sum unknown.
    guard !caches.isEmpty, caches.allSatisfy({ $0.bytes != nil }) else {
      return Part(id: "slab", bytes: nil, parts: [])
    }
    var (bytes, slots) = (0, 0)
    var ofKind = [Int](repeating: 0, count: ObjectStateKind.allCases.count)
    for summary in caches {
      guard let counts = summary.counts else { continue }
      bytes += summary.bytes ?? 0
      for kind in ObjectStateKind.allCases {
        // Counters do not know every state.
        let share = (counts[kind] ?? 0).multipliedReportingOverflow(by: summary.cache.slotSize)
        guard !share.overflow else { return Part(id: "slab", bytes: nil, parts: []) }
        ofKind[Int(kind.rawValue)] &+= share.partialValue
        slots &+= share.partialValue
      }
    }
    let states = ObjectStateKind.allCases.map {
      Part(id: $0.name, bytes: ofKind[Int($0.rawValue)], parts: [])
    }
    let overhead = Part(id: "overhead", bytes: bytes - slots, parts: [])
    return Part(id: "slab", bytes: bytes, parts: states + [overhead])
  }
}
