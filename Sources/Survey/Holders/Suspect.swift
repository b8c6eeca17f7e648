import Evidence
import Memory

/// An object with a larger count than its known holders explain.
struct Suspect: Sendable {
  /// What objects have in common that are told of together.
  struct Lot: Hashable, Sendable {
    var type: String
    var fileSystem: String?
    var superblock: VirtualAddress?
    var operations: VirtualAddress?
    var label: String?
  }

  let slot: UInt32
  /// Where the structure is, which need not be where the slot begins.
  let address: VirtualAddress
  /// How often it is held, by its own count.
  let count: Int
  /// How many references may be held without a pointer.
  let pins: Int
  var holders = Overcount.Holders()
  /// How many of the words that lead to it are known not to be a holder's.
  var otherWords = 0
  /// Whether it may be held by a number beside a pointer to it.
  var mayBeNumbered = false
  let lot: Lot
  /// The superblock that it belongs to.
  var superblock: VirtualAddress?
  /// What tells where it is.
  var dentry: VirtualAddress?
  /// The slot of what stands for it, if that is an object.
  var proxy: UInt32?
  /// The slots of what is freed with it.
  var kept: [UInt32] = []
}

/// Objects of one type that memory is to be scanned for.
struct Inquiry: Sendable {
  /// The member with the count.
  let count: String
  /// How drgn computes the count of an object `o`.
  let expression: String
  /// The name of the structure.
  let type: String
  var suspects: [Suspect]
  /// What words may lead to without holding, in bytes from the start of each slot.
  var links: [Range<Int>] = []
  var pageLinks: [Range<Int>] = []
  /// The caches of what lists the objects and holds none.
  var tables: Set<Int> = []
}
