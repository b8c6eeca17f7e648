import Analysis
import ByteKit
import Evidence
import Foundation
import Testing
import Transcript

/// Pieces of text as they are found in articles and tickets: each gets its first sentence.
@Suite struct ArticleTests {
  private func findings(_ text: String) async -> [Finding] {
    await Investigation(of: evidence(text).subject).findings
  }

  /// 41 objects, every third of which is free, as `kmem -S` prints them.
  private static let listing: String = {
    var lines: [String] = []
    var allocated = 0
    var address = UInt64(0xffff_8000_3a5b_0000)
    while allocated < 41 {
      let digits = String(address, radix: 16)
      if lines.count % 3 == 2 {
        lines.append("   \(digits)")
      } else {
        lines.append("  [\(digits)]")
        allocated += 1
      }
      address += 0x80
    }
    return lines.joined(separator: "\n")
  }()

  private static let leak = """
    # 一次 kmalloc-128 内存泄漏的排查

    设备的可用内存越来越少，`slabtop` 里 kmalloc-128 最多。

    ```
    crash> kmem -S kmalloc-128
    CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
    ffff80007b000000      128    1723323   1723968  53874     8k  kmalloc-128
    SLAB              MEMORY            TOTAL  ALLOCATED  FREE
    ffff7e0000e96c00  ffff80003a5b0000     64         41    23
    FREE / [ALLOCATED]
    \(listing)
    ......
    ```

    随便挑几个看看内容：

    ```
    crash> rd ffff80003a5b0000 16
    ffff80003a5b0000:  ffff00000824edd8 ffff00000824ee00   ..$.......$.....
    ffff80003a5b0010:  ffff00000824ede8 ffff000001415218   ..$......RA.....
    ffff80003a5b0020:  00010102464c457f 0000000000000000   .ELF............
    ffff80003a5b0030:  0000000100b70003 0000000000000000   ................
    ffff80003a5b0040:  0000000000000040 00000000000017b8   @...............
    ffff80003a5b0050:  0038004000000000 0019001a00400007   ....@.8...@.....
    ffff80003a5b0060:  0000000500000001 0000000000000000   ................
    ffff80003a5b0070:  0000000000000000 0000000000000000   ................
    crash> rd ffff80003a5b0080 16
    ffff80003a5b0080:  ffff00000824edd8 ffff00000824ee00   ..$.......$.....
    ffff80003a5b0090:  ffff00000824ede8 ffff000001415218   ..$......RA.....
    ffff80003a5b00a0:  6e6f632f74656e2f 0000000000000066   /net/conf.......
    ffff80003a5b00b0:  0000000000000000 0000000000000000   ................
    ffff80003a5b00c0:  0000000000000000 0000000000000000   ................
    ffff80003a5b00d0:  0000000000000000 0000000000000000   ................
    ffff80003a5b00e0:  0000000000000000 0000000000000000   ................
    ffff80003a5b00f0:  0000000000000000 0000000000000000   ................
    crash> rd ffff80003a5b0200 16
    ffff80003a5b0200:  0000000000000000 ffff80003a5b0208   ..........[:....
    ffff80003a5b0210:  ffff80003a5b0208 0000000000000003   ..[:............
    ffff80003a5b0220:  0000000000000000 0000000000000000   ................
    ffff80003a5b0230:  0000000000000000 0000000000000000   ................
    ffff80003a5b0240:  0000000000000000 0000000000000000   ................
    ffff80003a5b0250:  0000000000000000 0000000000000000   ................
    ffff80003a5b0260:  0000000000000000 0000000000000000   ................
    ffff80003a5b0270:  0000000000000000 0000000000000000   ................
    ```

    前两个一样，看起来像代码地址：

    ```
    crash> sym ffff00000824edd8
    ffff00000824edd8 (t) single_start /home/u/linux/fs/seq_file.c: 541
    crash> sym ffff00000824ee00
    ffff00000824ee00 (t) single_stop /home/u/linux/fs/seq_file.c: 552
    ```
    """

