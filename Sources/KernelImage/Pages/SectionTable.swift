import ByteKit
import DebugInfo
import Memory

/// SPARSEMEM's `mem_section`: which sections of physical memory have a memory map, and where.
///
/// Source: `include/linux/mmzone.h` and `mm/sparse.c` of Linux.
struct SectionTable: Sendable {
  /// How the sections' descriptors are reached from the symbol.
  enum Form: Hashable, Sendable {
    /// `struct mem_section **`, allocated at boot (83e3c48729d9, "mm/sparsemem: Allocate
    /// mem_section at runtime for CONFIG_SPARSEMEM_EXTREME=y", v4.15).
    case allocatedRoots
    /// `struct mem_section *[]`, before that.
    case roots
    /// `struct mem_section [][1]`, without CONFIG_SPARSEMEM_EXTREME.
    case flat
  }

  /// The part of a descriptor's `section_mem_map` that is the memory map's encoded address; the
  /// rest are flags, of which there were never more than six.
  private static let mapMask: UInt64 = ~0x3f
  /// `SECTION_HAS_MEM_MAP`.
  private static let hasMap: UInt64 = 1 << 1
  /// `SECTION_IS_EARLY`, since 326e1b8f83a4 ("mm/sparsemem: introduce a SECTION_IS_EARLY flag"), v5.3.
  private static let isEarly: UInt64 = 1 << 3
  /// `SUBSECTION_SHIFT`.
  private static let subsectionShift = 21
  /// No machine has more sections: 52 bits of physical addresses, 2 to the 27th bytes a section.
  static let mostSections = 1 << 25

  let form: Form
  let address: VirtualAddress
  /// The size of a descriptor in bytes.
  let size: Int
  /// Where `section_mem_map` is in it.
  let mapOffset: Int
  /// Where `usage` is in it, and in what that points to the map of subsections, if they are there.
  let subsections: (usage: Int, map: Int)?
  /// How many descriptors a root points to.
  let perRoot: Int
  /// How many sections there may be.
  let count: Int
  /// The base-2 logarithm of a section's pages.
  let pagesShift: Int
  let pageSize: PageSize

  /// Finds the table and how it is laid out.
  ///
  /// `sectionBits` and `physicalBits` are the kernel's `SECTION_SIZE_BITS` and `MAX_PHYSMEM_BITS`.
  /// Returns nil when the kernel has no such table (FLATMEM).
  init?(in kernel: NamedMemory, sectionBits: Int, physicalBits: Int) throws(Damage) {
    guard let symbol = kernel.symbol("mem_section") else { return nil }
    let near = ["sparse_init", "sparse_add_section", "sparse_index_init"]
    guard
      let section = kernel.types.structure("mem_section", near: near),
      let mapOffset = section.offset("section_mem_map"), section.size > mapOffset,
      section.size <= kernel.memory.pageSize.bytes
    else { throw Damage("the debug information does not describe mem_section") }
    pageSize = kernel.memory.pageSize
    guard (max(21, pageSize.shift)...40).contains(sectionBits) else {
      throw Damage("sections of memory cannot have 2^\(sectionBits) bytes")
    }
    address = symbol.address
    size = section.size
    self.mapOffset = mapOffset
    pagesShift = sectionBits - pageSize.shift
    form = Self.form(in: kernel, size: symbol.size)
    perRoot = form == .flat ? 1 : max(pageSize.bytes / size, 1)
    if let pointer = section.offset("usage"),
      let map = kernel.types.structure("mem_section_usage", near: near)?.offset("subsection_map")
    {
      subsections = (pointer, map)
    } else {
      subsections = nil
    }
    // Since c4e1be9ec113 ("mm, sparsemem: break out of loops early"), v4.13.
    let highest = kernel.integer("__highest_present_section_nr").map {
      $0.addingReportingOverflow(1)
    }
    let possible = 1 << max(0, min(physicalBits - sectionBits, 25))
    count = min(
      highest.map { $0.overflow ? Self.mostSections : Int(clamping: $0.partialValue) } ?? possible,
      Self.mostSections)
  }

