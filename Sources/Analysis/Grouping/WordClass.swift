/// What a word of an object is, told so that it means the same on every boot and machine.
public enum WordClass: Hashable, Sendable {
  /// Zero.
  case zero
  /// A number that is no address; the value is the same in all members of a group.
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

extension WordClass {
  /// What kind of word it is, without the details.
  public var kind: WordKind {
    switch self {
    case .zero: .zero
    case .number: .number
    case .symbol: .symbol
    case .slabPointer: .slabPointer
    case .selfPointer: .selfPointer
    case .pageStruct: .pageStruct
    case .directMap: .directMap
    case .vmalloc: .vmalloc
    case .image: .image
    case .perCPU: .perCPU
    case .user: .user
    case .poison: .poison
    case .errorPointer: .errorPointer
    case .text: .text
    case .other: .other
    }
  }
}

/// The kinds of `WordClass`.
public enum WordKind: UInt8, Hashable, Sendable, CaseIterable {
  /// See `WordClass.zero`.
  case zero
  /// See `WordClass.number(_:)`.
  case number
  /// See `WordClass.symbol(name:offset:module:)`.
  case symbol
  /// See `WordClass.slabPointer(cache:offset:)`.
  case slabPointer
  /// See `WordClass.selfPointer(offset:)`.
  case selfPointer
  /// See `WordClass.pageStruct`.
  case pageStruct
  /// See `WordClass.directMap`.
  case directMap
  /// See `WordClass.vmalloc`.
  case vmalloc
  /// See `WordClass.image`.
  case image
  /// See `WordClass.perCPU`.
  case perCPU
  /// See `WordClass.user`.
  case user
  /// See `WordClass.poison(name:)`.
  case poison
  /// See `WordClass.errorPointer(_:)`.
  case errorPointer
  /// See `WordClass.text(_:)`.
  case text
  /// See `WordClass.other`.
  case other
}
