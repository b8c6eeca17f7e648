public import Memory

/// Something in the kernel's own records that cannot be as it should, or cannot be read.
public struct Damage: Error, Hashable, Sendable {
  /// What is wrong in one clause, such as `section 7 of the memory map lies apart`.
  public let summary: String
  /// Where, if it is in one place.
  public let address: VirtualAddress?

  /// Describes damage.
  public init(_ summary: String, at address: VirtualAddress? = nil) {
    self.summary = summary
    self.address = address
  }
}
