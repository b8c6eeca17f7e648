import ByteKit
import Codecs
import Foundation
import Testing

/// Files that the tools of each format wrote: `printf 'a line of text\n%.0s' {1..40} | TOOL`.
@Suite struct FileCodecTests {
  private static let text = String(repeating: "a line of text\n", count: 40)

  private static let files: [(codec: FileCodec, base64: String)] = [
    (
      .gzip,
      "H4sIAAAAAAACA0tUyMnMS1XIT1MoSa0o4Uoc5Y5yqcEFAKGTrBtYAgAA"
    ),
    (
      .xz,
      "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AJXABpdADCICYbUH0W4I4/00jj9L689ePIdWk9BhoAA"
        + "AAAAJLqBg6fV+awAATbYBAAAAKKTkSexxGf7AgAAAAAEWVo="
    ),
    (
      .zstd,
      "KLUv/QRotQAAeGEgbGluZSBvZiB0ZXh0CgEARqSadSdB2/M="
    ),
  ]

  private func file(_ base64: String) throws -> Bytes {
    Bytes(Array(try #require(Data(base64Encoded: base64))))
  }

  @Test(arguments: files)
  func decompressesWhatItsToolWrote(codec: FileCodec, base64: String) throws {
    let file = try file(base64)
    #expect(FileCodec(magicOf: file) == codec)
    let result = try codec.decompress(file, limit: 1 << 20)
    #expect(result.end == .complete)
    #expect(result.bytes.string(at: 0) == Self.text)
  }

  @Test(arguments: files)
  func joinsFilesThatWerePutOneBehindTheOther(codec: FileCodec, base64: String) throws {
    let once = try file(base64).array
    let result = try codec.decompress(Bytes(once + once), limit: 1 << 20)
    #expect(result.bytes.count == 2 * Self.text.utf8.count)
    #expect(result.end == .complete)
  }

  @Test(arguments: files)
  func givesNoMoreThanTheLimit(codec: FileCodec, base64: String) throws {
    let result = try codec.decompress(try file(base64), limit: 20)
    #expect(result.bytes.string(at: 0) == "a line of text\na lin")
    #expect(result.end == .limit)
  }

  @Test(arguments: files)
  func endsWhereAFileIsCutOff(codec: FileCodec, base64: String) throws {
    let whole = try file(base64).array
    for count in 0..<whole.count {
      let result = try codec.decompress(Bytes(Array(whole[..<count])), limit: 1 << 20)
      #expect(result.bytes.count <= Self.text.utf8.count)
      #expect(result.end == .damaged || result.bytes.count == Self.text.utf8.count || count == 0)
      #expect(Self.text.hasPrefix(result.bytes.string(at: 0) ?? "?"))
    }
  }

  @Test func otherFilesHaveNoCodec() {
    #expect(FileCodec(magicOf: Bytes(Array("crash> kmem -s".utf8))) == nil)
    #expect(FileCodec(magicOf: .empty) == nil)
  }
}
