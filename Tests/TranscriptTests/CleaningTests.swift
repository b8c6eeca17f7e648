import ByteKit
import Testing
import Transcript

/// The same rows, in what mailers, terminals and browsers make of them.
@Suite struct CleaningTests {
  private let row = "ffff890c47c0e800     2048      48835     58464   3654    32k  kmalloc-2048"

  @Test(arguments: [
    "> > ffff890c47c0e800     2048      48835     58464   3654    32k  kmalloc-2048",
    ">ffff890c47c0e800 2048 48835 58464 3654 32k kmalloc-2048\r\n",
    "\u{1b}[35;1mffff890c47c0e800\u{1b}[m 2048 48835 58464 3654 32k \u{1b}]0;title\u{7}kmalloc-2048",
    "\rplease wait... (gathering kmem slab cache data)\r        \r"
      + "ffff890c47c0e800 2048 48835 58464 3654 32k kmalloc-2048",
    "please wait... (gathering kmem slab cache data)"
      + "       ffff890c47c0e800 2048 48835 58464 3654 32k kmalloc-2048",
    " -- MORE --  forward: <SPACE>, <ENTER> or j  backward: b or k  quit: q"
      + " ffff890c47c0e800 2048 48835 58464 3654 32k kmalloc-2048",
    "<pre>CACHE NAME<br>ffff890c47c0e800&nbsp;2048 48835 58464 3654 32k kmalloc&#45;2048</pre>",
    "Content-Transfer-Encoding: quoted-printable\n"
      + "ffff890c47c0e800=20 2048 48835 58464=\n  3654 32k kmalloc=2D2048",
    "ffff890c47c0e800\u{3000}2048\u{a0}48835\u{2003}58464 3654 32k kmalloc-2048",
    "`ffff890c47c0e800 2048 48835 58464 3654 32k kmalloc-2048`",
    "fgf\u{8}\u{8}fff890c47c0e800 2048 48835 58464 3654 32k kmalloc-2048",
    "以下是结果：ffff890c47c0e800 2048 48835\nffff890c47c0e800 2048 48835 58464 3654 32k kmalloc-2048",
  ])
  func findsTheRow(text: String) {
    #expect(facts(text).caches.map(\.name) == ["kmalloc-2048"])
    #expect(facts(text).caches.first?.total == 58464)
  }

  @Test func readsUTF16() throws {
    var bytes: [UInt8] = [0xff, 0xfe]
    for unit in row.utf16 { bytes += [UInt8(unit & 0xff), UInt8(unit >> 8)] }
    var reader = SessionReader()
    reader.read(try #require(SavedText(Bytes(bytes), name: "notepad.txt")))
    #expect(reader.finish().first?.caches.count == 1)
  }

  @Test func anEqualsSignIsNoEscapeInPlainText() {
    #expect(
      facts("console=20\nffff00000824edd8 (t) a=3Db\nffff00000824edd8 (t) ab").symbols.count == 1)
  }

  @Test func whatIsNotUnderstoodIsCounted() {
    let text = "We saw this on Monday.\n\(row)\nand it was \(row)\n"
    let reader = reader(of: text)
    #expect(reader.lineCount == 3)
    #expect(reader.unread.first?.lines == 1)
    #expect(reader.unread.first?.partial == 1)
    #expect(reader.unread.first?.ranges.count == 2)
  }

  @Test func anotherBannerIsAnotherSession() {
    let text = """
      crash 7.2.9
          NODENAME: one
      \(row)
      crash 8.0.2
          NODENAME: two
      \(row)
      """
    var reader = reader(of: text)
    let sessions = reader.finish()
    #expect(sessions.map(\.banner.node) == ["one", "two"])
    #expect(sessions.map(\.caches.count) == [1, 1])
  }
}
