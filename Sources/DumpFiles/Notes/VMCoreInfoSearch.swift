internal import ByteKit
internal import Memory

/// Finds VMCOREINFO where the dump says it is, or else in the dumped memory itself.
enum VMCoreInfoSearch {
  /// No kernel writes more: the text has to fit into a page.
  static let longest = 1 << 16

  static func run(_ parts: DumpParts) -> (info: VMCoreInfo, origin: VMCoreInfoOrigin)? {
    if let info = parts.vmcoreinfo { return (info, .header) }
    for note in parts.notes where note.owner == "VMCOREINFO" {
      if let info = parse(note.contents, at: 0) { return (info, .header) }
    }
    return search(parts.memory.cut(into: .kib4))
  }

  /// Reads the text at `offset`, or nil when it is none that a kernel writes.
  static func parse(_ bytes: Bytes, at offset: Int) -> VMCoreInfo? {
    guard bytes.holds(firstKey, at: offset),
      let text = bytes.string(at: offset, limit: longest), text.contains("\nSYMBOL(")
    else { return nil }
    return VMCoreInfo(text: text)
  }

  private static let firstKey = Array("OSRELEASE=".utf8)
  private static let noteHeaderSize = 24

  /// The kernel keeps the text in a page of its own, and the note made of it in another: QEMU
  /// without `-device vmcoreinfo` dumps both without knowing.
  private static func search(
    _ memory: any DumpMemory
  ) -> (info: VMCoreInfo, origin: VMCoreInfoOrigin)? {
    var left = memory.searchLimit
    for range in memory.heldFrames {
      var frame = range.lowerBound
      while frame < range.upperBound, left > 0 {
        if let page = try? memory.page(frame) {
          for offset in [0, noteHeaderSize] {
            guard let info = parse(page, at: offset) else { continue }
            let start = memory.pageSize.address(of: frame)
            return (info, .memory(start.advanced(by: UInt64(offset))))
          }
        }
        frame = PageFrame(frame.rawValue + 1)
        left -= 1
      }
    }
    return nil
  }
}
