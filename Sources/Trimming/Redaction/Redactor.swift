import Analysis
import ByteKit
public import Evidence
import Memory

/// Replaces text and data in pages and leaves symbols, pointers, small numbers, names of kernel
/// things, and what analyses read as values.
///
/// A word is replaced by a hash of it under a key that nobody keeps: equal words stay equal, zeros
/// stay zeros, printable bytes stay printable and all others what they are.
public struct Redactor: Sendable {
  private let words: WordReplacement
  private let names: KernelNames

  /// The shortest run of printable characters that counts as text.
  static let shortestText = 6

  /// Takes what is known of a kernel; `names` are kept beside those of symbols, caches and modules.
  public init(_ subject: Subject, names: [String]) {
    words = WordReplacement(WordClassifier(subject))
    self.names = KernelNames(subject, others: names)
  }

  /// The page that `memory` has at `frame` with everything replaced that is to be.
  ///
  /// `fields` are the words that were read as values. Throws `Absence` when the page is not there.
  func page(
    _ frame: PageFrame, of memory: any PhysicalMemory, fields: WordMask?
  ) throws(Absence) -> Bytes {
    let old = try memory.page(frame).array
    var new = old
    var isField = [Bool](repeating: false, count: old.count / 8)
    for word in isField.indices {
      if fields?[word] == true {
        isField[word] = true
      } else {
        words.replace(word * 8, of: old, in: &new)
      }
    }
    for run in TextRun.all(in: old, atLeast: 2) {
      if run.count < Self.shortestText, names.hasShort(old[run]) {
        new.replaceSubrange(run, with: old[run])
        continue
      }
      let isAtEnd = run.lowerBound == 0 || run.upperBound == old.count
      guard run.count >= Self.shortestText || isAtEnd else { continue }
      let text = WholeText(run, of: frame, in: memory, page: old)
      // A name may go on in the next page, or come from the one before.
      guard text.count >= Self.shortestText else { continue }
      if let name = names.range(in: text) {
        new.replaceSubrange(name, with: old[name])
        breakUp(run.lowerBound..<name.lowerBound, old, &new, isField)
      } else {
        breakUp(run, old, &new, isField)
      }
    }
    return Bytes(new)
  }

  /// Replaces what of a run was left, as values or otherwise, and is text by its length.
  private func breakUp(_ run: Range<Int>, _ old: [UInt8], _ new: inout [UInt8], _ isField: [Bool]) {
    var start = run.lowerBound
    while start < run.upperBound {
      guard new[start] == old[start] else { start += 1; continue }
      let end = (start..<run.upperBound).first { new[$0] != old[$0] } ?? run.upperBound
      if end - start >= Self.shortestText { replace(start..<end, old, &new, isField) }
      start = end
    }
  }

  private func replace(
    _ part: Range<Int>, _ old: [UInt8], _ new: inout [UInt8], _ isField: [Bool]
  ) {
    for offset in part {
      // The lower bytes of an address may be printable.
      let word = offset / 8
      guard !words.isAddress(at: word * 8, of: old) else { continue }
      // The last character in code may be a prefix of the instruction that comes next; text ends
      // with a NUL.
      if offset == part.upperBound - 1, offset + 1 < old.count, old[offset + 1] != 0,
        isField[word]
      {
        continue
      }
      new[offset] = words.replacement(ofByte: offset, of: old)
    }
  }
}