  /// A variable of 8 bytes is a pointer; of a larger one, its type tells what it is an array of.
  private static func form(in kernel: NamedMemory, size: UInt64) -> Form {
    guard size != 8, let (table, id) = kernel.type(of: "mem_section") else {
      return .allocatedRoots
    }
    guard case .array(let element, _) = table[id] else { return .allocatedRoots }
    if case .pointer = table[table.resolved(element)] { return .roots }
    return .flat
  }

  /// What the table tells.
  struct Reading: Sendable {
    /// Where the `struct page` of page frame 0 would be, if any section tells.
    var structBase: VirtualAddress?
    /// The page frames that have a `struct page`.
    var ranges: [Range<PageFrame>] = []
    /// What could not be read or does not fit together.
    var damage: [Damage] = []
  }

  /// Reads the table; a part that cannot be read costs the sections of that part.
  func read(from memory: KernelMemory) -> Reading {
    var reading = Reading()
    var first = address
    if form == .allocatedRoots {
      do throws(Absence) {
        first = try memory.pointer(at: address)
      } catch {
        reading.damage.append(Damage("mem_section is \(error)", at: address))
        return reading
      }
    }
    for start in stride(from: 0, to: count, by: perRoot) {
      let place = first.advanced(by: UInt64(start / perRoot) &* (form == .flat ? UInt64(size) : 8))
      let number = min(perRoot, count - start)
      do throws(Absence) {
        let root = form == .flat ? place : try memory.pointer(at: place)
        guard root.rawValue != 0 else { continue }
        let descriptors = try memory.bytes(at: root, count: number * size)
        for index in 0..<number {
          add(start + index, descriptors, at: index * size, to: &reading, from: memory)
        }
      } catch {
        reading.damage.append(
          Damage("sections \(start) to \(start + number - 1) are \(error)", at: place))
        // A table that is absent as a whole would otherwise be told of once for every root.
        guard reading.damage.count < 64 else { break }
      }
    }
    return reading
  }

  private func add(
    _ section: Int, _ descriptors: Bytes, at offset: Int, to reading: inout Reading,
    from memory: KernelMemory
  ) {
    guard let map = descriptors.load(UInt64.self, at: offset + mapOffset), map & Self.hasMap != 0
    else { return }
    let base = VirtualAddress(map & Self.mapMask)
    if let known = reading.structBase, known != base {
      // SPARSEMEM without VMEMMAP maps each section on its own; no kernel of our machines does.
      if reading.damage.count < 64 {
        reading.damage.append(Damage("the memory map of section \(section) lies apart", at: base))
      }
      return
    }
    reading.structBase = base
    let first = UInt64(section) << UInt64(pagesShift)
    guard map & Self.isEarly == 0, let subsections,
      let usage = descriptors.load(UInt64.self, at: offset + subsections.usage)
    else {
      reading.append(first..<(first + 1 << UInt64(pagesShift)))
      return
    }
    let place = VirtualAddress(usage).advanced(by: subsections.map)
    let pages = UInt64(1) << UInt64(max(0, Self.subsectionShift - pageSize.shift))
    let bits = (1 << pagesShift) / Int(pages)
    guard let bitmap = try? memory.bytes(at: place, count: (bits + 63) / 64 * 8) else {
      reading.damage.append(
        Damage("the subsections of section \(section) cannot be read", at: place))
      return
    }
    for bit in 0..<bits where (bitmap.load(UInt8.self, at: bit / 8) ?? 0) >> UInt8(bit % 8) & 1 != 0
    {
      let start = first + UInt64(bit) * pages
      reading.append(start..<(start + pages))
    }
  }
}

extension SectionTable.Reading {
  /// Adds page frames behind all that were added before.
  fileprivate mutating func append(_ frames: Range<UInt64>) {
    if let last = ranges.last, last.upperBound.rawValue == frames.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<PageFrame(frames.upperBound)
    } else {
      ranges.append(PageFrame(frames.lowerBound)..<PageFrame(frames.upperBound))
    }
  }
}
