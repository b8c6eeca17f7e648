public import Analysis
internal import DebugInfo
public import Evidence
public import Memory

/// What is at one address.
public struct AddressReport: Report {
  private let facts: AddressFacts
  private let subject: Subject

  /// A report on an address; `groups` are those of the cache that holds it, if one does, and
  /// `references` those to the object there and to no other.
  public init(
    _ subject: Subject, at address: VirtualAddress, groups: CacheGroups?,
    references: References? = nil
  ) {
    self.subject = subject
    facts = AddressFacts(address, in: subject, groups: groups, references: references)
  }

  /// The schema `slabscope.show/1`.
  public func json() throws -> String { try EncodedAddressFacts(facts, in: subject).jsonDocument() }

  /// What the address is, then the words that are there.
  public func text(style: TextStyle) -> String {
    let sentences = [object, symbol, region].compactMap { $0 }
    var text = style.strong(facts.address.description) + "\n"
    if sentences.isEmpty {
      text += "    Nothing is known of this address: it is in no slab, no symbol covers it, and "
      text += "it is in no known part of the kernel's address space.\n"
    }
    for sentence in sentences { text += "    \(sentence.printable)\n" }
    return text + group + allocation + charge + referrers + memory
  }

  private var object: String? {
    if let object = facts.object {
      let name = "an object of \(object.cache.name) at \(object.address)"
      let offset = object.reference.offset
      let beyond = offset - object.cache.objectSize
      let place =
        if beyond >= 0 {
          "\(hexadecimal(beyond)) bytes behind the end of \(name), in the padding of its slot"
        } else if offset > 0 {
          "\(hexadecimal(offset)) bytes into \(name)"
        } else {
          "the start of \(name)"
        }
      return "\(place): \(state(object))"
    }
    guard let slab = facts.slab, let cache = facts.slabCache else { return nil }
    return "in no object, but in a slab of \(cache.name) at \(slab.firstPage)"
  }

  private func hexadecimal(_ number: Int) -> String { "0x" + String(number, radix: 16) }

  private func state(_ object: AddressFacts.Object) -> String {
    switch object.state {
    case .allocated: "allocated"
    case .free(let site): "free, \(site.words)"
    case .pending(let site): "freed, but not yet returned: \(site.words)"
    case .indeterminate: "allocated or free, unknown: \(object.fault?.summary ?? "not told")"
    }
  }

  private var symbol: String? {
    guard let symbol = facts.symbol else { return nil }
    let source = facts.source.map { " (\($0.file):\($0.line))" } ?? ""
    let size = Int(clamping: symbol.symbol.size).counted("byte")
    return switch symbol.symbol.kind {
    case .function: "in the function \(symbol)\(source)"
    case .object: "in the object \(symbol) of \(size)"
    case .other: "at the symbol \(symbol)"
    }
  }

  private var region: String? {
    if facts.isNull { return "null, or an offset from it: nothing is mapped there" }
    if facts.isOfRemovedModule {
      return "where modules are loaded, but nothing is mapped now: perhaps a module was removed"
    }
    return facts.use.map { "in \($0.words)" }
  }

  private var group: String {
    guard let group = facts.object?.group else { return "" }
    let others = group.count - 1
    let alike =
      others > 0
      ? "\(others.counted("other")) in the cache look the same" : "no other looks the same"
    return switch group.group.type {
    case .known(let name, let size):
      "    a \(name.printable)\(group.aliasWords) of \(size.counted("byte")); \(alike)\n"
    default: "    \(group.label); \(alike)\n"
    }
  }

  private var allocation: String {
    guard let object = facts.object, let record = object.record else { return "" }
    return AllocationText.lines(record, isFree: object.isFree, subject.symbols)
      .map { "    \($0.printable)\n" }.joined()
  }

  private var charge: String {
    guard let group = facts.object?.charged else { return "" }
    let removed = group.isDying ? ", which was removed" : ""
    return "    charged to the control group \(group.name.printable)\(removed)\n"
  }

  private var referrers: String {
    facts.referrers?.lines.map { "    \($0.printable)\n" }.joined() ?? ""
  }

  private var memory: String {
    guard !facts.memory.words.isEmpty else { return "" }
    if let absence = facts.memory.absence {
      return "    Its memory cannot be read: \(absence).\n"
    }
    var table = TextTable([.text("OFFSET"), .text("VALUE"), .text("MEMBER"), .text("WHAT IT IS")])
    for word in facts.memory.words {
      let value =
        switch word.contents {
        case .success(let value): VirtualAddress(value).description
        case .failure(let absence): absence.description
        }
      table.add([word.offset.asOffset, value, word.member ?? "", word.meaning ?? ""])
    }
    return "\n" + table.rendered(style: .plain, indent: 4)
  }
}
