/// A word that the members of a group share, or that differs among them.
public struct TemplateWord: Hashable, Sendable {
  /// Where the word begins, in bytes from the start of the object.
  public let offset: Int
  /// What it is; nil where it differs among the members.
  public let shared: WordClass?
  /// The kind that it has in all members, whatever its value; nil where even that differs.
  public let kind: WordKind?

  /// Describes a word; `kind` counts where nothing more is shared.
  public init(offset: Int, shared: WordClass?, kind: WordKind? = nil) {
    self.offset = offset
    self.shared = shared
    self.kind = shared?.kind ?? kind
  }
}

/// The words that objects of one kind share, by offset.
public struct Template: Hashable, Sendable {
  /// The words, ascending by offset; those behind the end of the object's type are left out.
  public let words: [TemplateWord]

  /// Describes a template.
  public init(words: [TemplateWord]) { self.words = words }

  /// What the members share at an offset, or nil when they differ there.
  public func shared(at offset: Int) -> WordClass? {
    words.first { $0.offset == offset }?.shared
  }
}
