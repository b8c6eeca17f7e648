/// The members of a structure or union as a test declares them.
///
/// A member without an offset lies where a C compiler would put it: behind the one before it, at
/// the next multiple of its alignment, or at 0 in a union.
public struct MemberList {
  enum Content {
    case type(CType)
    case nested(MemberList, size: Int?)
  }

  struct Entry {
    var name: String?
    var content: Content
    var offset: Int?
    var bits: Range<Int>?
  }

  let isUnion: Bool
  var entries: [Entry] = []

  init(isUnion: Bool) { self.isUnion = isUnion }

  /// Declares a member, `offset` bytes from the start.
  public mutating func member(_ name: String, _ type: CType, at offset: Int? = nil) {
    entries.append(Entry(name: name, content: .type(type), offset: offset))
  }

  /// Embeds a structure that has a tag, but without a name for the member (`-fms-extensions`).
  public mutating func embedded(_ type: CType, at offset: Int? = nil) {
    entries.append(Entry(name: nil, content: .type(type), offset: offset))
  }

  /// Declares a bit field over these bits, counted from the start of the structure.
  public mutating func bits(_ name: String, _ type: CType, _ bits: Range<Int>) {
    entries.append(Entry(name: name, content: .type(type), bits: bits))
  }

  /// Declares a structure without a tag, as a member or, without a name, anonymously.
  public mutating func structure(
    _ name: String? = nil, at offset: Int? = nil, size: Int? = nil,
    _ members: (inout MemberList) -> Void
  ) {
    nest(name, at: offset, size: size, isUnion: false, members)
  }

  /// Declares a union without a tag, as a member or, without a name, anonymously.
  public mutating func union(
    _ name: String? = nil, at offset: Int? = nil, size: Int? = nil,
    _ members: (inout MemberList) -> Void
  ) {
    nest(name, at: offset, size: size, isUnion: true, members)
  }

  private mutating func nest(
    _ name: String?, at offset: Int?, size: Int?, isUnion: Bool,
    _ members: (inout MemberList) -> Void
  ) {
    var list = MemberList(isUnion: isUnion)
    members(&list)
    entries.append(Entry(name: name, content: .nested(list, size: size), offset: offset))
  }
}
