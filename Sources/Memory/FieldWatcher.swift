/// A memory that wants to know which bytes of it are read as values, rather than looked through.
public protocol FieldWatcher: Sendable {
  /// Notes that some bytes were read, which lie in one page.
  func noteField(at address: PhysicalAddress, count: Int)
}
