internal import Analysis
internal import DebugInfo
internal import Evidence
internal import Memory

/// Who allocated and who freed one object, for people.
enum AllocationText {
  /// Lines on what the kernel recorded; the callers of a call stand below it.
  ///
  /// A free that was recorded before the allocation is that of what was in the slot until then.
  static func lines(_ record: AllocationRecord, isFree: Bool, _ symbols: SymbolTable) -> [String] {
    var lines: [String] = []
    if let line = record.line, !isFree { lines.append("allocated in \(line.words)") }
    if let call = record.allocation {
      lines += self.lines(isFree ? "had been allocated" : "allocated", call, symbols)
    }
    if let call = record.free {
      lines += self.lines(isFree ? "freed" : "what was there before was freed", call, symbols)
    }
    return lines
  }

  private static func lines(
    _ verb: String, _ call: RecordedCall, _ symbols: SymbolTable
  ) -> [String] {
    let age = call.age.map { ", \(tenths($0)) s before the dump" } ?? ""
    let title = "\(verb) by process \(call.pid) on CPU \(call.cpu)\(age):"
    return [title]
      + call.stack.map { "  " + (symbols.caller(returningTo: $0)?.description ?? $0.description) }
  }

  private static func tenths(_ seconds: Double) -> String {
    let tenths = Int(min(seconds, 1e12) * 10)
    return "\((tenths / 10).grouped).\(tenths % 10)"
  }
}
