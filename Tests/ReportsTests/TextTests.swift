import Testing

@testable import Reports

@Suite("Tables and styles")
struct TextTests {
  private var table: TextTable {
    var table = TextTable([.text("NAME"), .number("COUNT"), .text("MORE")])
    table.add(["a", "1"])
    table.add(["longer", "1,234,567", "end"])
    return table
  }

  @Test("columns are as wide as they need to be, numbers are to the right")
  func columns() {
    #expect(
      table.rendered(style: .plain) == """
        NAME        COUNT  MORE
        a               1
        longer  1,234,567  end

        """)
  }

  @Test("a table without rows has its titles")
  func empty() {
    #expect(TextTable([.text("NAME")]).rendered(style: .plain) == "NAME\n")
  }

  @Test("a colour changes no width")
  func colored() {
    let colored = table.rendered(style: TextStyle(isColored: true))
    #expect(colored.contains("\u{1B}[1m"))
    #expect(
      colored.replacing("\u{1B}[1m", with: "").replacing("\u{1B}[0m", with: "")
        == table.rendered(style: .plain))
  }

  @Test("a name from a damaged dump cannot drive the terminal")
  func controlCharacters() {
    var table = TextTable([.text("NAME")])
    table.add(["a\u{1B}[31mb\nc\u{9B}"])
    #expect(table.rendered(style: .plain) == "NAME\na\\x1b[31mb\\x0ac\\x9b\n")
  }

  @Test(
    "colours are for terminals that want them",
    arguments: [
      (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false),
      (true, ["NO_COLOR": ""], true), (true, ["TERM": "dumb"], false),
      (true, ["TERM": "xterm"], true),
    ] as [(Bool, [String: String], Bool)])
  func style(isTerminal: Bool, environment: [String: String], isColored: Bool) {
    #expect(TextStyle(isTerminal: isTerminal, environment: environment).isColored == isColored)
  }
}
