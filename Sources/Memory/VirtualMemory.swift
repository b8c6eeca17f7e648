public import ByteKit

/// The words of a page whose contents are known; a saved session knows only those it showed.
public struct WordMask: Hashable, Sendable {
  private var bits: [UInt64]

  /// A mask of `words` 8-byte words, none known.
  public init(words: Int) { bits = Array(repeating: 0, count: (words + 63) / 64) }

  /// Whether the word with this index is known; false for one outside the page.
  public subscript(word: Int) -> Bool {
    get {
      guard word >= 0, word / 64 < bits.count else { return false }
      return bits[word / 64] >> UInt64(word % 64) & 1 != 0
    }
    set {
      guard word >= 0, word / 64 < bits.count else { return }
      let bit = UInt64(1) << UInt64(word % 64)
      if newValue { bits[word / 64] |= bit } else { bits[word / 64] &= ~bit }
    }
  }
}

/// A page of the kernel's memory.
public struct Page: Sendable {
  /// The contents, a whole page.
  public let bytes: Bytes
  /// Which words of it are known; nil when all are.
  public let known: WordMask?

  /// Describes a page.
  public init(bytes: Bytes, known: WordMask? = nil) {
    self.bytes = bytes
    self.known = known
  }
}

/// The kernel's memory by virtual address, one page at a time.
public protocol VirtualMemory: Sendable {
  /// The size of the pages that `page(at:)` returns.
  var pageSize: PageSize { get }

  /// The page that holds `address`; throws `Absence` when it cannot be read.
  func page(at address: VirtualAddress) throws(Absence) -> Page

  /// The bytes of an address range that may cross pages; throws `Absence` when any is absent.
  func bytes(at address: VirtualAddress, count: Int) throws(Absence) -> Bytes

  /// Tells whoever wants to know it as what the bytes of an address range were read.
  func note(_ use: FieldUse, at address: VirtualAddress, count: Int)
}

extension VirtualMemory {
  /// Nobody wants to know it.
  public func note(_ use: FieldUse, at address: VirtualAddress, count: Int) {}

  /// The bytes of an address range that may cross pages; throws `Absence` when any is absent.
  public func bytes(at address: VirtualAddress, count: Int) throws(Absence) -> Bytes {
    try contents(at: address, count: count)
  }

  /// The bytes of an address range that may cross pages, of which nobody is told that they were read.
  ///
  /// Throws `Absence` when any is absent.
  public func contents(at address: VirtualAddress, count: Int) throws(Absence) -> Bytes {
    try gather(count: count, pageSize: pageSize, from: address.rawValue) { start throws(Absence) in
      let page = try page(at: VirtualAddress(start))
      if let known = page.known {
        let offset = Int(truncatingIfNeeded: start & pageSize.mask)
        let left = count - Int(truncatingIfNeeded: start &- address.rawValue)
        let end = offset + min(left, pageSize.bytes - offset)
        for word in (offset / 8)...((end - 1) / 8)
        where !known[word] { throw Absence.notShown }
      }
      return page.bytes
    }
  }

  /// Loads a little-endian integer that may cross pages; throws `Absence` when any byte is absent.
  public func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self, at address: VirtualAddress
  ) throws(Absence) -> Value {
    guard
      let value = try bytes(at: address, count: MemoryLayout<Value>.size).load(Value.self, at: 0)
    else { throw .hole }
    return value
  }

  /// Loads a pointer; throws `Absence` when any byte is absent.
  public func pointer(at address: VirtualAddress) throws(Absence) -> VirtualAddress {
    VirtualAddress(try load(UInt64.self, at: address))
  }

  /// A NUL-terminated string of at most `limit` bytes, cut there or where memory ends.
  ///
  /// Throws `Absence` when not even its first byte can be read.
  public func string(at address: VirtualAddress, limit: Int = 256) throws(Absence) -> String {
    String(decoding: try characters(at: address, limit: limit), as: UTF8.self)
  }

  private func characters(at address: VirtualAddress, limit: Int) throws(Absence) -> [UInt8] {
    var text: [UInt8] = []
    var next = address
    while text.count < limit {
      let size = min(limit - text.count, pageSize.bytes - pageSize.offset(of: next))
      let part: Bytes
      do throws(Absence) {
        part = try contents(at: next, count: size)
      } catch {
        if text.isEmpty { throw error }
        break
      }
      let read = part.array
      if let end = read.firstIndex(of: 0) {
        text.append(contentsOf: read[..<end])
        break
      }
      text.append(contentsOf: read)
      next = next.advanced(by: size)
    }
    return text
  }

  /// The name of something of the kernel's own: a string as `string(at:limit:)` reads it, of ASCII.
  ///
  /// In a redacted dump such a name does not read as text: its characters' top bits are set, which
  /// are dropped here. Throws `Absence` when not even its first byte can be read.
  public func name(at address: VirtualAddress, limit: Int) throws(Absence) -> String {
    let characters = try characters(at: address, limit: limit)
    note(.name, at: address, count: characters.count)
    return String(decoding: characters.map { $0 & 0x7f }, as: UTF8.self)
  }

  /// Bytes that decide nothing and are only shown; throws `Absence` when any is absent.
  public func shown(at address: VirtualAddress, count: Int) throws(Absence) -> Bytes {
    let bytes = try contents(at: address, count: count)
    note(.shown, at: address, count: count)
    return bytes
  }
}
