internal import Evidence

extension MemoryAccount {
  /// So many parts are named in a line.
  private static var partsNamed: Int { 5 }

  /// The largest parts in one line, or nil when they add up to nothing.
  var line: String? {
    guard let total else { return nil }
    let known = parts.compactMap { part in part.bytes.map { (name: part.name, bytes: $0) } }
      .filter { $0.bytes > 0 }
      .sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    guard !known.isEmpty else { return nil }
    var words = known.prefix(Self.partsNamed).map { "\($0.name) \($0.bytes.byteSize)" }
    let others = known.dropFirst(Self.partsNamed).reduce(0) { $0 &+ $1.bytes }
    if others > 0 { words.append("other uses \(others.byteSize)") }
    words.append("not accounted for \(unexplained.byteSize)")
    return "Memory \(total.byteSize): " + words.joined(separator: ", ")
  }
}

extension MemoryAccount.Part {
  /// What the part is called for people.
  var name: String { id.replacing("_", with: " ").printable }
}
