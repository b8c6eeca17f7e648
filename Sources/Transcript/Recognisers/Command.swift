/// A command that somebody typed into crash.
struct Command: Hashable, Sendable {
  /// Its words.
  let words: [String]

  var name: String { words.first ?? "" }
  var arguments: ArraySlice<String> { words.dropFirst() }

  /// Letters of options such as `-dS`.
  private func hasOption(_ letter: Character) -> Bool {
    arguments.contains { $0.hasPrefix("-") && $0.dropFirst().contains(letter) }
  }

  /// Whether it prints memory as decimal numbers.
  var showsDecimalMemory: Bool { name == "rd" && (hasOption("d") || hasOption("D")) }

  /// Whether it prints memory as symbols where it can.
  var showsSymbolicMemory: Bool { name == "rd" && (hasOption("s") || hasOption("S")) }

  /// Whether it prints memory as characters only.
  var showsText: Bool { name == "rd" && hasOption("a") }

  /// Whether addresses it prints are physical, or of user space.
  var showsOtherMemory: Bool {
    name == "rd" && (hasOption("p") || hasOption("u") || hasOption("m") || hasOption("f"))
  }

  /// The size of the values it prints, in bytes, where an option says so.
  var memoryWidth: Int? {
    for argument in arguments {
      switch argument {
      case "-8": return 1
      case "-16": return 2
      case "-32": return 4
      case "-64": return 8
      default: continue
      }
    }
    return nil
  }

  /// The kernel addresses among its arguments.
  var addresses: [UInt64] {
    arguments.compactMap { argument in
      let digits = Array(argument.utf8)
      let start = argument.hasPrefix("0x") ? 2 : 0
      return KernelAddress.value(of: digits, in: start..<digits.count)
    }
  }

  /// The structure of which it prints single members: `struct NAME.member ADDRESS`, where `struct`
  /// need not be typed.
  var structureOfMembers: String? {
    let isSpelledOut = name == "struct" || name == "union" || name == "*"
    let words = isSpelledOut ? arguments.drop { $0.hasPrefix("-") } : words[...]
    guard let first = words.first, !isSpelledOut || words.count > 1 else { return nil }
    let parts = first.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, !addresses.isEmpty else { return nil }
    return String(parts[0])
  }

  /// Commands of crash that are recognised where no prompt stands before them.
  static let names: Set<String> = [
    "*", "alias", "ascii", "bt", "btop", "dev", "dis", "eval", "exit", "extend", "files",
    "foreach", "fuser", "gdb", "help", "ipcs", "irq", "kmem", "list", "log", "mach", "mod",
    "mount", "net", "p", "ps", "pte", "ptob", "ptov", "q", "quit", "rd", "repeat", "runq",
    "sbitmapq",
    "search", "set", "sig", "struct", "swap", "sym", "sys", "task", "timer", "tree", "union", "vm",
    "vtop", "waitq", "whatis", "wr",
  ]
}

/// The prompt of crash: the name it was started by and `> `.
enum Prompt {
  /// Whether a word is a prompt, or begins with one.
  static func begins(_ line: Line, at index: Int) -> Bool {
    line.word(index, startsWith: "crash") && line.word(index).contains(UInt8(ascii: ">"))
  }

  /// The command behind the prompt at a word, up to the end of the line or, where a session was
  /// pasted into one line, up to its output.
  static func command(_ line: Line, at index: Int) -> Match<Command>? {
    guard begins(line, at: index) else { return nil }
    let word = line.word(index)
    guard let end = word.firstIndex(of: UInt8(ascii: ">")),
      word[..<end].dropFirst(5).allSatisfy({
        SymbolText.isNameCharacter($0) || $0 == UInt8(ascii: "-")
      })
    else { return nil }
    var words: [String] = []
    if end + 1 < word.endIndex {
      words.append(String(decoding: word[(end + 1)...], as: UTF8.self))
    }
    var position = index + 1
    while position < line.count, words.count < 32, !isOutput(line, at: position) {
      words.append(line.text(position))
      position += 1
    }
    if words.count == 32 { position = line.count }
    return Match(fact: Command(words: words), words: position - index)
  }

  /// Whether the output of a command begins at a word.
  private static func isOutput(_ line: Line, at index: Int) -> Bool {
    line.words(from: index, are: "CACHE OBJSIZE") || line.words(from: index, are: "CACHE NAME")
      || line.words(from: index, are: "SLAB MEMORY") || begins(line, at: index)
      || StructBlock.opening(line, at: index) != nil
      || line.word(index, endsWith: ":")
        && line.words[index].shape.isWithin([.digit, .hexLetter, .colon])
      || SymbolLine.match(line, at: index) != nil
  }
}
