public import Memory

/// Debug information of the running kernel and its modules, loaded one compile unit at a time.
///
/// Addresses are those of the running kernel, after relocation.
public protocol TypeSource: Sendable {
  /// The unit that defines the function or object at `address`, or nil when none is known to.
  func unit(defining address: VirtualAddress) -> CompileUnit?

  /// The complete structure or union with this tag.
  ///
  /// It is looked for in the units that define the functions named in `anchors`, in that order, and
  /// then, which is slow, in all of the kernel's units. Returns nil when no unit has it.
  func structure(_ name: String, near anchors: [String]) -> Structure?

  /// The value of an enumeration constant, looked for in the units of `anchors` only.
  func enumerator(_ name: String, near anchors: [String]) -> Int64?

  /// Whether the units of `anchors` have a type with this `typedef` name.
  func hasAlias(_ name: String, near anchors: [String]) -> Bool

  /// The source line that a code address belongs to, if the line table tells.
  func sourceLine(of address: VirtualAddress) -> SourceLine?
}

/// A line of source code.
public struct SourceLine: Hashable, Sendable {
  /// The path of the file, as the compiler was given it.
  public let file: String
  /// The line, counted from 1.
  public let line: Int

  /// Names a line.
  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }
}
