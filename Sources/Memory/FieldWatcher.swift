/// How some bytes were read, rather than looked through.
public enum FieldUse: Hashable, Sendable {
  /// As a value that something depends on.
  case value
  /// As a pointer that was combined with this number by exclusive or, or as the number itself.
  case mixed(with: UInt64)
  /// As numbers of so many bytes each whose order means nothing.
  case unordered(size: Int)
  /// As the name of something of the kernel's own, or as the part of it that lies in this page.
  case name
  /// As something that is only shown, such as an internet address.
  case shown
}

/// A memory that wants to know which bytes of it are read, and as what.
public protocol FieldWatcher: Sendable {
  /// Notes that some bytes were read, which lie in one page.
  func note(_ use: FieldUse, at address: PhysicalAddress, count: Int)
}
