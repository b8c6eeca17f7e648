public import ByteKit
internal import Codecs
internal import Memory

/// Writes kdump-compressed dumps with a header of version 6, pages compressed with zstd.
///
/// The layout is makedumpfile's (diskdump_mod.h, IMPLEMENTATION): header, sub header with the notes
/// behind it, two bitmaps, a table of descriptors, and the pages.
public struct KdumpWriter: Sendable {
  private let draft: DumpDraft
  private let notes: [UInt8]
  private let blockSize: Int
  private let subHeaderBlocks: Int
  private let bitmapBlocks: Int
  private let blockCount: UInt64

  /// How hard zstd tries: higher levels gain little on single pages and take far longer.
  private static let level = 12
  private static let subHeaderSize = 104

  /// Lays a dump out.
  public init(_ draft: DumpDraft) {
    self.draft = draft
    notes = draft.noteBytes
    blockSize = draft.memory.pageSize.bytes
    subHeaderBlocks = (Self.subHeaderSize + notes.count + blockSize - 1) / blockSize
    blockCount = draft.memory.frames.last?.upperBound.rawValue ?? 0
    bitmapBlocks = (Int(clamping: blockCount) / 8 + blockSize) / blockSize
  }

  /// Writes the file; throws `SystemFailure` when it cannot be, or `DumpWritingFailure`.
  public func write(to file: OutputFile) async throws {
    let held = draft.heldFrames
    try file.write(header(), at: 0)
    try file.write(subHeader() + notes, at: UInt64(blockSize))
    let bitmapOffset = (1 + subHeaderBlocks) * blockSize
    try file.write(knownBits(), at: UInt64(bitmapOffset))
    try file.write(bits(held), at: UInt64(bitmapOffset + bitmapBlocks * blockSize))
    let tableOffset = bitmapOffset + 2 * bitmapBlocks * blockSize

    // All pages of zeros share the first block of data.
    let zeros = [UInt8](repeating: 0, count: blockSize)
    let zeroOffset = UInt64(tableOffset + held.count * Int(PageDescriptor.size))
    try file.write(zeros, at: zeroOffset)
    var offset = zeroOffset + UInt64(blockSize)
    var descriptors: [UInt8] = []
    descriptors.reserveCapacity(held.count * Int(PageDescriptor.size))
    let memory = draft.memory
    let zeroPage = Bytes(zeros)
    try await OrderedBatches.run(held) { frames in
      try frames.map { try Block(of: $0, in: memory, zeroPage: zeroPage, level: Self.level) }
    } consume: { blocks in
      var data: [UInt8] = []
      for block in blocks {
        let place = block.isZero ? zeroOffset : offset + UInt64(data.count)
        descriptors.append(word: place)
        descriptors.append(word: UInt32(block.isZero ? blockSize : block.bytes.count))
        descriptors.append(word: block.flags)
        descriptors.append(word: UInt64(0))
        data += block.bytes
      }
      try file.write(data, at: offset)
      offset += UInt64(data.count)
    }
    try file.write(descriptors, at: UInt64(tableOffset))
  }

  /// A page as it stands in the file.
  private struct Block: Sendable {
    let bytes: [UInt8]
    let flags: UInt32
    let isZero: Bool

    /// `DUMP_DH_COMPRESSED_ZSTD`.
    static let zstd: UInt32 = 0x20

    init(
      of frame: PageFrame, in memory: any PhysicalMemory, zeroPage: Bytes, level: Int
    ) throws(DumpWritingFailure) {
      guard let page = try? memory.page(frame) else { throw .lostPage(frame) }
      isZero = page == zeroPage
      guard !isZero else { (bytes, flags) = ([], 0); return }
      // A page that does not get smaller stands there as it is.
      if let packed = try? PageCodec.compressZstd(page, level: level), packed.count < page.count {
        (bytes, flags) = (packed.array, Self.zstd)
      } else {
        (bytes, flags) = (page.array, 0)
      }
    }
  }

  /// `disk_dump_header`, a block.
  private func header() -> [UInt8] {
    var header = [UInt8](repeating: 0, count: blockSize)
    header.put(KdumpHeader.magic, at: 0)
    header.put(UInt32(6), at: 8)
    let names = [
      draft.uname.system, draft.uname.node, draft.uname.release, draft.uname.version,
      draft.uname.machine, draft.uname.domain,
    ]
    for (index, name) in names.enumerated() {
      header.put(Array(name.utf8.prefix(64)), at: 12 + index * 65)
    }
    let vmemmap = draft.isWithoutUnusedVmemmap ? KdumpCompressed.withoutUnusedVmemmap : 0
    header.put(Block.zstd | vmemmap, at: 424)
    header.put(UInt32(blockSize), at: 428)
    header.put(UInt32(clamping: subHeaderBlocks), at: 432)
    header.put(UInt32(clamping: 2 * bitmapBlocks), at: 436)
    header.put(UInt32(clamping: blockCount), at: 440)
    let cpus = draft.notes.count { $0.owner == "CORE" && $0.type == 1 }
    header.put(UInt32(clamping: max(1, cpus)), at: 460)
    return header
  }

  /// `kdump_sub_header`.
  private func subHeader() -> [UInt8] {
    var header = [UInt8](repeating: 0, count: Self.subHeaderSize)
    let start = blockSize + Self.subHeaderSize
    header.put(UInt32(clamping: draft.dumpLevel), at: 8)
    if let place = vmcoreinfoPlace {
      header.put(UInt64(start + place.lowerBound), at: 32)
      header.put(UInt64(place.count), at: 40)
      header.put(physicalBase(place), at: 0)
    }
    header.put(UInt64(start), at: 48)
    header.put(UInt64(notes.count), at: 56)
    header.put(blockCount, at: 96)
    return header
  }

  /// Where the lines of VMCOREINFO are in the notes.
  private var vmcoreinfoPlace: Range<Int>? {
    var offset = 0
    for note in draft.notes {
      if note.owner == "VMCOREINFO" {
        let start = offset + note.contentsOffset
        return start..<(start + note.contents.count)
      }
      offset += note.bytes.count
    }
    return nil
  }

  /// `phys_base`: how far the image was moved in physical memory; x86_64's crash looks for it here.
  private func physicalBase(_ place: Range<Int>) -> UInt64 {
    let text = String(decoding: notes[place], as: UTF8.self)
    return VMCoreInfo(text: text).number("phys_base").map { UInt64(bitPattern: $0) } ?? 0
  }

  private func knownBits() -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: bitmapBlocks * blockSize)
    for range in draft.memory.frames {
      for frame in range.lowerBound.rawValue..<range.upperBound.rawValue {
        bits[Int(frame / 8)] |= 1 << UInt8(frame % 8)
      }
    }
    return bits
  }

  private func bits(_ frames: [PageFrame]) -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: bitmapBlocks * blockSize)
    for frame in frames { bits[Int(frame.rawValue / 8)] |= 1 << UInt8(frame.rawValue % 8) }
    return bits
  }
}
