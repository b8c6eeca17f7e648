internal import ByteKit
public import Memory

/// The kernel's memory of an imagined machine, by virtual address: pages that were written to.
public struct FixtureMemory: VirtualMemory {
  /// The size of a page.
  public let pageSize: PageSize
  private let zeros: [UInt8]
  private var pages: [VirtualAddress: [UInt8]] = [:]
  private var masks: [VirtualAddress: WordMask] = [:]

  /// Memory without any page yet.
  public init(pageSize: PageSize = .kib4) {
    self.pageSize = pageSize
    zeros = Array(repeating: 0, count: pageSize.bytes)
  }

  /// Adds a page that holds zeros, unless it is there.
  public mutating func addPage(at address: VirtualAddress) {
    let start = pageSize.start(of: address)
    if pages[start] == nil { pages[start] = zeros }
  }

  /// Takes a page away, as a dump does that leaves it out.
  public mutating func removePage(at address: VirtualAddress) {
    pages[pageSize.start(of: address)] = nil
  }

  /// Writes words one behind the other, which may cross pages; missing pages are added as zeros.
  public mutating func write(_ words: [UInt64], at address: VirtualAddress) {
    write(words.flatMap { $0.littleEndianBytes }, at: address)
  }

  /// Writes bytes, which may cross pages; missing pages are added as zeros.
  public mutating func write(_ bytes: [UInt8], at address: VirtualAddress) {
    var done = 0
    while done < bytes.count {
      let next = address.advanced(by: done)
      let offset = pageSize.offset(of: next)
      let count = min(bytes.count - done, pageSize.bytes - offset)
      pages[pageSize.start(of: next), default: zeros].replaceSubrange(
        offset..<(offset + count), with: bytes[done..<(done + count)])
      done += count
    }
  }

  /// Makes only these words of a page known, as a session does that showed no others.
  public mutating func showOnly(_ words: Range<Int>, ofPageAt address: VirtualAddress) {
    var mask = WordMask(words: pageSize.bytes / 8)
    for word in words { mask[word] = true }
    masks[pageSize.start(of: address)] = mask
  }

  /// The page that holds an address; throws `Absence.unmapped` when there is none.
  public func page(at address: VirtualAddress) throws(Absence) -> Page {
    let start = pageSize.start(of: address)
    guard let bytes = pages[start] else { throw .unmapped }
    return Page(bytes: Bytes(bytes), known: masks[start])
  }
}
