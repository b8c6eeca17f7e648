internal import DebugInfo
internal import Evidence
internal import Memory

/// Words of memory as they stand in the dump, with what each is.
struct MemoryWords: Sendable {
  /// One word, or why it cannot be read.
  struct Word: Sendable {
    let offset: Int
    let address: VirtualAddress
    let contents: Result<UInt64, Absence>
    /// The member of a structure that the word belongs to.
    let member: String?
    let meaning: String?
  }

  let start: VirtualAddress
  let words: [Word]

  /// No object is shown beyond this size, the largest that a kernel usually takes from a slab.
  private static let mostBytes = 8192

  /// No words, where none are of interest.
  init(at start: VirtualAddress) {
    self.start = start
    words = []
  }

  /// Reads the words from an address on; `structure` begins there, too.
  init(from start: VirtualAddress, bytes: Int, structure: Structure?, in subject: Subject) {
    self.start = start
    let bytes = min(max(bytes, 8), Self.mostBytes)
    let meaning = WordMeaning(subject, from: start, bytes: bytes)
    words = stride(from: 0, to: bytes, by: 8).map { offset in
      let address = start.advanced(by: offset)
      let contents: Result<UInt64, Absence>
      do throws(Absence) {
        contents = .success(try subject.memory.load(UInt64.self, at: address))
      } catch {
        contents = .failure(error)
      }
      let value = try? contents.get()
      return Word(
        offset: offset, address: address, contents: contents, member: structure?.path(at: offset),
        meaning: value.flatMap { meaning.words(for: $0) })
    }
  }

  /// Why nothing at all can be read, or nil when something can.
  var absence: Absence? {
    var first: Absence?
    for word in words {
      guard case .failure(let absence) = word.contents else { return nil }
      first = first ?? absence
    }
    return first
  }
}
