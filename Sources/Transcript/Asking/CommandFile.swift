/// A file of crash commands, with comments that say what each part is for.
struct CommandFile {
  private(set) var text: String
  private var known: Set<String> = []
  /// The commands so far, without comments.
  private(set) var count = 0

  init(header: [String]) {
    text = header.map { "# \($0)\n" }.joined() + "set scroll off\n"
  }

  /// Adds commands that are not in the file yet, with a comment above them.
  mutating func add(_ purpose: String, _ commands: [String]) {
    let new = commands.filter { known.insert($0).inserted }
    guard !new.isEmpty else { return }
    text += "# \(purpose)\n" + new.map { $0 + "\n" }.joined()
    count += new.count
  }
}
