/// A counter of `/proc/meminfo`: `MemTotal:  16318480 kB`.
enum MemoryInfoLine {
  /// A counter that begins at a word.
  static func match(_ line: Line, at index: Int) -> Match<(name: String, bytes: Int)>? {
    guard index + 1 < line.count, line.words[index].shape.contains(.colon),
      line.word(index, endsWith: ":"), let value = line.natural(index + 1), value < 1 << 50
    else { return nil }
    let name = String(line.text(index).dropLast())
    if line.word(index + 2, is: "kB") || line.word(index + 2, is: "KB") {
      guard isName(name) else { return nil }
      return Match(fact: (name, value << 10), words: 3)
    }
    // The counters of huge pages are numbers of pages.
    guard name.hasPrefix("HugePages_") else { return nil }
    return Match(fact: (name, value), words: 2)
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first >= 0x41 && first <= 0x5a else { return false }
    return name.utf8.allSatisfy {
      SymbolText.isNameCharacter($0) || $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: ")")
    }
  }
}

/// A row of `free`: `Mem:  total used free shared buff/cache available`.
struct FreeTable {
  private var columns: [String] = []
  /// The bytes of a unit, when the text tells.
  private var unit: Int?

  /// The columns that `free` has had, by the names that stand above them.
  private static let names: Set<String> = [
    "total", "used", "free", "shared", "buffers", "cached", "buff/cache", "available", "cache",
  ]

  /// The header that begins at a word; returns its length in words.
  mutating func header(_ line: Line, at index: Int, command: Command?) -> Int {
    guard line.word(index, is: "total"), line.word(index + 1, is: "used"),
      line.word(index + 2, is: "free")
    else { return 0 }
    columns = (index..<line.count).map(line.text).prefix { Self.names.contains($0) }.map { $0 }
    unit = nil
    for argument in command?.name == "free" ? Array(command?.arguments ?? []) : [] {
      switch argument {
      case "-b", "--bytes": unit = 1
      case "-m", "--mebi": unit = 1 << 20
      case "-g", "--gibi": unit = 1 << 30
      default: break
      }
    }
    return columns.count
  }

  /// A row that begins at a word, as counters in bytes.
  ///
  /// Without a unit the numbers are KiB, as `free` prints them unless told otherwise.
  func row(_ line: Line, at index: Int) -> Match<[String: Int]>? {
    guard !columns.isEmpty else { return nil }
    if line.words(from: index, are: "-/+ buffers/cache:") {
      guard let used = size(line.word(index + 2, or: "")),
        let free = size(line.word(index + 3, or: ""))
      else { return nil }
      return Match(fact: ["used without cache": used, "free with cache": free], words: 4)
    }
    let isMemory = line.word(index, is: "Mem:")
    guard
      isMemory || line.word(index, is: "Swap:") || line.word(index, is: "Low:")
        || line.word(index, is: "High:") || line.word(index, is: "Total:")
    else { return nil }
    var counters: [String: Int] = [:]
    var end = index + 1
    for column in columns {
      guard end < line.count, let value = size(line.text(end)) else { break }
      if isMemory { counters[column] = value }
      end += 1
    }
    guard end > index + 2 else { return nil }
    if !isMemory { counters = [:] }
    return Match(fact: counters, words: end - index)
  }

  /// `16318480`, `15Gi`, `7.6G` or `512M` in bytes.
  private func size(_ text: String) -> Int? {
    if let number = Int(text) {
      let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1024)
      return overflow || bytes < 0 || bytes > HumanSize.largest ? nil : bytes
    }
    return HumanSize.bytes(text)
  }
}

/// Sizes written for people.
enum HumanSize {
  /// No machine has an exbibyte; sums of what is smaller do not overflow.
  static let largest = 1 << 60

  /// `15Gi`, `7.6G`, `512M`, `37.2` with `MB` behind it, or `640B`, in bytes.
  static func bytes(_ text: String, unit: String = "") -> Int? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
    let factor: Double
    switch (text.dropFirst(digits.count) + unit).first.map({ Character($0.uppercased()) }) {
    case "K": factor = 0x1p10
    case "M": factor = 0x1p20
    case "G": factor = 0x1p30
    case "T": factor = 0x1p40
    case "P": factor = 0x1p50
    case "B", nil: factor = 1
    default: return nil
    }
    return Int(exactly: (value * factor).rounded()).flatMap { $0 <= largest ? $0 : nil }
  }
}

extension Line {
  /// A word as text, or something else where there is none.
  func word(_ index: Int, or absent: String) -> String {
    index < count ? text(index) : absent
  }
}
