import Memory

/// How SLUB stores the pointer to the next free object in a free object.
///
/// CONFIG_SLAB_FREELIST_HARDENED combines it with a number of the cache and with its own address.
/// Nothing in the debug information tells which way, as the second was ported back to old kernels.
enum FreelistCoding: Hashable, Sendable, CaseIterable {
  /// As it is.
  case plain
  /// Linux 2482ddec670f ("mm: add SLUB free list pointer obfuscation"), v4.14.
  case mixed
  /// The address with its bytes reversed: Linux 1ad53d9fa3f6 ("slub: improve bit diffusion for
  /// freelist ptr obfuscation"), v5.7.
  case mixedSwapped

  /// The pointer that is stored as `word` at `address`, with the tag it may have.
  func decode(_ word: UInt64, at address: VirtualAddress, random: UInt64) -> VirtualAddress {
    switch self {
    case .plain: VirtualAddress(word)
    case .mixed: VirtualAddress(word ^ random ^ address.rawValue)
    case .mixedSwapped: VirtualAddress(word ^ random ^ address.rawValue.byteSwapped)
    }
  }
}

extension FreelistCoding {
  /// A few words that fit behind "freelist pointers are taken to be ".
  var summary: String {
    switch self {
    case .plain: "stored as they are"
    case .mixed: "hardened (v4.14)"
    case .mixedSwapped: "hardened with the address reversed (v5.7)"
    }
  }
}
