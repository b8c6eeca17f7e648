public import Memory

extension SlabKernel {
  /// What a page frame that is in no slab is used for.
  public enum PageUse: Hashable, Sendable {
    /// The kernel has it from the page allocator.
    case kernel
    /// The kernel had it before there was a page allocator.
    case reserved
    /// It is on one of the lists of pages of processes and files.
    case listed
    /// A process has it, but it is not on such a list yet.
    case anonymous
    /// It is the first of a free block of two to the power of `order` pages.
    case free(order: Int)
  }

  /// A page frame of the kernel's own that nothing of this kernel lies in; there are 16 of them.
  public static func spareFrame(_ number: UInt64) -> UInt64 { 208 + number }

  /// The address of a byte of a page frame.
  public func address(_ offset: Int, inFrame frame: UInt64) -> VirtualAddress {
    directMap.advanced(by: frame << 12).advanced(by: offset)
  }

  /// Says in a page frame's `struct page` what it is used for.
  public mutating func setUse(ofFrame frame: UInt64, to use: PageUse) { pageUses[frame] = use }

  /// Leaves a page frame out of the dump.
  public mutating func loseFrame(_ frame: UInt64) { lostFrames.insert(frame) }

  /// Writes a word over what is there.
  public mutating func write(_ word: UInt64, at address: VirtualAddress) {
    words.append((word, address))
  }
}

extension SlabKernelWriter {
  /// Writes what page frames are used for, and the words that a test wants somewhere.
  mutating func writePageUses() {
    for (frame, use) in kernel.pageUses {
      let page = SlabKernel.vmemmapStart.advanced(by: frame * 64)
      set("page", at: page, "_refcount", 1)
      switch use {
      case .kernel: break
      case .reserved: set("page", at: page, "flags", 1 << 12)
      case .listed: set("page", at: page, "flags", 1 << 4)
      case .anonymous: set("page", at: page, "mapping", kernel.directMap.rawValue | 0x4_0001)
      case .free(let order):
        set("page", at: page, "_refcount", 0)
        set("page", at: page, "private", UInt64(order))
        set("page", at: page, "page_type", freeType)
      }
    }
    for (word, address) in kernel.words {
      image.write(word, at: PhysicalAddress(address.offset(from: kernel.directMap)))
    }
  }

  /// The page type of the first page of a free block.
  private var freeType: UInt64 {
    switch kernel.era.mark {
    case .flag: 0xffff_ff7f
    case .typeBit: 0xbfff_ffff
    case .typeByte: 0xf000_0000
    }
  }
}
