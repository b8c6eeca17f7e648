import ByteKit
import KernelImage
import Memory

/// The pages of one slab, each fetched from the dump when it is first looked at.
struct SlabContents {
  private let kernel: Kernel
  private let slab: SurveyedSlab
  private let start: VirtualAddress
  private var pages: [Bytes?]
  private let watcher: (any FieldWatcher)?

  /// Prepares to read a slab.
  init(_ slab: SurveyedSlab, in kernel: Kernel) {
    self.kernel = kernel
    self.slab = slab
    start = kernel.pages.address(of: slab.frame)
    pages = Array(repeating: nil, count: Int(slab.pages))
    watcher = kernel.physical as? any FieldWatcher
  }

  /// The word at an address of the slab, which no word of a slab crosses pages at.
  ///
  /// Throws `Absence` when its page is absent, and `.hole` outside of the slab's pages.
  mutating func word(at address: VirtualAddress) throws(Absence) -> UInt64 {
    let pageSize = kernel.pages.pageSize
    let number = address.offset(from: start) >> UInt64(pageSize.shift)
    guard number < UInt64(pages.count) else { throw .hole }
    let page: Bytes
    if let known = pages[Int(number)] {
      page = known
    } else {
      page = try kernel.physical.page(PageFrame(slab.frame.rawValue + number))
      pages[Int(number)] = page
    }
    guard let word = page.load(UInt64.self, at: pageSize.offset(of: address)) else { throw .hole }
    return word
  }

  /// Tells the dump's memory, if it wants to know it, as what the word at an address was read.
  func note(_ use: FieldUse, at address: VirtualAddress) {
    guard let watcher else { return }
    let first = kernel.pages.pageSize.address(of: slab.frame)
    watcher.note(use, at: first.advanced(by: address.offset(from: start)), count: 8)
  }
}
