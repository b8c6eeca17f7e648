public import Memory

/// Writes ELF cores of machines, in the ways in which kernels, QEMU and makedumpfile do.
public struct ELFCoreBuilder: Sendable {
  /// A `PT_LOAD` segment.
  public struct Segment: Hashable, Sendable {
    /// `p_paddr`.
    public var address: UInt64
    /// What the file holds of it.
    public var contents: [UInt8]
    /// `p_memsz`.
    public var memorySize: UInt64

    /// A segment that ends with what is in the file, or with `absent` bytes more.
    public init(address: UInt64, contents: [UInt8], absent: UInt64 = 0) {
      self.address = address
      self.contents = contents
      memorySize = UInt64(contents.count) + absent
    }
  }

  /// `e_machine`: 62 is x86_64, 183 arm64.
  public var machineCode: UInt16
  /// `e_type`: 4 is a core.
  public var type: UInt16 = 4
  /// `EI_CLASS`: 2 is 64-bit.
  public var elfClass: UInt8 = 2
  /// `EI_DATA`: 1 is little-endian.
  public var byteOrder: UInt8 = 1
  /// `e_flags`: makedumpfile sets bit 0 when it could not finish.
  public var flags: UInt32 = 0
  /// Where the program headers begin; QEMU puts section headers before them.
  public var programHeaderOffset = 64
  /// `e_ehsize`, which QEMU 7.2 gets wrong.
  public var headerSize: UInt16 = 64
  /// Whether the segments are counted in a section header (`PN_XNUM`), as above 65,534 of them.
  public var usesExtendedNumbering = false
  /// Bytes between notes and memory; makes the memory's place in the file unaligned.
  public var gap = 0
  /// The notes, one `PT_NOTE` segment.
  public var notes: [CoreNote] = []
  /// The memory.
  public var segments: [Segment]

  /// A core with a segment for each run of page frames.
  public init(machine: Machine = .x86_64, memory: PhysicalImage) {
    machineCode = machine == .x86_64 ? 62 : 183
    segments = memory.frames.map { range in
      Segment(
        address: memory.pageSize.address(of: range.lowerBound).rawValue,
        contents: memory.contents(of: range))
    }
  }

  /// The file.
  public var bytes: [UInt8] {
    let noteBytes = notes.flatMap(\.bytes)
    let count = segments.count + 1
    var offset = programHeaderOffset + count * 56
    let sectionOffset = usesExtendedNumbering ? offset : 0
    if usesExtendedNumbering { offset += 64 }
    var file = header(segmentCount: count, sectionOffset: sectionOffset)
    file.put(
      programHeader(type: 4, offset: offset, address: 0, size: noteBytes.count),
      at: programHeaderOffset)
    if usesExtendedNumbering {
      // Elf64_Shdr.sh_info.
      file.put(UInt32(count), at: sectionOffset + 44)
    }
    var memory = noteBytes + [UInt8](repeating: 0xEE, count: gap)
    for (index, segment) in segments.enumerated() {
      file.put(
        programHeader(
          type: 1, offset: offset + memory.count, address: segment.address,
          size: segment.contents.count, memorySize: segment.memorySize),
        at: programHeaderOffset + (index + 1) * 56)
      memory += segment.contents
    }
    file.put(memory, at: offset)
    return file
  }

  private func header(segmentCount: Int, sectionOffset: Int) -> [UInt8] {
    var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, elfClass, byteOrder, 1]
    header.put(type, at: 16)
    header.put(machineCode, at: 18)
    header.put(UInt32(1), at: 20)
    header.put(UInt64(programHeaderOffset), at: 32)
    header.put(UInt64(sectionOffset), at: 40)
    header.put(flags, at: 48)
    header.put(headerSize, at: 52)
    header.put(UInt16(56), at: 54)
    header.put(usesExtendedNumbering ? UInt16.max : UInt16(segmentCount), at: 56)
    header.put(UInt16(64), at: 58)
    header.put(UInt16(usesExtendedNumbering ? 1 : 0), at: 60)
    header.put(UInt16(0), at: 62)
    return header
  }

  private func programHeader(
    type: UInt32, offset: Int, address: UInt64, size: Int, memorySize: UInt64? = nil
  ) -> [UInt8] {
    var header = type.littleEndianBytes
    header.put(UInt64(offset), at: 8)
    header.put(address, at: 24)
    header.put(UInt64(size), at: 32)
    header.put(memorySize ?? UInt64(size), at: 40)
    header.put(UInt64(0), at: 48)
    return header
  }
}
