internal import ByteKit
internal import Memory

/// The header of an ELF file that is a core of a 64-bit little-endian machine, and its segments.
struct ELFHeader: Sendable {
  /// An entry of the program header table.
  struct Segment: Sendable {
    let type: UInt32
    let fileOffset: UInt64
    let address: UInt64
    let fileSize: UInt64
    let memorySize: UInt64

    /// The memory that it describes.
    var memory: MemorySegment {
      MemorySegment(
        fileOffset: fileOffset, address: address, fileSize: fileSize, memorySize: memorySize)
    }
  }

  let machine: Machine
  /// makedumpfile marks a core that it could not finish in bit 0.
  let flags: UInt32
  let segments: [Segment]

  static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
  static let coreType: UInt16 = 4

  /// Reads the header and as many program headers as the file holds.
  init(_ contents: DumpContents) throws(DumpFailure) {
    let header = contents.prefix(at: 0, count: 64)
    try Self.checkIdentity(header)
    guard let type = header.load(UInt16.self, at: 16), let code = header.load(UInt16.self, at: 18),
      let flags = header.load(UInt32.self, at: 48)
    else { throw .tooShort(structure: "ELF header", needed: 64, size: contents.end) }
    guard type == Self.coreType else { throw Self.refusal(ofType: type) }
    machine = try Self.machine(code)
    self.flags = flags
    segments = try Self.segments(header, contents)
  }

  private static func checkIdentity(_ header: Bytes) throws(DumpFailure) {
    guard header.count >= 64 else {
      throw .tooShort(structure: "ELF header", needed: 64, size: UInt64(header.count))
    }
    if header.load(UInt8.self, at: 5) == 2 { throw .bigEndian }
    if header.load(UInt8.self, at: 4) == 1 { throw .thirtyTwoBit }
    guard header.load(UInt8.self, at: 5) == 1, header.load(UInt8.self, at: 4) == 2 else {
      throw .damaged(structure: "ELF header", offset: 4, finding: "no known class or byte order")
    }
  }

  private static func refusal(ofType type: UInt16) -> DumpFailure {
    let advice = "give the dump, and this as --vmlinux if it is the kernel's"
    return switch type {
    case 1:
      .unsupported(
        variant: "an ELF object file, such as a kernel module",
        advice: "give the dump, and this as --modules if its kernel had it loaded")
    case 2, 3: .unsupported(variant: "an ELF executable, such as vmlinux", advice: advice)
    default: .unsupported(variant: "an ELF file of type \(type)", advice: advice)
    }
  }

  /// `EM_X86_64` and `EM_AARCH64`.
  static func code(of machine: Machine) -> UInt16 {
    switch machine {
    case .x86_64: 62
    case .arm64: 183
    }
  }

  /// The machine of a code; others are named only to refuse them.
  private static func machine(_ code: UInt16) throws(DumpFailure) -> Machine {
    switch Machine.allCases.first(where: { Self.code(of: $0) == code }) {
    case let machine?: return machine
    case nil:
      let names: [UInt16: String] = [21: "ppc64", 22: "s390", 243: "riscv", 258: "loongarch"]
      throw .unsupportedMachine(names[code] ?? "ELF machine \(code)")
    }
  }

  private static func segments(
    _ header: Bytes, _ contents: DumpContents
  ) throws(DumpFailure) -> [Segment] {
    guard let start = header.load(UInt64.self, at: 32),
      let entrySize = header.load(UInt16.self, at: 54),
      let count = segmentCount(header, contents)
    else { throw .tooShort(structure: "ELF header", needed: 64, size: contents.end) }
    guard entrySize >= 56 else {
      throw .damaged(
        structure: "ELF header", offset: 54, finding: "program headers of \(entrySize) bytes")
    }
    let size = UInt64(count) * UInt64(entrySize)
    let table = contents.prefix(at: start, count: size)
    guard UInt64(table.count) == size else {
      let needed = start.addingReportingOverflow(size)
      throw .tooShort(
        structure: "program headers", needed: needed.overflow ? .max : needed.partialValue,
        size: contents.end)
    }
    return (0..<Int(count)).compactMap { Segment(table, at: $0 * Int(entrySize)) }
  }

  /// More than 65,534 segments are counted in the first section header (`PN_XNUM`).
  private static func segmentCount(_ header: Bytes, _ contents: DumpContents) -> UInt32? {
    guard let count = header.load(UInt16.self, at: 56) else { return nil }
    guard count == .max else { return UInt32(count) }
    guard let sections = header.load(UInt64.self, at: 40) else { return nil }
    let (info, overflow) = sections.addingReportingOverflow(44)
    return overflow ? nil : contents.load(UInt32.self, at: info)
  }
}

extension ELFHeader.Segment {
  /// Reads an `Elf64_Phdr`; `p_vaddr` is left alone, because not every writer fills it.
  fileprivate init?(_ table: Bytes, at offset: Int) {
    guard let type = table.load(UInt32.self, at: offset),
      let fileOffset = table.load(UInt64.self, at: offset + 8),
      let address = table.load(UInt64.self, at: offset + 24),
      let fileSize = table.load(UInt64.self, at: offset + 32),
      let memorySize = table.load(UInt64.self, at: offset + 40)
    else { return nil }
    self.init(
      type: type, fileOffset: fileOffset, address: address, fileSize: fileSize,
      memorySize: memorySize)
  }
}

extension DumpFailure {
  static var bigEndian: DumpFailure {
    .unsupported(
      variant: "of a big-endian machine", advice: "crash and drgn read dumps of such machines")
  }

  static var thirtyTwoBit: DumpFailure {
    .unsupported(
      variant: "of a 32-bit machine", advice: "crash and drgn read dumps of such machines")
  }

  static func unsupportedMachine(_ name: String) -> DumpFailure {
    .unsupported(
      variant: "of a machine of another architecture (\(name))",
      advice: "crash and drgn read dumps of such machines")
  }
}