  @Test func aLeakOfSingleOpenIsToldFromThreeObjects() async throws {
    let first = try #require(await findings(Self.leak).first)
    #expect(
      first.title
        == "2 of 3 objects read in kmalloc-128 (of 1,723,323 allocated) are seq_operations left by "
        + "single_open: whose, the text does not tell")
    #expect(first.certainty == .possible)
    #expect(first.type == "seq_operations")
    #expect(first.count == 2)
    #expect(first.symbols == ["single_start", "single_stop"])
    #expect(
      first.evidence.contains(
        "not named in the text: +0x10 0xffff00000824ede8, +0x18 0xffff000001415218"))
    #expect(
      evidence(Self.leak).subject.coverage.remarks.first
        == "41 of 1,723,323 allocated objects of kmalloc-128 are in this text; the content of 3 is "
        + "known")
  }

  /// The same article as people save it: what browsers, mailers and editors make of it.
  private static let forms: [(name: String, text: [UInt8])] = {
    let lines = leak.split(separator: "\n", omittingEmptySubsequences: false)
    let escaped = leak.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;")
    let spans = escaped.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "<span class=\"line\"><span class=\"cl\">\($0)</span></span>\n" }.joined()
    let mail = "From: a@example.org\nContent-Type: text/plain; charset=utf-8\n"
    let base64 = Data(leak.utf8).base64EncodedString(options: .lineLength76Characters)
    let texts = [
      ("CRLF", leak.replacing("\n", with: "\r\n")),
      ("one line", leak.split { $0 == " " || $0 == "\n" }.joined(separator: " ")),
      ("quoted", lines.map { "> > \($0)\n" }.joined()),
      ("numbered", lines.enumerated().map { "\($0 + 1)  \($1)\n" }.joined()),
      ("indented", lines.map { "    \($0)\n" }.joined()),
      ("highlighted", "<html><body><pre>\(spans)</pre></body></html>"),
      ("line breaks", "<p>" + escaped.replacing("\n", with: "<br/>") + "</p>"),
      ("base64", mail + "Content-Transfer-Encoding: base64\n\n" + base64),
      (
        "quoted-printable",
        mail + "Content-Transfer-Encoding: quoted-printable\n\n"
          + leak.replacing("=", with: "=3D").replacing("ffff00000824", with: "ffff=\n00000824")
      ),
      (
        "old columns",
        leak.replacing("OBJSIZE  ALLOCATED", with: "NAME OBJSIZE ALLOCATED")
          .replacing(
            "128    1723323   1723968  53874     8k  kmalloc-128",
            with: "kmalloc-128              128    1723323   1723968  53874     8k")
      ),
    ]
    let utf16 = ("UTF-16", Array(leak.data(using: .utf16) ?? Data()))
    return texts.map { ($0.0, Array($0.1.utf8)) } + [utf16]
  }()

  @Test(arguments: forms.map(\.name))
  func theArticleSaysTheSameHoweverItWasSaved(form: String) async throws {
    let bytes = try #require(Self.forms.first { $0.name == form }?.text)
    var reader = SessionReader()
    reader.read(try #require(SavedText(Bytes(bytes), name: form)))
    let facts = try #require(reader.finish().first)
    let evidence = SessionEvidence(facts, textSize: bytes.count)
    let first = try #require(await Investigation(of: evidence.subject).findings.first)
    #expect(
      first.title
        == "2 of 3 objects read in kmalloc-128 (of 1,723,323 allocated) are seq_operations left by "
        + "single_open: whose, the text does not tell")
    #expect(evidence.coverage.map(\.listed) == [41])
  }

  @Test func theNextQuestionsAreNamesAndARandomSample() {
    let facts = facts(Self.leak)
    let commands = FollowUp(facts, SessionEvidence(facts, textSize: Self.leak.utf8.count)).commands
      .split(separator: "\n").map(String.init)
    #expect(commands.contains("sym ffff00000824ede8"))
    #expect(commands.contains("sym ffff000001415218"))
    #expect(commands.count { $0.hasPrefix("rd ffff80003a5b") && $0.hasSuffix(" 16") } == 38)
    #expect(!commands.contains("rd ffff80003a5b0000 16"))
    #expect(commands.contains("mod"))
    #expect(commands.last == "quit")
  }

  @Test func cachesOutOfProportionAreToldFromOneLine() async throws {
    let text =
      "We looked at it: crash> kmem -s CACHE NAME OBJSIZE ALLOCATED TOTAL SLABS SSIZE ... "
      + "ffff8808b2a40e00 sock_inode_cache 640 2812345 2812392 234366 8k ... "
      + "ffff88085fc0ef00 dentry 192 3811208 3811227 181487 4k ... and so on."
    let first = try #require(await findings(text).first)
    #expect(
      first.title
        == "2,812,345 objects are in sock_inode_cache (1.7 GiB), beside 3,811,208 dentry (697.9 MiB)"
    )
    #expect(first.certainty == .hint)
  }

  @Test func aQueueThatNobodyReadsIsToldBeforeWhatMemoryLooksLike() async throws {
    let text = """
      $ free
                    total        used        free      shared  buff/cache   available
      Mem:         245760      201216       12288        1024       32256       20480
      $ ps aux
      USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
      root        1234  0.1  2.0  20480  5120 ?        S    10:00   0:01 ospf6d -d
      $ cat /proc/meminfo
      MemTotal:         245760 kB
      MemFree:           12288 kB
      Buffers:            1024 kB
      Cached:            30208 kB
      AnonPages:         20480 kB
      Slab:              81920 kB
      $ netstat -noap
      Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name     Timer
      tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      811/sshd             off (0.00/0/0)
      raw6   79691776      0 :::89                   :::*                    7           1234/ospf6d          off (0.00/0/0)
      """
    let all = await findings(text)
    #expect(
      all.map(\.title) == [
        "76.0 MiB wait in a raw6 socket (:::89) that ospf6d (1234) does not read",
        "97.5 MiB of 240.0 MiB are in no counter of /proc/meminfo in session.txt",
      ])
    #expect(all.map(\.certainty) == [.possible, .hint])
  }

  @Test func oneRowOfAPacketSocketIsEnough() async throws {
    let row =
      "p_raw  UNCONN  10485760   0     *:eth0     *    users:((\"suricata\",pid=1234,fd=5))"
    let first = try #require(await findings(row).first)
    #expect(
      first.title == "10.0 MiB wait in a packet socket (*:eth0) that suricata (1234) does not read")
  }

  @Test func twoSnapshotsTellWhatGrew() async throws {
    func slabinfo(_ active: Int) -> String {
      """
      slabinfo - version: 2.1
      # name            <active_objs> <num_objs> <objsize>
      kmalloc-128       \(active) \(active) 128 32 1 : tunables 0 0 0 : slabdata 55241 55241 0
      dentry            40000 40000 192 21 1 : tunables 0 0 0 : slabdata 1900 1900 0

      """
    }
    let first = try #require(await findings(slabinfo(22_726) + slabinfo(1_767_698)).first)
    #expect(
      first.title
        == "kmalloc-128 has 1,744,972 objects (213.0 MiB) more in session.txt, line 7 than in "
        + "session.txt, line 3")
  }
}

