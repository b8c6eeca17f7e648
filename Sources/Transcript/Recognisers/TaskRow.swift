import Evidence
import Memory

/// Rows of processes: crash's `ps`, and `ps aux`.
enum TaskRow {
  /// A row of crash's `ps`: `PID PPID CPU TASK ST %MEM VSZ RSS COMM`, with `-` before an offline
  /// one. (The `>` of an active one looks like a quote mark and is gone.)
  static func match(_ line: Line) -> Task? {
    let start = line.word(0, is: "-") ? 1 : 0
    guard let pid = line.natural(start), let parent = line.natural(start + 1),
      line.natural(start + 2) != nil, let address = line.address(start + 3),
      start + 8 < line.count, let size = line.natural(start + 6),
      let resident = line.natural(start + 7)
    else { return nil }
    return Task(
      pid: pid, parent: parent, name: name(line, from: start + 8),
      address: VirtualAddress(address), state: line.text(start + 4),
      residentBytes: kib(resident), virtualBytes: kib(size))
  }

  /// A row of `ps aux`: `USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND`.
  static func matchAux(_ line: Line) -> Task? {
    guard line.count > 10, let pid = line.natural(1), isNumber(line.word(2)),
      isNumber(line.word(3)),
      let size = line.natural(4), let resident = line.natural(5)
    else { return nil }
    return Task(
      pid: pid, name: name(line, from: 10), state: line.text(7), residentBytes: kib(resident),
      virtualBytes: kib(size))
  }

  private static func kib(_ value: Int) -> Int { value < 1 << 50 ? value << 10 : value }

  private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
    word.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ".") }
  }

  private static func name(_ line: Line, from index: Int) -> String {
    let name = line.text(index..<min(line.count, index + 8))
    return name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
  }
}

/// A row of `mod`: `ADDRESS NAME [BASE] SIZE  FILE` or `… (not loaded)`.
extension ModuleRow {
  static func match(_ line: Line) -> ModuleRow? {
    guard line.count > 3, let address = line.address(0), line.address(1) == nil,
      SymbolText(line.word(1), hasRadix10Offset: false) != nil
    else { return nil }
    let base = line.address(2)
    let file = base == nil ? 3 : 4
    guard let size = line.natural(file - 1), file < line.count,
      line.word(file, is: "(not") || line.word(file).contains(where: { $0 == UInt8(ascii: ".") })
    else { return nil }
    return ModuleRow(address: address, name: line.text(1), base: base, size: size)
  }
}

/// A row of `kmem -p` or of the table at the end of `kmem ADDR`:
/// `PAGE PHYSICAL MAPPING INDEX CNT FLAGS`.
extension PageRow {
  static func match(_ line: Line, at index: Int) -> Match<PageRow>? {
    guard let descriptor = line.address(index), index + 5 < line.count,
      line.words[index + 1].count < 16, let physical = line.hexadecimal(index + 1),
      let mapping = line.hexadecimal(index + 2), mapping == 0 || line.words[index + 2].count >= 8,
      line.hexadecimal(index + 3) != nil, line.decimal(index + 4) != nil,
      line.hexadecimal(index + 5) != nil
    else { return nil }
    var end = index + 6
    var isSlab = false
    if end < line.count, line.hexadecimal(end) == nil || line.word(end).contains(UInt8(ascii: ","))
    {
      isSlab = line.text(end).split(separator: ",").contains("slab")
      end += 1
    }
    return Match(
      fact: PageRow(descriptor: descriptor, physical: physical, mapping: mapping, isSlab: isSlab),
      words: end - index)
  }
}
