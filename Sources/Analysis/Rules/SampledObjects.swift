internal import ByteKit
public import Evidence
internal import Memory

/// Tells what the objects are whose contents a saved session shows, of the many that it counts.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct SampledObjects: Rule {
  /// Fewer objects show nothing that repeats.
  private static let fewest = 2
  private static let wordsNamed = 6

  /// Makes the rule.
  public init() {}

  /// `alike-in-sample`.
  public let name = "alike-in-sample"

  /// True: what the objects are is not known beforehand.
  public let isForAnyObjects = true

  /// One line for the catalogue.
  public let summary = "objects that look alike among the few whose contents a session shows"

  /// The manual.
  public let manual = """
    A saved session counts a cache's objects and shows the contents of a few. This rule tells which
    of them look alike, what words they share, and how many were read of how many.

    It is never more than possible: whoever typed the commands chose the objects, often neighbours
    on the first page, and where many objects look like those few, it is not known how many. Nothing
    is extrapolated. Objects that another rule explains are left to it.

    Two functions are enough to know a struct seq_operations that single_open allocated: it begins
    with single_start and single_stop. Only single_release frees it.

    What to do: 'slabscope ask' prints crash commands that show a random sample of the cache's
    objects and name the words that have no name yet.
    """

  /// A finding for each group of at least two objects of a cache that is known in part.
  public func findings(in subject: Subject, groups: [CacheGroups]) async -> [Finding] {
    let sampled = groups.filter { subject.counters.indices.contains($0.cache) }
    guard !sampled.isEmpty else { return [] }
    // What a rule of more knowledge explains need not be told twice.
    let explained = LostSingleOpen().findings(in: subject, groups: sampled)
      .flatMap(\.groups)
    return sampled.flatMap { cache in
      cache.groups.filter { group in
        group.slots.count >= Self.fewest
          && !explained.contains { $0.cache == group.cache && $0.template == group.template }
      }
      .compactMap { finding($0, read: cache.grouped, in: subject) }
    }
  }

  private func finding(_ group: ObjectGroup, read: Int, in subject: Subject) -> Finding? {
    let cache = subject.census.caches[group.cache]
    let shared = group.template.words.compactMap { word in
      word.shared.flatMap { $0 == .zero || $0 == .other ? nil : (word.offset, $0) }
    }
    guard !shared.isEmpty else { return nil }
    let isSingle = Self.isSingleOpen(group.template)
    let type = isSingle ? "seq_operations" : Self.typeName(group.type)
    let symbols = Self.symbols(of: group.template)
    let owner = Self.module(of: group.template)
    // That the objects of a cache of one type are of that type is no news.
    guard isSingle || !symbols.isEmpty || Self.isGeneral(cache.name) else { return nil }
    let bytes = group.slots.count.multipliedReportingOverflow(by: cache.slotSize).partialValue
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, group.template),
      title: title(group, read, in: subject, isSingle: isSingle, type: type, symbols, owner),
      certainty: .possible, cache: cache.address, cacheName: cache.name, type: type,
      count: group.slots.count, bytes: bytes,
      bytesAtStake: subject.counters[group.cache]?.allocated.map {
        $0.multipliedReportingOverflow(by: cache.slotSize).partialValue
      }, isKnownPattern: isSingle, module: owner, symbols: symbols,
      evidence: evidence(group, read, in: subject, isSingle: isSingle),
      verify: verifications(of: group, in: subject), groups: [group])
  }

  private func title(
    _ group: ObjectGroup, _ read: Int, in subject: Subject, isSingle: Bool, type: String?,
    _ symbols: [String], _ owner: String?
  ) -> String {
    let cache = subject.census.caches[group.cache]
    let allocated = subject.counters[group.cache]?.allocated
    let listed = subject.census.counts[group.cache].allocated
    let whole =
      allocated.map { "\($0.grouped) allocated" } ?? "\(listed.grouped) listed as allocated"
    let head =
      "\(group.slots.count.grouped) of \(read.counted("object")) read in \(cache.name) "
      + "(of \(whole)) are "
    if isSingle {
      return head + "seq_operations left by single_open: \(owner ?? Self.show(of: group.template))"
    }
    let names = symbols.isEmpty ? Self.contents(group.template) : Array(symbols.prefix(2))
    return head + (type.map { "of type \($0)" } ?? "alike")
      + (names.isEmpty ? "" : ": " + names.joined(separator: ", "))
  }

  /// Whether objects begin as `single_open` makes them, as far as the words have names.
  static func isSingleOpen(_ template: Template) -> Bool {
    func name(_ offset: Int) -> String? {
      guard case .symbol(let name, 0, _) = template.shared(at: offset) else { return nil }
      return String(name.prefix { $0 != "." })
    }
    return name(0) == "single_start" && name(8) == "single_stop"
      && (name(16) ?? "single_next") == "single_next"
  }

  /// Whether a cache holds objects of any type.
  private static func isGeneral(_ cache: String) -> Bool {
    ["kmalloc-", "size-", "dma-", ":", "("].contains { cache.hasPrefix($0) }
  }

  private static func show(of template: Template) -> String {
    guard case .symbol(let name, _, _) = template.shared(at: 24) else {
      return "whose, the text does not tell"
    }
    return name
  }

  private static func typeName(_ type: ObjectType) -> String? {
    guard case .known(let name, _) = type else { return nil }
    return name
  }

  private static func module(of template: Template) -> String? {
    for case .symbol(_, _, let module?) in template.words.lazy.compactMap(\.shared) {
      return module
    }
    return nil
  }

  private static func symbols(of template: Template) -> [String] {
    template.words.compactMap { word in
      guard case .symbol(let name, let offset, let module) = word.shared else { return nil }
      return name + (offset == 0 ? "" : "+" + offset.hex) + (module.map { " [\($0)]" } ?? "")
    }
  }

  private func evidence(
    _ group: ObjectGroup, _ read: Int, in subject: Subject, isSingle: Bool
  ) -> [String] {
    let cache = subject.census.caches[group.cache]
    var evidence = [
      "which objects were read was chosen by hand: how many of the others look like these is not "
        + "known"
    ]
    if let allocated = subject.counters[group.cache]?.allocated {
      let (bytes, overflow) = allocated.multipliedReportingOverflow(by: cache.slotSize)
      if !overflow {
        evidence.append(
          "all \(allocated.counted("object")) of \(cache.name) take \(bytes.byteSize)")
      }
    }
    evidence.append("they share " + Self.sharedWords(group.template).joined(separator: ", "))
    let unnamed = unnamed(group, in: subject)
    if !unnamed.isEmpty {
      evidence.append("not named in the text: " + unnamed.joined(separator: ", "))
    }
    if isSingle {
      evidence.append(
        "only single_open makes objects that begin with single_start and single_stop, and only "
          + "single_release frees them")
    }
    return evidence
  }

  /// The words that all members have, by their offsets.
  private static func sharedWords(_ template: Template) -> [String] {
    let words = template.words.compactMap { word -> String? in
      let offset = "+0x" + String(word.offset, radix: 16)
      switch word.shared {
      case .symbol(let name, let place, _):
        return "\(offset) \(name)\(place == 0 ? "" : "+" + place.hex)"
      case .image: return "\(offset) an address of code or data"
      case .number(let value): return "\(offset) \(value < 1 << 20 ? "\(value)" : value.hex)"
      case .text(let text): return "\(offset) \"\(text)\""
      case .slabPointer(let cache, _): return "\(offset) a pointer into \(cache)"
      default: return nil
      }
    }
    return Array(words.prefix(wordsNamed))
  }

  /// What tells most of objects without symbols: the text in them, then what they point to.
  private static func contents(_ template: Template) -> [String] {
    let texts = template.words.compactMap { word -> String? in
      guard case .text(let text) = word.shared else { return nil }
      return "\"\(text)\" at +0x\(String(word.offset, radix: 16))"
    }
    let pointers = template.words.compactMap { word -> String? in
      guard case .slabPointer(let cache, _) = word.shared else { return nil }
      return "a pointer into \(cache) at +0x\(String(word.offset, radix: 16))"
    }
    return Array((texts + pointers).prefix(1))
  }

  /// The addresses of code or data that no symbol covers, in the first member.
  private func unnamed(_ group: ObjectGroup, in subject: Subject) -> [String] {
    guard let slot = group.slots.first, let object = subject.census.object(inSlot: Int(slot)) else {
      return []
    }
    let address = subject.census.address(of: object)
    return group.template.words.filter { $0.shared == .image }.compactMap { word in
      let value = try? subject.memory.pointer(at: address.advanced(by: word.offset))
      return value.map { "+0x\(String(word.offset, radix: 16)) \($0)" }
    }
  }

  private func verifications(of group: ObjectGroup, in subject: Subject) -> [Verification] {
    guard let slot = group.slots.first, let object = subject.census.object(inSlot: Int(slot)) else {
      return []
    }
    let address = String(subject.census.address(of: object).rawValue, radix: 16)
    let words = max(1, min(64, subject.census.caches[group.cache].slotSize / 8))
    return [Verification(tool: "crash", command: "rd -SS \(address) \(words)")]
      + unnamed(group, in: subject).prefix(4).compactMap { place in
        place.split(separator: " ").last.map {
          Verification(tool: "crash", command: "sym \($0.dropFirst(2))")
        }
      }
  }
}
