/// What a word of an object is, told so that it means the same on every boot and machine.
public enum WordClass: Hashable, Sendable {
  /// Zero.
  case zero
  /// A number too small to be an address; the value is the same in all members of a group.
  case number(UInt64)
  /// A function or object by name, with the module it belongs to.
  case symbol(name: String, offset: UInt64, module: String?)
  /// A pointer into an object of a slab cache, `offset` bytes behind its start.
  case slabPointer(cache: String, offset: Int)
  /// A pointer into the object itself, `offset` bytes behind its start.
  case selfPointer(offset: Int)
  /// A pointer to a `struct page`.
  case pageStruct
  /// A pointer into the direct map outside of slabs.
  case directMap
  /// A pointer into `vmalloc` memory.
  case vmalloc
  /// A pointer into a module's or the kernel's image where no symbol covers it.
  case image
  /// A pointer into a per-CPU area.
  case perCPU
  /// An address of user space.
  case user
  /// A value that the kernel writes to mark memory or ended lists, such as `LIST_POISON1`.
  case poison(name: String)
  /// A negative `errno` as a pointer.
  case errorPointer(Int)
  /// Printable characters.
  case text(String)
  /// Any other value.
  case other
}

/// A word that the members of a group share, or that differs among them.
public struct TemplateWord: Hashable, Sendable {
  /// Where the word begins, in bytes from the start of the object.
  public let offset: Int
  /// What it is; nil where it differs among the members.
  public let shared: WordClass?

  /// Describes a word.
  public init(offset: Int, shared: WordClass?) {
    self.offset = offset
    self.shared = shared
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
