public import Memory

/// The lines of VMCOREINFO, in the forms in which the kernel prints them.
public struct VMCoreInfoBuilder: Sendable {
  /// The lines so far.
  public private(set) var text: String

  /// Begins as every kernel does.
  public init(release: String, pageSize: PageSize = .kib4) {
    text = "OSRELEASE=\(release)\nPAGESIZE=\(pageSize.bytes)\n"
  }

  /// Adds `SYMBOL(name)`.
  public mutating func symbol(_ name: String, _ address: VirtualAddress) {
    line("SYMBOL(\(name))", String(address.rawValue, radix: 16))
  }

  /// Adds `NUMBER(name)` in decimal.
  public mutating func number(_ name: String, _ value: Int64) {
    line("NUMBER(\(name))", "\(value)")
  }

  /// Adds `NUMBER(name)` in hexadecimal, as arm64 prints addresses.
  public mutating func hexNumber(_ name: String, _ value: UInt64) {
    line("NUMBER(\(name))", "0x" + String(value, radix: 16))
  }

  /// Adds `KERNELOFFSET`.
  public mutating func kernelOffset(_ offset: UInt64) {
    line("KERNELOFFSET", String(offset, radix: 16))
  }

  /// Adds a line of any key.
  public mutating func line(_ key: String, _ value: String) {
    text += "\(key)=\(value)\n"
  }
}
