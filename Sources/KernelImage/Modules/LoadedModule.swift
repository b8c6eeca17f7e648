public import Memory

/// A module that was loaded when the dump was taken.
public struct LoadedModule: Hashable, Sendable {
  /// A section of the module's file that was loaded.
  public struct Section: Hashable, Sendable {
    /// Its name, such as `.text`.
    public let name: String
    /// Where it was loaded.
    public let address: VirtualAddress

    /// Names a section.
    public init(name: String, address: VirtualAddress) {
      self.name = name
      self.address = address
    }
  }

  /// Its name, as `lsmod` shows it.
  public let name: String
  /// The address of its `struct module`.
  public let address: VirtualAddress
  /// The address ranges of its code and data, sorted.
  public internal(set) var ranges: [Range<VirtualAddress>] = []
  /// Where its sections were loaded, in the kernel's order, all but `.data..percpu`.
  public internal(set) var sections: [Section] = []
  /// The per-CPU addresses of its per-CPU variables, if it has any.
  public internal(set) var perCPU: Range<VirtualAddress>?
  /// Its build ID in lower-case hexadecimal, if it has one.
  public internal(set) var buildID: String?
  /// What of it could not be read.
  public internal(set) var damage: [Damage] = []

  /// Names a module of which nothing else is known yet.
  public init(name: String, address: VirtualAddress) {
    self.name = name
    self.address = address
  }

  /// What to call it in a sentence, also where its name cannot be read.
  var label: String { name.isEmpty ? "the module at \(address)" : name }

  /// Whether an address is one of the module's code, data or per-CPU variables.
  public func contains(_ address: VirtualAddress) -> Bool {
    ranges.contains { $0.contains(address) } || perCPU?.contains(address) == true
  }
}
