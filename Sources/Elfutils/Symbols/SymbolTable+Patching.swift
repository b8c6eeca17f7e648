internal import DebugInfo
internal import Memory

/// A function that can be traced or patched begins with room for that. GCC before 13 puts the
/// beginning in its debug information behind that room (GCC bug 98776), while symbols and pointers
/// to the function name the first byte.
extension SymbolTable {
  /// More room than any kernel leaves, in bytes.
  private static let largestRoom: UInt64 = 64

  /// Where the function begins for which the debug information gives this beginning.
  func functionStart(of beginning: VirtualAddress) -> VirtualAddress {
    guard let index = index(containing: beginning), kind(of: index) == .function,
      beginning.offset(from: address(of: index)) <= Self.largestRoom
    else { return beginning }
    return address(of: index)
  }

  /// How many bytes behind an address the code may begin that the debug information describes: 0
  /// unless a function begins there.
  func roomBefore(codeAt address: VirtualAddress) -> UInt64 {
    guard let index = index(containing: address), self.address(of: index) == address,
      kind(of: index) == .function
    else { return 0 }
    return min(Self.largestRoom, max(self[index].size, 1) - 1)
  }
}
