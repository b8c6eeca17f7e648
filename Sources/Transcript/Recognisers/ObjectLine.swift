/// A line of an object in a listing: `[ADDRESS]`, `ADDRESS`, `ADDRESS  (cpu N cache)` or
/// `ADDRESS  (shared cache)`.
struct ObjectLine {
  let address: UInt64
  let mark: ListedObjects.Mark

  /// An object in brackets, which needs nothing else to be known as one.
  static func bracketed(_ line: Line, at index: Int) -> UInt64? {
    let word = line.words[index]
    guard word.count == 18 || word.count == 10, word.shape.contains(.bracket),
      line.bytes[Int(word.start)] == UInt8(ascii: "["),
      line.bytes[Int(word.end) - 1] == UInt8(ascii: "]")
    else { return nil }
    return KernelAddress.value(of: line.bytes, in: (Int(word.start) + 1)..<(Int(word.end) - 1))
  }

  /// An object without brackets.
  static func bare(_ line: Line, at index: Int) -> Match<ObjectLine>? {
    guard let address = line.address(index) else { return nil }
    if line.word(index + 1, is: "(cpu"), line.word(index + 3, is: "cache)") {
      return Match(fact: ObjectLine(address: address, mark: .cpuCache), words: 4)
    }
    if line.word(index + 1, is: "(shared"), line.word(index + 2, is: "cache)") {
      return Match(fact: ObjectLine(address: address, mark: .sharedCache), words: 3)
    }
    return Match(fact: ObjectLine(address: address, mark: .free), words: 1)
  }

  /// The object of a line that begins at `start` and has nothing else in it, and where it ends.
  static func match(_ bytes: [UInt8], at start: Int) -> (object: ObjectLine, end: Int)? {
    var index = start
    skipBlanks(bytes, &index)
    // The shortest form that is read here is sixteen digits and a line end.
    guard index + 18 < bytes.count else { return nil }
    let isBracketed = bytes[index] == UInt8(ascii: "[")
    if isBracketed { index += 1 }
    guard let address = KernelAddress.value(of: bytes, in: index..<(index + 16)) else { return nil }
    index += 16
    var mark = ListedObjects.Mark.free
    if isBracketed {
      guard bytes[index] == UInt8(ascii: "]") else { return nil }
      mark = .allocated
      index += 1
    }
    skipBlanks(bytes, &index)
    guard index < bytes.count else { return nil }
    if !isBracketed, bytes[index] == UInt8(ascii: "(") {
      guard let cache = cacheMark(bytes, &index) else { return nil }
      mark = cache
      skipBlanks(bytes, &index)
      guard index < bytes.count else { return nil }
    }
    guard bytes[index] == 0x0a || bytes[index] == 0x0d else { return nil }
    return (ObjectLine(address: address, mark: mark), index)
  }

  @inline(__always) private static func skipBlanks(_ bytes: [UInt8], _ index: inout Int) {
    while index < bytes.count, bytes[index] == 0x20 { index += 1 }
  }

  /// `(cpu N cache)` or `(shared cache)`, moving behind it.
  private static func cacheMark(_ bytes: [UInt8], _ index: inout Int) -> ListedObjects.Mark? {
    if skip("(cpu ", bytes, &index) {
      while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
      return skip(" cache)", bytes, &index) ? .cpuCache : nil
    }
    return skip("(shared cache)", bytes, &index) ? .sharedCache : nil
  }

  private static func skip(_ text: String, _ bytes: [UInt8], _ index: inout Int) -> Bool {
    var position = index
    for byte in text.utf8 {
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
    }
    index = position
    return true
  }
}
