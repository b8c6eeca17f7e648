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
    /// It is the first of a block that the kernel has; the others are held by nobody.
    case block(order: Int)
    /// It is the first of a block whose other pages say that they are none of their own.
    case compound(order: Int)
    /// It is the first of such a block, for an object of `kmalloc`, if the kernel marks these.
    case largeObject(order: Int)
    /// A page table.
    case pageTable
    /// The hypervisor has it.
    case offline
    /// The hardware says that it is broken.
    case poisoned
    /// A page pool of a network driver has it: since v5.14.
    case pagePool
    /// It is a part of a file of this kind of file system, or shared by processes.
    case file(fileSystem: String, isShared: Bool)
    /// It says that it is a part of a file, but what it says leads nowhere.
    case strayFile
  }

  /// A page frame of the kernel's own that nothing of this kernel lies in; there are 32 of them.
  public static func spareFrame(_ number: UInt64) -> UInt64 { 208 + number }

  /// The address of a byte of a page frame.
  public func address(_ offset: Int, inFrame frame: UInt64) -> VirtualAddress {
    directMap.advanced(by: frame << 12).advanced(by: offset)
  }

  /// Says in a page frame's `struct page` what it is used for.
  public mutating func setUse(ofFrame frame: UInt64, to use: PageUse) { pageUses[frame] = use }

  /// Leaves a page frame out of the dump.
  public mutating func loseFrame(_ frame: UInt64) { lostFrames.insert(frame) }

  /// Leaves the `struct page` of a page frame and of its neighbours out of the dump.
  public mutating func loseStructPage(ofFrame frame: UInt64) { lostStructPages.insert(frame) }

  /// Writes a word over what is there.
  public mutating func write(_ word: UInt64, at address: VirtualAddress) {
    words.append((word, address))
  }
}

extension SlabKernelWriter {
  /// Writes what page frames are used for, and the words that a test wants somewhere.
  mutating func writePageUses() {
    for (frame, use) in kernel.pageUses.sorted(by: { $0.key < $1.key }) {
      let page = structPage(ofFrame: frame)
      set("page", at: page, "_refcount", 1)
      set("page", at: page, "page_type", 0xffff_ffff)
      write(use, at: page)
    }
    for (word, address) in kernel.words {
      image.write(word, at: PhysicalAddress(address.offset(from: kernel.directMap)))
    }
  }

  private mutating func write(_ use: SlabKernel.PageUse, at page: PhysicalAddress) {
    let type = kernel.era.pageTypes
    switch use {
    case .kernel, .block: break
    case .reserved: set("page", at: page, "flags", 1 << 12)
    case .listed: set("page", at: page, "flags", 1 << 4)
    case .anonymous: set("page", at: page, "mapping", kernel.directMap.rawValue | 0x4_0001)
    case .free(let order):
      set("page", at: page, "_refcount", 0)
      set("page", at: page, "private", UInt64(order))
      set("page", at: page, "page_type", type.free)
    case .compound(let order): writeCompound(page, order: order)
    case .largeObject(let order):
      writeCompound(page, order: order)
      if let large = type.largeObject { set("page", at: page, "page_type", large) }
    case .pageTable: set("page", at: page, "page_type", type.table)
    case .offline: set("page", at: page, "page_type", type.offline)
    case .poisoned: set("page", at: page, "flags", 1 << 23)
    case .pagePool:
      set("page", at: page, "pp_magic", 0xdead_0000_0000_0040)
      set("page", at: page, "pp", kernel.directMap.rawValue | 0x5_0000)
    case .file(let fileSystem, let isShared):
      let mapping = writeFile(in: fileSystem)
      set("page", at: page, "mapping", pointer(mapping))
      if isShared { set("page", at: page, "flags", 1 << 19) }
    case .strayFile: set("page", at: page, "mapping", kernel.directMap.rawValue | 0x12_3400)
    }
  }

  private mutating func writeCompound(_ page: PhysicalAddress, order: Int) {
    set("page", at: page, "flags", kernel.era.headFlag)
    for tail in 0..<(UInt64(1) << UInt64(order)) where tail > 0 {
      image.write(pointer(page) | 1, at: page.advanced(by: tail * 64 + 8))
    }
  }
}

extension SlabEra {
  /// The values of a page's type.
  fileprivate var pageTypes: (free: UInt64, table: UInt64, offline: UInt64, largeObject: UInt64?) {
    switch mark {
    // Macros: a bit that is clear. Bit 9 was another type's until v5.11.
    case .flag: (0xffff_ff7f, hasStructSlab ? 0xffff_fdff : 0xffff_fbff, 0xffff_feff, nil)
    case .typeBit: (0xbfff_ffff, 0xefff_ffff, 0xdfff_ffff, nil)
    case .typeByte:
      (0xf000_0000, 0xf200_0000, 0xf100_0000, sheaves == .none ? nil : 0xf800_0002)
    }
  }

  /// `PG_head`.
  fileprivate var headFlag: UInt64 { mark == .flag ? 1 << 16 : 1 << 6 }
}
