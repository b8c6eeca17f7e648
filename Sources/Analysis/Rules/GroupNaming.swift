internal import ByteKit
internal import Evidence
internal import Memory

/// What to call the objects of a group, and whose they are.
struct GroupNaming {
  /// The name of their type, if it is known.
  let type: String?
  /// The module that the first symbol of a module in them belongs to.
  let module: String?
  /// The string that they are, or nil when they are something else.
  let text: String?
  /// The symbols in them, with their module in brackets.
  let symbols: [String]

  /// Looks at what the members share.
  init(_ group: ObjectGroup) {
    if case .known(let name, _) = group.type { type = name } else { type = nil }
    module =
      group.template.words.lazy.compactMap { word -> String? in
        guard case .symbol(_, _, let module) = word.shared else { return nil }
        return module
      }.first
    text = Self.text(of: group.template)
    symbols = group.template.words.compactMap { word in
      guard case .symbol(let name, let offset, let module) = word.shared else { return nil }
      let place = offset == 0 ? "" : "+" + offset.hex
      return name + place + (module.map { " [\($0)]" } ?? "")
    }
  }

  /// Says nothing.
  init() { (type, module, text, symbols) = (nil, nil, nil, []) }

  /// Whether anything tells what the objects are.
  var isKnown: Bool { type != nil || text != nil || !symbols.isEmpty }

  /// Whose they are: the module, or else the first symbol.
  var owner: String? { module ?? symbols.first }

  /// So many of them: `1,500 copies of "name"`, `about 4,000,000 tm_session`.
  ///
  /// Of a long text only the beginning.
  func words(_ amount: Amount) -> String {
    if let text {
      let shown = text.prefix(Self.textShown) + (text.count > Self.textShown ? "…" : "")
      return "\(amount.words) copies of \"\(shown)\""
    }
    return "\(amount.words) \(type ?? "objects")"
  }

  private static let textShown = 40

  private static func text(of template: Template) -> String? {
    var text = ""
    for word in template.words {
      guard case .text(let part) = word.shared else { return nil }
      text += part
    }
    return text.isEmpty ? nil : text
  }

  /// How to look at one of them with other tools.
  func verifications(of group: ObjectGroup, in subject: Subject) -> [Verification] {
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
