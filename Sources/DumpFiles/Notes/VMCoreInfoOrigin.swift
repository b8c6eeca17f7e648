public import Memory

/// Where VMCOREINFO was found.
public enum VMCoreInfoOrigin: Hashable, Sendable {
  /// In a note, or where a header points to.
  case header
  /// In the kernel's memory, by a search for its first line: at this address.
  case memory(PhysicalAddress)
}
