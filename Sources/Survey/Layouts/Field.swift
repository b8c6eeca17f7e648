import ByteKit
import DebugInfo

/// Where an unsigned integer lies in a structure: whole bytes or a bit field.
struct Field: Hashable, Sendable {
  /// The first byte that is loaded, from the start of the structure.
  let offset: Int
  /// How many bytes are loaded: 1, 2, 4 or 8.
  let size: Int
  /// How far the value is to be shifted down.
  let shift: UInt64
  /// The bits of the value once it is shifted down.
  let mask: UInt64

  /// No structure of the kernel's is larger, in bytes, whatever damaged debug information says.
  static let largestStructure = 1 << 20

  /// The integer in `size` bytes at `offset`; nil for a size that no integer has.
  init?(offset: Int, size: Int) {
    guard [1, 2, 4, 8].contains(size), (0..<Self.largestStructure).contains(offset) else {
      return nil
    }
    self.offset = offset
    self.size = size
    shift = 0
    mask = .max >> UInt64(64 - size * 8)
  }

  /// The integer in these bits; nil where they do not fit the eight bytes from the first one's.
  init?(bits: Range<Int>) {
    let rest = bits.lowerBound % 8
    guard bits.lowerBound >= 0, bits.upperBound <= Self.largestStructure * 8, !bits.isEmpty,
      rest + bits.count <= 64
    else { return nil }
    offset = bits.lowerBound / 8
    size = [1, 2, 4, 8].first { rest + bits.count <= $0 * 8 } ?? 8
    shift = UInt64(rest)
    mask = .max >> UInt64(64 - bits.count)
  }

  /// Where the bytes that are loaded end.
  var end: Int { offset + size }
}

extension RawSpan {
  /// Loads a field of the structure at `base`, or returns nil when it lies outside the span.
  @inline(__always) func load(_ field: Field, at base: Int) -> UInt64? {
    let position = base &+ field.offset
    let raw: UInt64? =
      switch field.size {
      case 8: load(UInt64.self, at: position)
      case 4: load(UInt32.self, at: position).map(UInt64.init)
      case 2: load(UInt16.self, at: position).map(UInt64.init)
      default: load(UInt8.self, at: position).map(UInt64.init)
      }
    return raw.map { $0 >> field.shift & field.mask }
  }
}

extension Structure {
  /// The integer, pointer or one-word structure that is the member at `path`, if there is one.
  func field(_ path: String) -> Field? {
    guard let member = member(path) else { return nil }
    if let bitSize = member.bitSize {
      let bits = 0..<(Field.largestStructure * 8)
      guard (0...64).contains(bitSize), bits.contains(member.bitOffset) else { return nil }
      return Field(bits: member.bitOffset..<(member.bitOffset + bitSize))
    }
    return table.size(of: member.type).flatMap { Field(offset: member.offset, size: $0) }
  }

  /// The first of several members that the structure has; throws when it has none of them.
  func require(_ paths: String...) throws(LayoutFailure) -> Field {
    for path in paths {
      if let field = field(path) { return field }
    }
    throw LayoutFailure(missing: "\(name).\(paths.first ?? "")")
  }

  /// The word of a spinlock that is 0 when nobody has it; nil where there is no such lock.
  ///
  /// That of a kernel for one CPU has no size. `struct qspinlock` and what was there before it begin
  /// with the word; PREEMPT_RT has another word there that says less.
  func lock(_ path: String) -> Field? {
    guard let member = member(path), let size = table.size(of: member.type), size >= 4 else {
      return nil
    }
    return Field(offset: member.offset, size: 4)
  }

  /// Where a member begins, in bytes, or nil when there is no such member.
  func place(of path: String) -> Int? {
    offset(path).flatMap { (0..<Field.largestStructure).contains($0) ? $0 : nil }
  }

  /// Where a member begins, in bytes; throws when there is no such member.
  func requirePlace(of path: String) throws(LayoutFailure) -> Int {
    guard let place = place(of: path) else { throw LayoutFailure(missing: "\(name).\(path)") }
    return place
  }

  /// The size of the structure, which elements of an array lie apart; throws when it is not known.
  func requireSize() throws(LayoutFailure) -> Int {
    guard (1...Field.largestStructure).contains(size) else {
      throw LayoutFailure(missing: "the size of \(name)")
    }
    return size
  }

  /// The structure that the member at `path` is, points to or is an array of, if it is complete.
  func target(of path: String) -> Structure? {
    guard var id = member(path)?.type else { return nil }
    // Pointers to pointers and arrays of pointers are as deep as it gets.
    for _ in 0..<4 {
      id = table.resolved(id)
      switch table[id] {
      case .pointer(let next), .array(let next, _): id = next
      case .aggregate:
        let structure = Structure(table: table, id: id)
        if structure.aggregate.size != nil { return structure }
        return structure.aggregate.name.flatMap { table.structure(named: $0) }
      default: return nil
      }
    }
    return nil
  }

  /// Like `target(of:)`; throws when there is no such member or its structure is not complete.
  func requireTarget(of path: String) throws(LayoutFailure) -> Structure {
    guard let target = target(of: path) else {
      throw LayoutFailure(missing: "the type of \(name).\(path)")
    }
    return target
  }

  /// The number of elements of the array that is the member at `path`, or nil when it is none.
  func elementCount(of path: String) -> Int? {
    guard let member = member(path),
      case .array(_, let count?) = table[table.resolved(member.type)], count >= 0
    else { return nil }
    return count
  }
}
