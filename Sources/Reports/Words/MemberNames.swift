internal import Analysis
internal import DebugInfo
internal import Evidence

/// The names of the members of the types that a report meets, each type looked up once.
struct MemberNames {
  private let types: (any TypeSource)?
  private var structures: [String: Structure?] = [:]

  init(_ subject: Subject) { types = subject.types }

  /// The structure that the members of a group are, or nil when it is not known.
  ///
  /// It is looked for where the functions and objects that the template names are defined.
  mutating func structure(of type: ObjectType, template: Template) -> Structure? {
    guard case .known(let name, _) = type, let types else { return nil }
    if let known = structures[name] { return known }
    let anchors = template.words.compactMap { word -> String? in
      guard case .symbol(let name, _, _) = word.shared else { return nil }
      return name
    }
    let found = types.structure(name, near: anchors)
    structures[name] = .some(found)
    return found
  }
}