/// Questions and answers, one round after the other.
@Suite struct FollowUpTests {
  private static let session = """
    crash 8.0.2
         RELEASE: 6.1.0-56-amd64
    crash> kmem -S kmalloc-cg-32
    CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
    ff38db0cc1035100       32      60000     60160    470     4k  kmalloc-cg-32
    NODE 0 FULL:
      (not tracked)

    """

  private func commands(_ text: String) -> [String] {
    let facts = facts(text)
    return FollowUp(facts, SessionEvidence(facts, textSize: text.utf8.count)).commands
      .split(separator: "\n").map(String.init)
  }

  @Test(arguments: [
    ("5.10.0", "kmem -m slab_cache | grep ff38db0cc1035100"),
    ("6.1.0-56-amd64", "kmem -p | grep ff38db0cc1035100"),
    ("6.12.9", "kmem -m lru | grep ff38db0cc1035100"),
  ])
  func thePagesOfFullSlabsAreAskedForInTheKernelsTerms(release: String, command: String) {
    let text = Self.session.replacing("6.1.0-56-amd64", with: release)
    #expect(commands(text).contains(command))
  }

  @Test(arguments: [
    "ff9bc526c048ac40 122b1000 ff38db0cc1035100        0  1 fffffc0000200 slab",
    "ff9bc526c048ac40  ff38db0cc1035100  ",
    "ff9bc526c048ac40  ff38db0cc1035100,ff9bc526c048ac48  ",
  ])
  func theObjectsOfThosePagesAreAskedForNext(row: String) {
    #expect(commands(Self.session + row + "\n").contains("kmem -S ff9bc526c048ac40"))
  }

