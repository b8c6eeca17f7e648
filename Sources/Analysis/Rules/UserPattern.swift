internal import ByteKit
internal import DebugInfo
public import Evidence

/// A leak that somebody knows by the look of its objects, told as data: most leaks are in one's own
/// modules.
public struct UserPattern: Hashable, Sendable {
  /// What stands at an offset in the objects.
  public struct Word: Hashable, Sendable {
    /// Where in the object, in bytes: a multiple of 8.
    public let offset: Int
    /// The symbol that it is an address in, or nil for any.
    public let symbol: String?
    /// The module that the symbol belongs to, or nil for any.
    public let module: String?

    /// Describes a word by its symbol, its module, or both.
    public init(offset: Int, symbol: String?, module: String?) {
      self.offset = offset
      self.symbol = symbol
      self.module = module
    }
  }

  /// What the rule is called: lower-case words with hyphens.
  public let name: String
  /// What the objects are and what went wrong, in a clause.
  public let title: String
  /// What to do about it.
  public let advice: String
  /// The cache that the objects are in, by name or alias, or nil for any.
  public let cache: String?
  /// Fewer objects are no leak.
  public let fewest: Int
  /// What the objects have in common; at least one word.
  public let words: [Word]

  /// Describes a pattern.
  public init(
    name: String, title: String, advice: String, cache: String? = nil, fewest: Int = 1,
    words: [Word]
  ) {
    self.name = name
    self.title = title
    self.advice = advice
    self.cache = cache
    self.fewest = fewest
    self.words = words
  }

  /// What it names that the kernel does not have, so that it finds nothing: a sentence each.
  func remarks(in subject: Subject) -> [String] {
    var missing: [String] = []
    if let cache, subject.census.caches(named: cache).isEmpty { missing.append("cache \(cache)") }
    for word in words {
      if let symbol = word.symbol, subject.symbols.symbols(named: symbol).isEmpty {
        missing.append("symbol \(symbol)")
      }
      if let module = word.module, !subject.modules.contains(where: { $0.name == module }) {
        missing.append("module \(module)")
      }
    }
    return missing.map { "the pattern \(name) finds nothing: no \($0) is known in this kernel" }
  }

  /// Whether all objects of a template are of this pattern.
  func matches(_ template: Template) -> Bool {
    words.allSatisfy { word in
      guard
        case .symbol(let name, _, let module) = template.words.first(where: {
          $0.offset == word.offset
        })?.shared
      else { return false }
      return (word.symbol ?? name) == name && (word.module ?? module) == module
    }
  }
}

/// Finds the objects of a user's pattern.
public struct UserPatternRule: Rule {
  private let pattern: UserPattern

  /// Makes a rule of a pattern.
  public init(_ pattern: UserPattern) { self.pattern = pattern }

  /// The pattern's own name.
  public var name: String { pattern.name }

  /// The pattern's title.
  public var summary: String { pattern.title }

  /// The pattern, and what its author advises.
  public var manual: String {
    """
    A pattern of your own: \(pattern.title).

    Objects\(pattern.cache.map { " of \($0)" } ?? ""), \(pattern.fewest.grouped) or more, with
    \(pattern.words.map(Self.line).joined(separator: "\n"))

    It is definite where nothing in use leads to the objects, possible where that could not be
    searched for in all memory, and else a hint: what something refers to is in use.

    What to do: \(pattern.advice)

    """
  }

  /// A line of the manual.
  private static func line(_ word: UserPattern.Word) -> String {
    let module = word.module.map { " [\($0)]" } ?? ""
    return "    at \(word.offset): \(word.symbol ?? "any symbol")\(module)"
  }

  /// A finding for each group of such objects: those that nothing leads to, or else all.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    groups.filter { isMeant(subject.census.caches[$0.cache]) }.flatMap { cache in
      cache.groups.filter { pattern.matches($0.template) }
        .compactMap { finding($0, cache.reachability, in: subject) }
    }
  }

  private func isMeant(_ cache: SlabCache) -> Bool {
    pattern.cache.map { $0 == cache.name || cache.aliases.contains($0) } ?? true
  }

  private func finding(
    _ group: ObjectGroup, _ reachability: Reachability?, in subject: Subject
  ) -> Finding? {
    let standing = reachability.map { GroupStanding(group.slots, by: $0) }
    let lost = standing?.lost ?? []
    let isLost = lost.count >= pattern.fewest
    let members = isLost ? group.limited(to: lost) : group
    let amount = members.amount
    let count = amount.count
    guard count >= pattern.fewest else { return nil }
    let cache = subject.census.caches[group.cache]
    let bytes = amount.bytes(slotSize: cache.slotSize)
    let naming = GroupNaming(group)
    let names = CacheNames(subject)
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, group.template),
      title:
        "\(naming.words(amount)) in \(names.place(of: [group], in: cache)) (\(bytes.byteSize)): "
        + pattern.title,
      certainty: certainty(isLost: isLost, reachability?.coverage), cache: cache.address,
      cacheName: cache.name, alias: names.alias(of: group), type: naming.type, count: count,
      bytes: bytes, module: naming.module,
      symbols: naming.symbols,
      evidence: [use(isLost: isLost, standing), "what to do: \(pattern.advice)"],
      verify: naming.verifications(of: members, in: subject), groups: [members])
  }

  private func certainty(isLost: Bool, _ coverage: ScanCoverage?) -> Certainty {
    guard let coverage else { return .possible }
    guard isLost else { return .hint }
    return coverage.isComplete ? .definite : .possible
  }

  /// What leads to the objects, in a clause.
  private func use(isLost: Bool, _ standing: GroupStanding?) -> String {
    guard let standing else { return "whether anything refers to them is not known" }
    guard isLost else { return "something in use leads to them" }
    let more = standing.inUse > 0 ? "; \(standing.inUse.grouped) more are in use" : ""
    return "nothing in use leads to them" + more
  }
}
