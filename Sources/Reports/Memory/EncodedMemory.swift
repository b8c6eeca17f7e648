internal import Analysis
internal import Evidence

/// Where the machine's memory went: `memory` in `slabscope.analyze/1`, and part of
/// `slabscope.memory/1`.
struct EncodedMemory: Encodable, Sendable {
  struct Counter: Encodable, Sendable {
    let name: String
    let bytes: Int
  }

  struct Part: Encodable, Sendable {
    let id: String
    @OrNull var bytes: Int?
    @OrNull var counter: Counter?
    let parts: [Part]

    init(id: String, bytes: Int?, parts: [Part] = []) {
      self.id = id
      self.bytes = bytes
      counter = nil
      self.parts = parts
    }

    init(_ part: MemoryAccount.Part) {
      id = part.id
      bytes = part.bytes
      counter = part.counter.map { Counter(name: $0.name, bytes: $0.bytes) }
      parts = part.parts.map { Part($0) }
    }
  }

  /// What was added up, or nil when nothing was.
  @OrNull var source: String?
  /// The memory that the dump knows of, in bytes.
  @OrNull var total: Int?
  let parts: [Part]
  /// What is in no part, in bytes; nil where not everything was looked at.
  @OrNull var unexplained: Int?
  let remarks: [String]

  /// What is known where there is no account: the slabs.
  init(_ input: InputDescription, caches: [CacheSummary]) {
    source = nil
    let pages = input.pages.reduce(0) { $0 + $1.pages }
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: input.pageSize)
    total = overflow || pages == 0 ? nil : bytes
    unexplained = nil
    parts = [Self.slabs(caches)]
    remarks = []
  }

  /// Memory as an account has it.
  init(_ account: MemoryAccount) {
    source = account.source
    total = account.total
    unexplained = account.unexplained
    parts = account.parts.map { Part($0) }
    remarks = account.remarks
  }

  private static func slabs(_ caches: [CacheSummary]) -> Part {
    // One cache that could not be walked makes every sum unknown.
    guard !caches.isEmpty, caches.allSatisfy({ $0.bytes != nil }) else {
      return Part(id: "slab", bytes: nil)
    }
    return Part(id: "slab", bytes: caches.reduce(0) { $0 &+ ($1.bytes ?? 0) })
  }
}
