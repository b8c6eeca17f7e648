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
    return Redactor(kernel.subject, names: ["virtio_net"])
  }

  private func redacted(_ words: [UInt64], fields: [Int] = []) throws -> [UInt64] {
    var mask = WordMask(words: 512)
    for field in fields { mask[field] = true }
    let page = try redactor.page(PageFrame(16), of: page(words), fields: mask)
    return words.indices.compactMap { page.load(UInt64.self, at: $0 * 8) }
  }

  @Test("text is replaced by as much text, and the same by the same")
  func text() throws {
    let secret = word("password")
    let new = try redacted([secret, 0, secret, word("passw0rd"), word("abc"), word("nginx")])
    #expect(new[0] != secret && new[1] == 0)
    #expect(new[0] == new[2] && new[0] != new[3])
    for byte in 0..<8 {
      #expect(TextRun.isPrintable(UInt8(truncatingIfNeeded: new[0] >> UInt64(byte * 8))))
    }
    #expect(new[4] == word("abc"))
    #expect(new[5] != word("nginx") && new[5] >> 40 == 0)
  }

  @Test("pointers, small numbers and marks stay, other data does not")
  func words() throws {
    let stay: [UInt64] = [
      SubjectBuilder.directMap.rawValue + 0x10_0000, SubjectBuilder.directMap.rawValue + 0x10_0008,
      7, 0x1234_5678, 0x0000_0003_0000_0010, 0xffff_ffff_c465_3600, 0xdead_0000_0000_0100,
      UInt64.max,
    ]
    #expect(try redacted(stay) == stay)
    let data: [UInt64] = [0x0a01_a8c0_0b01_a8c0, 0x9e37_79b9_7f4a_7c15]
    let new = try redacted(data)
    #expect(new[0] != data[0] && new[1] != data[1])
  }

  @Test("what was read as a value stays, unless it is text")
  func fields() throws {
    let data: UInt64 = 0x9e37_79b9_7f4a_7c15
    let words = [data, word("session-"), word("key=1234"), 0, word("secret")]
    let new = try redacted(words, fields: [0, 1, 2, 4])
    #expect(new[0] == data)
    let kept = zip(words[1...], new[1...]).filter { $0 == $1 && $0 != 0 }
    #expect(kept.isEmpty)
  }

  @Test("names stay, also where something printable stands before them")
  func names() throws {
    let name = [word("kmalloc-"), word("cg-32")]
    #expect(try redacted(name) == name)
    let behind = try redacted([word("leftover")] + name)
    #expect(Array(behind[1...]) == name && behind[0] != word("leftover"))
    #expect(try redacted([word("virtio_n"), word("et")])[1] == word("et"))
    #expect(try redacted([word("virtio_n"), word("etwork")])[0] != word("virtio_n"))
  }
}