  @Test func theAnswerIsReadIntoTheSessionItBelongsTo() throws {
    let banner = """
      crash 8.0.2
          DUMPFILE: /var/crash/vmcore
              DATE: Sat Nov 21 11:46:04 UTC 2026
          NODENAME: host
           RELEASE: 6.1.0-56-amd64

      """
    let answer =
      banner.replacing("/var/crash/", with: "/home/me/") + """
        crash> rd ff38db0cd22b1000 2
        ff38db0cd22b1000:  ffffffff83796070 ffffffff837960a0   p`y......`y.....

        """
    var reader = SessionReader()
    for text in [banner + Self.session, answer] {
      reader.read(try #require(SavedText(Bytes(Array(text.utf8)), name: "text")))
    }
    let sessions = reader.finish()
    #expect(sessions.count == 1)
    #expect(sessions.first?.caches.count == 1)
    #expect(sessions.first?.words.count == 2)
  }

  @Test func aDumpOfAnotherDateIsAnotherSession() {
    let banner = "crash 8.0.2\n    DUMPFILE: vmcore\n        DATE: Sat Nov 21 11:46:04 UTC 2026\n"
    let text = banner + Self.session + banner.replacing("11:46:04", with: "12:46:04") + Self.session
    var reader = reader(of: text)
    #expect(reader.finish().count == 2)
  }

  @Test func cachesWithAModulesAddressesAreAskedAboutFirst() throws {
    let rows = (0..<6).map {
      "ff38db0cc10360\($0)0  4096  900000  900000  900000  32k  big-\($0)\n"
    }
    let text =
      Self.session + rows.joined() + """
        crash> kmem -S small
        CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
        ff38db0cc1037000       16        256       256      1     4k  small
          SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
          ff9bc526c048ac40  ff38db0cd22b1000     0    256        256     0
          FREE / [ALLOCATED]
          [ff38db0cd22b1000]
          [ff38db0cd22b1010]
        crash> rd ff38db0cd22b1000 2
        ff38db0cd22b1000:  ffffffff83796070 ffffffffc033a030   p`y.....0.3.....
        crash> sym ffffffffc033a030
        ffffffffc033a030 (t) tm_show [leakmod]
        crash> sym ffffffff83796070
        ffffffff83796070 (t) single_start

        """
    let first = commands(text).first { $0.hasPrefix("rd ") }
    #expect(first == "rd ff38db0cd22b1010 2")
  }

  @Test func thenTheirContents() {
    let slab = """
      crash> kmem -S ff9bc526c048ac40
      CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
      ff38db0cc1035100       32      60000     60160    470     4k  kmalloc-cg-32
        SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
        ff9bc526c048ac40  ff38db0cd22b1000     0    128        128     0
        FREE / [ALLOCATED]
        [ff38db0cd22b1000]
        [ff38db0cd22b1020]
      """
    #expect(commands(Self.session + slab).contains("rd ff38db0cd22b1020 4"))
  }
}
