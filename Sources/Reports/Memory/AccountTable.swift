internal import Evidence

/// An account of memory as a table, the largest part first.
struct AccountTable {
  private let account: MemoryAccount
  private let pageSize: Int

  init(_ account: MemoryAccount, input: InputDescription) {
    self.account = account
    pageSize = max(1, input.pageSize)
  }

  /// So many owners are shown within a part, those with a fiftieth of it or more.
  private static let ownersShown = 6
  private static let smallestShare = 50

  /// The table, with what is left and the total at its end.
  func rendered(style: TextStyle) -> String {
    var table = TextTable([
      .text("USED FOR"), .number("BYTES"), .number("SHARE"), .number("PAGES"),
      .number("COUNTED"), .text("BY"),
    ])
    for part in account.parts.sorted(by: { ($1.bytes ?? 0, $0.id) < ($0.bytes ?? 0, $1.id) }) {
      table.add(row(part.name, part.bytes, part.counter))
      for owner in owners(of: part) { table.add(row("  " + owner.id, owner.bytes, owner.counter)) }
    }
    table.add(row("not accounted for", account.unexplained, nil))
    table.add(row("all", account.total, nil))
    return table.rendered(style: style)
  }

  private func owners(of part: MemoryAccount.Part) -> [MemoryAccount.Part] {
    part.parts.filter { ($0.bytes ?? 0) > (part.bytes ?? 0) / Self.smallestShare }
      .sorted { ($1.bytes ?? 0, $0.id) < ($0.bytes ?? 0, $1.id) }
      .prefix(Self.ownersShown).map { $0 }
  }

  private func row(_ name: String, _ bytes: Int?, _ counter: MemoryAccount.Counter?) -> [String] {
    [
      name, bytes.byteSize, share(bytes), bytes.map { $0 / pageSize }.grouped,
      counter.map(\.bytes.byteSize) ?? "", counter?.name ?? "",
    ]
  }

  private func share(_ bytes: Int?) -> String {
    guard let bytes, let total = account.total, total > 0 else { return "?" }
    let tenths = Int((Double(bytes) / Double(total) * 1000).rounded())
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10) %"
  }
}
