internal import ByteKit
public import Memory

/// The kernel's memory as far as a text shows it: single words, most of them not known.
///
/// Words are kept, not pages: a text that shows one word of each of a million pages stays small.
public struct ShownMemory: VirtualMemory {
  /// The size of the pages that words are handed out in; nothing else depends on it.
  public let pageSize = PageSize.kib4
  /// The addresses of the words that are known, ascending.
  private let addresses: [UInt64]
  private let values: [UInt64]
  /// How many words were shown twice with different contents.
  let contradictions: Int

  /// Joins what a text showed; where it showed a word twice, the last counts.
  init(_ words: ShownWords) {
    var addresses: [UInt64] = []
    var values: [UInt64] = []
    var contradictions = 0
    let order = Self.order(words)
    var position = 0
    while position < order.count {
      let address = words.addresses[order[position]]
      var value: UInt64 = 0
      var mask: UInt8 = 0
      while position < order.count, words.addresses[order[position]] == address {
        let entry = order[position]
        let bits = Self.bits(words.masks[entry])
        if (value ^ words.values[entry]) & bits & Self.bits(mask) != 0 { contradictions += 1 }
        value = value & ~bits | words.values[entry] & bits
        mask |= words.masks[entry]
        position += 1
      }
      if mask == 0xff {
        addresses.append(address)
        values.append(value)
      }
    }
    self.addresses = addresses
    self.values = values
    self.contradictions = contradictions
  }

  /// The numbers of the showings by address, those of one address in the order of the text.
  private static func order(_ words: ShownWords) -> [Int] {
    var order = Array(0..<words.count)
    let isSorted = zip(words.addresses, words.addresses.dropFirst()).allSatisfy { $0 < $1 }
    if !isSorted { order.sort { (words.addresses[$0], $0) < (words.addresses[$1], $1) } }
    return order
  }

  /// The bits of a word whose bytes are in a mask.
  private static func bits(_ mask: UInt8) -> UInt64 {
    if mask == 0xff { return .max }
    return (UInt64(0)..<8).reduce(0) { $0 | (mask >> $1 & 1 != 0 ? 0xff << ($1 * 8) : 0) }
  }

  /// The number of words that are known.
  public var wordCount: Int { addresses.count }

  /// The word at an address, if it is known.
  func word(at address: UInt64) -> UInt64? {
    let index = firstIndex(from: address)
    return index < addresses.count && addresses[index] == address ? values[index] : nil
  }

  /// How many words in a range are known.
  func knownWords(from start: UInt64, count: UInt64) -> Int {
    var index = firstIndex(from: start)
    let first = index
    while index < addresses.count, addresses[index] &- start < count { index += 1 }
    return index - first
  }

  private func firstIndex(from address: UInt64) -> Int {
    var low = 0
    var high = addresses.count
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] < address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The page that holds `address`, with the words that are known.
  ///
  /// Throws `Absence.notShown` when none of it is.
  public func page(at address: VirtualAddress) throws(Absence) -> Page {
    let start = pageSize.start(of: address).rawValue
    var index = firstIndex(from: start)
    guard index < addresses.count, addresses[index] &- start < UInt64(pageSize.bytes) else {
      throw .notShown
    }
    var bytes = [UInt8](repeating: 0, count: pageSize.bytes)
    var known = WordMask(words: pageSize.bytes / 8)
    while index < addresses.count, addresses[index] &- start < UInt64(pageSize.bytes) {
      let offset = Int(addresses[index] &- start)
      for byte in 0..<8 {
        bytes[offset + byte] = UInt8(truncatingIfNeeded: values[index] >> UInt64(byte * 8))
      }
      known[offset / 8] = true
      index += 1
    }
    return Page(bytes: Bytes(bytes), known: known)
  }
}
