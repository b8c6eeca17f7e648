/// Rows of cells in columns that are as wide as they need to be.
struct TextTable {
  /// A column's title and on which side its cells line up.
  struct Column {
    enum Alignment { case left, right }

    let title: String
    let alignment: Alignment

    /// A column of names.
    static func text(_ title: String) -> Column { Column(title: title, alignment: .left) }
    /// A column of numbers.
    static func number(_ title: String) -> Column { Column(title: title, alignment: .right) }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// Starts a table without rows.
  init(_ columns: [Column]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  /// Adds a row; cells that are missing at its end are empty, those beyond the columns are dropped.
  mutating func add(_ cells: [String]) {
    rows.append(columns.indices.map { $0 < cells.count ? cells[$0].printable : "" })
  }

  /// The title line and the rows, each with a newline and nothing blank at its end.
  func rendered(style: TextStyle, indent: Int = 0) -> String {
    let widths = columns.indices.map { column in
      rows.reduce(columns[column].title.count) { max($0, $1[column].count) }
    }
    let margin = String(repeating: " ", count: indent)
    var text = margin + style.strong(line(columns.map(\.title), widths)) + "\n"
    for row in rows { text += margin + line(row, widths) + "\n" }
    return text
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      if column > 0 { text += "  " }
      text += columns[column].alignment == .left ? cell + padding : padding + cell
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}
