import Analysis
import ByteKit
import DumpFiles
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Trimming

@Suite("Redaction")
struct RedactorTests {
  private static let start = VirtualAddress(0xffff_8880_0001_0000)

  /// A page with these words at its start.
  private func page(_ words: [UInt64]) -> PhysicalImage {
    var image = PhysicalImage()
    for (index, word) in words.enumerated() {
      image.write(word, at: PhysicalAddress(UInt64(0x1_0000 + index * 8)))
    }
    return image
  }

  private func word(_ text: String) -> UInt64 {
    text.utf8.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64($1.offset * 8) }
  }

  private var redactor: Redactor {
    var kernel = SubjectBuilder()
    let cache = kernel.cache("kmalloc-cg-32", objectSize: 32)
    kernel.object(in: cache, [1, 2, 3, 4])
    return Redactor(kernel.subject, directMapBase: SubjectBuilder.directMap)
  }

  /// The words of a page at its start once it is redacted; `use` says how parts of it were read.
  private func redacted(
    _ words: [UInt64], _ uses: [(use: FieldUse, bytes: Range<Int>)] = []
  ) throws -> [UInt64] {
    var fields = PageFields(pageSize: 4096)
    for (use, bytes) in uses { fields.note(use, bytes) }
    let page = try redactor.page(PageFrame(16), of: page(words), fields: fields)
    return words.indices.compactMap { page.load(UInt64.self, at: $0 * 8) }
  }

  private func bytes(_ words: [UInt64]) -> [UInt8] {
    words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } }
  }

  @Test("text is replaced by as much text, and the same by the same")
  func text() throws {
    let secret = word("password")
    let new = try redacted([secret, 0, secret, word("passw0rd"), 0, word("lo"), word("nginx")])
    #expect(new[0] != secret && new[1] == 0)
    #expect(new[0] == new[2] && new[0] != new[3])
    for byte in 0..<8 {
      #expect(TextRun.isPrintable(UInt8(truncatingIfNeeded: new[0] >> UInt64(byte * 8))))
    }
    #expect(new[5] == word("lo"))
    #expect(new[6] != word("nginx") && new[6] >> 40 == 0)
  }

  @Test("pointers, small numbers and marks stay, other data does not")
  func words() throws {
    let stay: [UInt64] = [
      SubjectBuilder.directMap.rawValue + 0x10_0000, SubjectBuilder.directMap.rawValue + 0x10_0008,
      7, 0x0000_0003_0000_0010, 0xffff_ffff_fff5_3600, 0xdead_0000_0000_0100,
      UInt64.max,
    ]
    #expect(try redacted(stay) == stay)
    // Addresses of IPv4, a random number, and eth0.
    let data: [UInt64] = [0x0a01_a8c0_0b01_a8c0, 0x9e37_79b9_7f4a_7c15, 0x0101_a8c0, word("eth0")]
    #expect(zip(try redacted(data), data).allSatisfy { $0 != $1 })
  }

  @Test("what was read as a value stays, unless it is text")
  func fields() throws {
    let data: UInt64 = 0x9e37_79b9_7f4a_7c15
    let words = [data, word("session-"), word("key=1234"), 0, word("secret")]
    let new = try redacted(words, [(.value, 0..<24), (.value, 32..<40)])
    #expect(new[0] == data)
    let kept = zip(words[1...], new[1...]).filter { $0 == $1 && $0 != 0 }
    #expect(kept.isEmpty)
  }

  @Test("names stay, also of a cache where something printable stands before them")
  func names() throws {
    let name = [word("kmalloc-"), word("cg-32")]
    #expect(try redacted(name) == name)
    let behind = try redacted([word("leftover")] + name, [(.name, 8..<21)])
    #expect(Array(behind[1...]) == name && behind[0] != word("leftover"))
    #expect(try redacted([word("kmalloc-"), word("cg-32b")])[0] != word("kmalloc-"))
  }

  @Test("white space separates names, and no part of a line stays")
  func whiteSpace() throws {
    let line = [word("abc\tdef\n"), word("kmalloc-"), word("cg-32\txy")]
    let new = try redacted(line)
    #expect(bytes(new)[8..<21] == bytes(line)[8..<21])
    #expect(new[0] != line[0] && !bytes(new).contains { TextRun.isSpace($0) })
    #expect(new[2] >> 40 != line[2] >> 40)
  }

  @Test("the end of a text becomes the same whatever lies behind it")
  func endOfText() throws {
    let end = word("y=3;")
    let garbage: UInt64 = 0xc3_9e37_79b9
    let new = try redacted([word("session-"), end, 0, word("session-"), end | garbage << 40])
    #expect(new[0] == new[3] && new[1] != end)
    #expect(new[1] == new[4] & 0xffff_ffff)
  }

  @Test("a name that the analysis has to know again is no text, and only where it is such a name")
  func knownNames() throws {
    let names = [word("devtmpfs"), 0, word(".rodata"), word("devtmpfs")]
    // tmpfs is the end of devtmpfs.
    let new = try redacted(names, [(.name, 0..<8), (.name, 3..<8), (.name, 16..<23)])
    #expect(zip(bytes(names), bytes(new)).prefix(24).allSatisfy { $0 == $1 & 0x7f })
    for characters in [bytes(new)[0..<3], bytes(new)[16..<23]] {
      #expect(characters.allSatisfy { $0 >= 0x80 })
    }
    #expect(bytes(new)[24..<32].allSatisfy { $0 < 0x80 } && new[3] != names[3])
  }

  @Test("a value stays where a text happens to go on into it")
  func valueBehindText() throws {
    let words = [word("ninechar"), 0x23c50]
    let new = try redacted(words, [(.value, 8..<16)])
    #expect(new[0] != words[0] && new[1] == words[1])
  }

  @Test("pointers of a hardened free list lead to where they led, and none reads as text")
  func freeList() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = seed
    var words: [UInt64] = []
    var next = SubjectBuilder.directMap.rawValue &+ 0x2_0000_0040
    for number in 0..<400 {
      random = random &* 0x5851_f42d_4c95_7f2d &+ 1
      let place = SubjectBuilder.directMap.rawValue &+ random >> 30 & ~7
      let pointer = number % 10 == 0 ? 0 : place & ~0xfff &+ next & 0xff8
      words.append(pointer ^ seed ^ place.byteSwapped)
      next = next &+ 0x40
    }
    let new = try redacted(
      words + [seed], [(.mixed(with: seed), 0..<words.count * 8 + 8), (.value, 0..<64)])
    let other = try #require(new.last)
    #expect(other != seed, "\(seed)")
    for (old, new) in zip(words, new) {
      #expect(old ^ seed == new ^ other, "\(seed)")
      #expect(
        TextRun.all(in: bytes([new]) + [0], atLeast: 6).allSatisfy { $0.count < 6 }, "\(seed)")
    }
  }

  @Test("free slots of SLAB are the same ones in another order")
  func freeSlots() throws {
    let words = [word("'()*+,-."), word("/0123456")]
    let new = try redacted(words, [(.unordered(size: 1), 2..<14)])
    let kept = zip(bytes(new), bytes(words)).filter { $0 == $1 }
    #expect(bytes(new)[2..<14].sorted() == bytes(words)[2..<14].sorted())
    #expect(kept.count < 6)
  }

  @Test("an internet address becomes the same other one, and its zeros stay")
  func shown() throws {
    let address: UInt64 = 0x0a01_a8c0
    let new = try redacted(
      [address, address << 32 | 7], [(.shown, 0..<4), (.value, 8..<16), (.shown, 12..<16)])
    #expect(new[0] != address && new[0] == new[1] >> 32 && new[1] & 0xffff_ffff == 7)
    #expect(try redacted([0x0100_007f], [(.shown, 0..<4)])[0] & 0x00ff_ff00 == 0)
  }

  @Test("poison that reads as text is poison that does not")
  func poison() throws {
    let classifier = WordClassifier(SubjectBuilder().subject)
    for old in [0x6b6b_6b6b_6b6b_6b6b, 0x5a5a_5a5a_5a5a_5a5a, 0xa56b_6b6b_6b6b_6b6b] as [UInt64] {
      let new = try #require(try redacted([old]).first)
      #expect(new == old | 0x8080_8080_8080_8080)
      #expect(classifier.classify(new) == classifier.classify(old))
    }
  }

  @Test("text that crosses pages is replaced in both, and a value beside it is not")
  func pageEnds() throws {
    var image = PhysicalImage()
    let before = PhysicalAddress(0x1_0ff8)
    image.write(word("abcdefgh"), at: before)
    image.write(word("ij") | 0x7f_0000, at: before.advanced(by: 8))
    let redactor = redactor
    var fields = PageFields(pageSize: 4096)
    fields.note(.value, 0..<8)
    let first = try redactor.page(PageFrame(16), of: image, fields: nil)
    #expect(first.load(UInt64.self, at: 4088) != word("abcdefgh"))
    let value = try redactor.page(PageFrame(17), of: image, fields: fields)
    #expect(value.load(UInt64.self, at: 0) == word("ij") | 0x7f_0000)
    let text = try redactor.page(PageFrame(17), of: image, fields: nil)
    #expect(text.load(UInt64.self, at: 0).map { $0 & 0xffff } != word("ij"))
  }
}
