internal import Analysis
internal import Evidence

/// A finding in `slabscope.analyze/1`.
struct EncodedFinding: Encodable, Sendable {
  let id: String
  let rule: String
  let fingerprint: String
  let title: String
  let certainty: String
  @OrNull var cache: String?
  @OrNull var cacheAddress: EncodedAddress?
  /// Of a merged cache's names the one that the objects belong to.
  @OrNull var alias: String?
  @OrNull var type: String?
  @OrNull var count: Int?
  /// Whether there may be more, in what the dump lacks.
  let atLeast: Bool
  /// What count and bytes are an estimate from.
  @OrNull var sampled: EncodedSample?
  @OrNull var bytes: Int?
  @OrNull var module: String?
  let symbols: [String]
  let evidence: [String]
  @OrNull var cause: EncodedCause?
  let verify: [EncodedVerification]
  let examples: [EncodedAddress]

  init(_ finding: Finding, in subject: Subject) {
    id = finding.id
    rule = finding.rule
    fingerprint = finding.fingerprint
    title = finding.title
    certainty = finding.certainty.rawValue
    cache = finding.cacheName
    cacheAddress = finding.cache.map { EncodedAddress($0) }
    alias = finding.alias
    type = finding.type
    count = finding.count
    atLeast = finding.isAtLeast
    sampled = finding.sample.map { EncodedSample($0) }
    bytes = finding.bytes
    module = finding.module
    symbols = finding.symbols
    evidence = finding.evidence
    cause = finding.cause.map { EncodedCause($0) }
    verify = finding.verify.map { EncodedVerification(tool: $0.tool, command: $0.command) }
    examples = finding.examples(in: subject.census).map { EncodedAddress($0) }
  }
}

/// The part of a cache's allocated objects that was looked at.
struct EncodedSample: Encodable, Sendable {
  let objects: Int
  let of: Int
  /// What the choice of slabs was made by, in hexadecimal.
  let seed: String

  init(_ sample: Sample) {
    (objects, of) = (sample.objects, sample.of)
    seed = String(sample.seed, radix: 16)
  }
}

/// A command that checks a finding with another tool.
struct EncodedVerification: Encodable, Sendable {
  let tool: String
  let command: String
}

/// The defect behind a finding.
struct EncodedCause: Encodable, Sendable {
  /// A step from the objects to the line of code.
  struct Step: Encodable, Sendable {
    let symbol: String
    @OrNull var module: String?
    @OrNull var file: String?
    @OrNull var line: Int?
    let how: String
  }

  let summary: String
  let chain: [Step]

  init(_ cause: Cause) {
    summary = cause.summary
    chain = cause.chain.map {
      Step(symbol: $0.symbol, module: $0.module, file: $0.file, line: $0.line, how: $0.how)
    }
  }
}
