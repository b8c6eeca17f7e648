/// The processor architecture of a dumped machine.
///
/// All of them are 64-bit and little-endian.
public enum Machine: String, Hashable, Sendable, CaseIterable {
  /// AMD64, Intel 64.
  case x86_64
  /// AArch64.
  case arm64
}
