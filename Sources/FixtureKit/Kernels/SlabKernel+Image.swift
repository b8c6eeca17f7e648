import DebugInfo
public import KernelImage
public import Memory

extension SlabKernel {
  /// Where the kernel's own functions are.
  var text: VirtualAddress { VirtualAddress(0xffff_ffff_8100_0000) }

  /// Where the clock that counts timer ticks is.
  var clock: VirtualAddress { directMap.advanced(by: Self.clockPlace.rawValue) }

  /// Where that lies in memory: between the CPUs' areas and the slabs.
  static let clockPlace = PhysicalAddress(0xa0000)

  /// Where page frame 0 is mapped.
  var directMap: VirtualAddress {
    VirtualAddress(machine == .x86_64 ? 0xffff_8880_0000_0000 : 0xffff_0000_0000_0000)
  }

  /// Where the page structures are mapped.
  var vmemmap: VirtualAddress {
    VirtualAddress(machine == .x86_64 ? 0xffff_ea00_0000_0000 : 0xffff_fc00_0000_0000)
  }

  /// Where the page structures lie in memory.
  static let vmemmapStart = PhysicalAddress(0x1000)

  /// The address of an object in a slot of a slab.
  public func object(_ slot: Int, of slab: Int) -> VirtualAddress {
    let slab = slabs[slab]
    let cache = caches[slab.cache]
    let start = directMap.advanced(by: slab.frame << 12)
    let first = era.isSLUB ? 0 : onSlabBytes(slab) + slab.colour
    let lead = debugUsers == 0 ? 0 : cache.lead
    return start.advanced(by: first + lead + slot * cache.slotSize)
  }

  /// The page frame of an object in KFENCE's pool.
  func guardedFrame(_ number: Int) -> UInt64 { (poolFrame ?? 0) + UInt64(number + 1) * 2 }

  /// The address of an object in KFENCE's pool.
  func guardedObject(_ number: Int) -> VirtualAddress {
    let object = guarded[number]
    let offset = object.isAtEnd ? 4096 - caches[object.cache].objectSize : 0
    return directMap.advanced(by: guardedFrame(number) << 12).advanced(by: offset)
  }

  /// SLAB: the bytes of the freelist in front of the first object.
  private func onSlabBytes(_ slab: Slab) -> Int {
    caches[slab.cache].isOffSlab ? 0 : (slab.slots + 7) / 8 * 8
  }

  /// Where the `struct page` of a slab's first page lies in memory, 64 bytes of it.
  public func structPage(of slab: Int) -> PhysicalAddress {
    Self.vmemmapStart.advanced(by: slabs[slab].frame * 64)
  }

  /// The page frame of a page of a slab.
  public func frame(of slab: Int, page: Int = 0) -> PageFrame {
    PageFrame(slabs[slab].frame + UInt64(page))
  }

  private var shape: PageTableShape? {
    machine == .x86_64
      ? .x86_64(hasFiveLevels: false) : .arm64(pageSize: .kib4, virtualBits: 48)
  }

  /// The machine's memory with the kernel in it, and the kernel opened.
  ///
  /// Some words of the memory may be overwritten before that.
  public func kernel(overwriting words: [PhysicalAddress: UInt64] = [:]) -> Kernel {
    let types = era.types(isHardened: hardening != .none, text: text, clock: clock)
    var writer = SlabKernelWriter(self, types: types)
    let root = records.areas.isEmpty ? nil : writer.writePageTables()
    for (address, word) in words { writer.image.write(word, at: address) }
    var lost: [PageFrame: Absence] = [:]
    for (number, slab) in slabs.enumerated() {
      if case .lostPage(let page) = slab.damage { lost[frame(of: number, page: page)] = .excluded }
    }
    for frame in lostFrames { lost[PageFrame(frame)] = .excluded }
    for frame in lostStructPages {
      lost[PageFrame((Self.vmemmapStart.rawValue + frame * 64) >> 12)] = .lost
    }
    let memory = LossyMemory(writer.image, without: lost)
    let end = directMap.advanced(by: frameCount << 12)
    let maps = [
      LinearMap(range: directMap..<end, start: PhysicalAddress(0)),
      LinearMap(
        range: vmemmap..<vmemmap.advanced(by: frameCount * 64), start: Self.vmemmapStart),
    ]
    return Kernel(
      machine: machine, release: "\(era)", physical: memory,
      memory: LinearMemory(memory, maps: maps),
      pages: PageMap(
        pageSize: .kib4, structSize: 64, structBase: vmemmap, directMapBase: directMap,
        ranges: [PageFrame(0)..<PageFrame(frameCount)]),
      perCPU: PerCPU(possible: Array(0..<cpus), offsets: writer.perCPUOffsets),
      symbols: SymbolTable(writer.symbols), types: types,
      regions: [AddressRegion(.vmalloc, vmalloc..<vmalloc.advanced(by: UInt64(1) << 30))],
      tables: root.flatMap { root in
        shape.map { PageTables(physical: memory, shape: $0, root: root) }
      })
  }
}
