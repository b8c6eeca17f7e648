public import Analysis
public import Foundation

/// A user's patterns, read from a file.
public struct SavedPatterns: Sendable {
  /// The patterns, in the order of the file.
  public let patterns: [UserPattern]

  /// Reads the schema `slabscope.patterns/1`; throws `UnreadableFile` when the file is none.
  public init(_ file: Data) throws(UnreadableFile) {
    if let key = StrangeKeys(in: file, known: Self.keys).first {
      throw UnreadableFile(reason: "has the key \(key), which no pattern has")
    }
    let file: File = try decoded(file, schema: "slabscope.patterns/1")
    var patterns: [UserPattern] = []
    for entry in file.patterns {
      let pattern = entry.pattern
      if let fault = Self.fault(of: pattern, among: patterns) {
        throw UnreadableFile(reason: "has a pattern \(pattern.name) that \(fault)")
      }
      patterns.append(pattern)
    }
    self.patterns = patterns
  }

  private static let keys: Set = [
    "schema", "patterns", "name", "title", "advice", "cache", "fewest", "words", "offset", "symbol",
    "module",
  ]

  /// What is wrong with a pattern, in a clause, or nil.
  private static func fault(of pattern: UserPattern, among others: [UserPattern]) -> String? {
    let isName =
      !pattern.name.isEmpty
      && pattern.name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
    if !isName { return "has to be called by lower-case words with hyphens" }
    if RuleCatalogue.all.contains(where: { $0.name == pattern.name }) {
      return "has the name of a built-in rule"
    }
    if others.contains(where: { $0.name == pattern.name }) { return "is there twice" }
    if pattern.words.isEmpty { return "has no words" }
    for word in pattern.words {
      if word.offset < 0 || word.offset % 8 != 0 {
        return "has a word at \(word.offset), which is no multiple of 8"
      }
      if word.symbol == nil, word.module == nil {
        return "names neither symbol nor module of the word at \(word.offset)"
      }
    }
    return nil
  }

  private struct File: Decodable {
    struct Word: Decodable {
      let offset: Int
      let symbol: String?
      let module: String?
    }

    struct Entry: Decodable {
      let name: String
      let title: String
      let advice: String
      let cache: String?
      let fewest: Int?
      let words: [Word]

      var pattern: UserPattern {
        UserPattern(
          name: name, title: title, advice: advice, cache: cache, fewest: max(1, fewest ?? 1),
          words: words.map {
            UserPattern.Word(offset: $0.offset, symbol: $0.symbol, module: $0.module)
          })
      }
    }

    let patterns: [Entry]
  }
}
