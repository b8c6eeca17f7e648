import Analysis
import ByteKit
public import Evidence
public import Memory

/// Replaces text and data in pages and leaves symbols, pointers, small numbers, names of kernel
/// things, and what analyses read as values.
///
/// A word is replaced by a hash of it under a key that nobody keeps: equal words stay equal, zeros
/// stay zeros, printable bytes stay printable and all others what they are.
public struct Redactor: Sendable {
  private let words: WordReplacement
  private let names: KernelNames
  private let mixing: MixingNumbers
  private let hash = KeyedHash()

  /// The shortest run of printable characters that counts as text.
  static let shortestText = 6

  /// Takes what is known of a kernel, and where its direct map begins.
  public init(_ subject: Subject, directMapBase: VirtualAddress? = nil) {
    words = WordReplacement(WordClassifier(subject), hash: hash)
    names = KernelNames(subject)
    mixing = MixingNumbers(hash, directMapBase: directMapBase)
  }

  /// The page that `memory` has at `frame` with everything replaced that is to be.
  ///
  /// `fields` tells what of it was read. Throws `Absence` when the page is not there.
  func page(
    _ frame: PageFrame, of memory: any PhysicalMemory, fields: PageFields?
  ) throws(Absence) -> Bytes {
    var page = RedactedPage(try memory.page(frame).array)
    let fields = fields ?? PageFields(pageSize: page.old.count)
    for word in 0..<page.words where !fields.values[word] {
      if let new = words.replacement(ofWordAt: word * 8, of: page.old) { page.write(new, at: word) }
    }
    for value in fields.shown {
      page.settle(words.replacement(ofValue: page.old[value]), value)
    }
    mix(fields, &page)
    for run in fields.unordered { shuffle(run, frame, &page) }
    keepNames(fields, &page)
    for run in TextRun.all(in: page.old, atLeast: 2) {
      replaceText(run, of: frame, in: memory, fields, &page)
    }
    return Bytes(page.new)
  }

  /// Writes the pointers of free lists in another way.
  private func mix(_ fields: PageFields, _ page: inout RedactedPage) {
    for (number, mask) in fields.mixed {
      for word in 0..<page.words where mask[word] {
        let new = mixing.replacement(of: page.word(word), with: number)
        page.settle(
          (0..<8).map { UInt8(truncatingIfNeeded: new >> ($0 * 8)) }, word * 8..<word * 8 + 8)
      }
    }
  }

  /// Puts numbers in another order.
  private func shuffle(_ run: PageFields.Run, _ frame: PageFrame, _ page: inout RedactedPage) {
    let bytes = Array(page.old[run.bytes])
    var starts = Array(stride(from: 0, to: bytes.count - run.size + 1, by: run.size))
    var numbers = hash.numbers(of: frame.rawValue << 16 | UInt64(run.bytes.lowerBound))
    starts.shuffle(using: &numbers)
    page.settle(starts.flatMap { bytes[$0..<$0 + run.size] }, run.bytes)
  }

  /// Keeps the names of caches that were read; the others that an analysis has to know, of file
  /// systems and of sections, and those of which a part is elsewhere, get the top bits of their
  /// characters set.
  private func keepNames(_ fields: PageFields, _ page: inout RedactedPage) {
    for name in fields.names {
      let characters = page.old[name]
      if name.count < Self.shortestText || names.isName(characters) {
        page.keep(name)
      } else {
        page.settle(characters.map { $0 | 0x80 }, name)
      }
    }
  }

  /// Keeps the names in a run of printable characters and replaces the rest.
  private func replaceText(
    _ run: Range<Int>, of frame: PageFrame, in memory: any PhysicalMemory, _ fields: PageFields,
    _ page: inout RedactedPage
  ) {
    if run.count < Self.shortestText, names.hasShort(page.old[run]) {
      page.keep(run)
      return
    }
    let isAtEnd = run.lowerBound == 0 || run.upperBound == page.old.count
    guard run.count >= Self.shortestText || isAtEnd else { return }
    // A name may go on in the next page, or come from the one before.
    let text = WholeText(run, of: frame, in: memory, page: page.old)
    guard text.count >= Self.shortestText else { return }
    for part in text.parts where part.count >= Self.shortestText && names.isName(part) {
      page.keep(text.place(of: part.indices))
    }
    breakUp(run, fields, &page)
  }

  /// Replaces the characters of a run, but for a few of values where others are enough.
  private func breakUp(_ run: Range<Int>, _ fields: PageFields, _ page: inout RedactedPage) {
    var rest = run
    while let first = rest.first {
      let isValue = fields.values[first / 8]
      let part = first..<(rest.first { fields.values[$0 / 8] != isValue } ?? rest.upperBound)
      if !isValue || part.count >= Self.shortestText { replace(part, of: run, fields, &page) }
      rest = part.upperBound..<run.upperBound
    }
    if run.count >= Self.shortestText, page.isAsItWas(run) { replace(run, of: run, fields, &page) }
  }

  private func replace(
    _ part: Range<Int>, of run: Range<Int>, _ fields: PageFields, _ page: inout RedactedPage
  ) {
    for offset in part where page.isOpen(offset) && isReplaceable(offset, in: run, fields, page) {
      let new = words.replacement(ofByte: offset, of: page.old)
      // Beside what stays, one character could by chance make what stands somewhere else.
      let isBorder =
        offset == part.lowerBound && part.lowerBound > run.lowerBound
        || offset + 1 == part.upperBound && part.upperBound < run.upperBound
      page.write(isBorder ? new | 0x80 : new, at: offset)
    }
  }

  /// Whether a character may be replaced whatever its word is.
  private func isReplaceable(
    _ offset: Int, in run: Range<Int>, _ fields: PageFields, _ page: RedactedPage
  ) -> Bool {
    let isValue = fields.values[offset / 8]
    // The lower bytes of an address may be printable.
    if words.isAddress(at: offset / 8 * 8, of: page.old),
      isValue || !words.isRatherText(page.word(offset / 8))
    {
      return false
    }
    // The last character in code may be a prefix of the instruction that comes next; text ends with
    // a NUL.
    let isLast = offset == run.upperBound - 1 && offset + 1 < page.old.count
    return !isValue || !isLast || page.old[offset + 1] == 0
  }
}
