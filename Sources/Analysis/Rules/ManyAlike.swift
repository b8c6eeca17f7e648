internal import ByteKit
public import Evidence
internal import Memory

/// Points at objects of which there are very many, all alike, and that a module or a string names.
///
/// What it looks for and what it does not prove is told in `manual`.
public struct ManyAlike: Rule {
  /// Fewer objects are not remarkable.
  private static let fewest = 1000
  /// As many bytes are remarkable in any cache.
  private static let manyBytes = 1 << 20

  /// Makes the rule.
  public init() {}

  /// `many-alike`.
  public let name = "many-alike"

  /// One line for the catalogue.
  public let summary = "very many objects that look alike and that a module or a string names"

  /// The manual.
  public let manual = """
    A leak fills a cache with objects that differ in little. This rule points at groups of at least
    1,000 objects in the general caches (kmalloc-N) that take 1 MiB or half of what is allocated in
    their cache, and that either refer to functions or data of a module or are copies of a string.

    It is a hint and proves nothing: sessions, connections and table entries are many and alike for
    good reasons. Caches with a name of their own are left out; slabscope caches shows how large
    they are. So are objects that another rule explains.

    What to do: look at the symbols for the owner, ask the owner how many there should be, and see
    with slabscope show whether something still refers to one of the examples.
    """

  /// A finding for each such group.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    groups.filter { SizeClasses.isSizeClass(subject.census.caches[$0.cache]) }
      .flatMap { cache in cache.groups.compactMap { finding($0, in: subject) } }
  }

  private func finding(_ group: ObjectGroup, in subject: Subject) -> Finding? {
    let cache = subject.census.caches[group.cache]
    let count = group.slots.count
    let bytes = count.multipliedReportingOverflow(by: cache.slotSize).partialValue
    let allocated = subject.census.counts[group.cache].allocated
    guard count >= Self.fewest, bytes >= Self.manyBytes || count >= allocated / 2,
      !LostSingleOpen.matches(group.template)
    else { return nil }
    let module = Self.module(of: group.template)
    let text = Self.text(of: group.template)
    guard module != nil || text != nil else { return nil }
    let size = bytes.byteSize
    let title =
      text.map { "\(count.grouped) copies of \"\($0)\" are in \(cache.name) (\(size))" }
      ?? "\(count.grouped) \(Self.noun(group.type)) in \(cache.name) (\(size)) look alike: "
      + (module ?? "")
    return Finding(
      rule: name, fingerprint: Fingerprint.of(rule: name, group.template), title: title,
      certainty: .hint, cache: cache.address, cacheName: cache.name,
      type: Self.typeName(group.type), count: count, bytes: bytes, module: module,
      symbols: Self.symbols(of: group.template),
      evidence: [
        "they are \(count.grouped) of the \(allocated.grouped) objects allocated in \(cache.name)"
      ], verify: verifications(of: group, in: subject), groups: [group])
  }

  private static func noun(_ type: ObjectType) -> String {
    typeName(type) ?? "objects"
  }

  private static func typeName(_ type: ObjectType) -> String? {
    guard case .known(let name, _) = type else { return nil }
    return name
  }

  /// The module that the first symbol of a module belongs to.
  private static func module(of template: Template) -> String? {
    for case .symbol(_, _, let module?) in template.words.lazy.compactMap(\.shared) {
      return module
    }
    return nil
  }

  /// The string that the objects are, or nil when they are something else.
  private static func text(of template: Template) -> String? {
    var text = ""
    for word in template.words {
      guard case .text(let part) = word.shared else { return nil }
      text += part
    }
    return text.isEmpty ? nil : text
  }

  private static func symbols(of template: Template) -> [String] {
    template.words.compactMap { word in
      guard case .symbol(let name, let offset, let module) = word.shared else { return nil }
      let place = offset == 0 ? "" : "+" + offset.hex
      return name + place + (module.map { " [\($0)]" } ?? "")
    }
  }

  private func verifications(of group: ObjectGroup, in subject: Subject) -> [Verification] {
    guard let slot = group.slots.first, let object = subject.census.object(inSlot: Int(slot)) else {
      return []
    }
    let words = max(1, subject.census.caches[group.cache].objectSize / 8)
    let address = subject.census.address(of: object)
    let digits = String(address.rawValue, radix: 16)
    return [
      Verification(tool: "crash", command: "rd -SS \(digits) \(min(words, 64))"),
      Verification(tool: "drgn", command: "print(identify_address(\(address)))"),
    ]
  }
}
