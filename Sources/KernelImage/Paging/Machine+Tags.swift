public import Memory

extension Machine {
  /// The address that a pointer stands for, without a tag in its top byte.
  ///
  /// AArch64 kernels ignore that byte (TBI) and KASAN keeps a tag in it; bit 55 tells the kernel's
  /// half of the address space from the user's.
  public func untagged(_ pointer: VirtualAddress) -> VirtualAddress {
    guard self == .arm64 else { return pointer }
    let tag: UInt64 = 0xff << 56
    let isKernel = pointer.rawValue >> 55 & 1 != 0
    return VirtualAddress(isKernel ? pointer.rawValue | tag : pointer.rawValue & ~tag)
  }
}
