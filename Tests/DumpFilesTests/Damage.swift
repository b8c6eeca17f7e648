import ByteKit
import DumpFiles
import Testing

extension Bytes {
  /// The bytes with an integer written over some of them.
  func with<Word: FixedWidthInteger>(_ word: Word, at offset: Int) -> Bytes {
    var bytes = array
    for index in 0..<(Word.bitWidth / 8) {
      bytes[offset + index] = UInt8(truncatingIfNeeded: word >> Word(index * 8))
    }
    return Bytes(bytes)
  }
}

/// Expects a file to be refused with a sentence that says this.
func expectSentence<Result>(
  _ words: String, sourceLocation: SourceLocation = #_sourceLocation, _ open: () throws -> Result
) {
  do {
    _ = try open()
    Issue.record("It was opened.", sourceLocation: sourceLocation)
  } catch let failure as DumpFailure {
    let sentence = failure.sentence
    #expect(sentence.contains(words), "\(sentence)", sourceLocation: sourceLocation)
    #expect(sentence.hasSuffix("."), sourceLocation: sourceLocation)
  } catch {
    Issue.record("Not a DumpFailure: \(error)", sourceLocation: sourceLocation)
  }
}
