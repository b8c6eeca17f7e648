internal import ByteKit
internal import Memory

/// The headers of a kdump-compressed file of a 64-bit little-endian machine.
///
/// `disk_dump_header` and `kdump_sub_header` of makedumpfile (diskdump_mod.h), 464 and 104 bytes.
struct KdumpHeader: Sendable {
  /// A part of the file.
  struct Extent: Sendable {
    let offset: UInt64
    let size: UInt64
  }

  static let magic = Array("KDUMP   ".utf8)

  let version: Int
  let uname: Uname
  let status: UInt32
  let blockSize: PageSize
  /// Where the bitmaps begin.
  let bitmapOffset: UInt64
  /// The size of both bitmaps in blocks.
  let bitmapBlocks: UInt64
  /// The number of blocks of memory that the bitmaps speak of.
  let blockCount: UInt64
  let dumpLevel: Int
  /// The blocks of memory that this part of a split dump holds.
  let split: Range<UInt64>?
  let vmcoreinfo: Extent?
  let notes: Extent?
  let eraseInfo: Extent?

  init(_ contents: DumpContents) throws(DumpFailure) {
    guard let header = contents.bytes(at: 0, count: 464) else {
      throw .tooShort(structure: "header", needed: 464, size: contents.end)
    }
    version = try Self.version(header)
    uname = Uname(header)
    if uname.isOf32BitMachine { throw .thirtyTwoBit }
    blockSize = try Self.blockSize(header)
    status = header.field(424)
    let blockBytes = UInt64(blockSize.bytes)
    bitmapOffset = (1 + UInt64(header.field(432) as UInt32)) * blockBytes
    bitmapBlocks = UInt64(header.field(436) as UInt32)

    guard let sub = contents.bytes(at: blockBytes, count: 104) else {
      throw .tooShort(structure: "sub header", needed: blockBytes + 104, size: contents.end)
    }
    dumpLevel = Int(sub.field(8) as Int32)
    split = try Self.split(sub, version: version, blockBytes: blockBytes)
    vmcoreinfo = version >= 3 ? Extent(offset: sub.field(32), size: sub.field(40)) : nil
    notes = version >= 4 ? Extent(offset: sub.field(48), size: sub.field(56)) : nil
    eraseInfo = version >= 5 ? Extent(offset: sub.field(64), size: sub.field(72)) : nil
    let wideCount: UInt64 = version >= 6 ? sub.field(96) : 0
    blockCount = wideCount > 0 ? wideCount : UInt64(header.field(440) as UInt32)
  }

  private static func version(_ header: Bytes) throws(DumpFailure) -> Int {
    let version: UInt32 = header.field(8)
    if 1...6 ~= version { return Int(version) }
    if 1...6 ~= version.byteSwapped { throw .bigEndian }
    throw .unsupported(
      variant: "a kdump-compressed dump with a header of version \(version)",
      advice: "versions 1 to 6 are; convert it with makedumpfile")
  }

  private static func blockSize(_ header: Bytes) throws(DumpFailure) -> PageSize {
    let bytes: UInt32 = header.field(428)
    if let size = PageSize(bytes: UInt64(bytes)) { return size }
    // 32-bit machines have shorter times in front of it.
    if PageSize(bytes: UInt64(header.field(416) as UInt32)) != nil { throw .thirtyTwoBit }
    throw .damaged(structure: "header", offset: 428, finding: "blocks of \(bytes) bytes")
  }

  private static func split(
    _ sub: Bytes, version: Int, blockBytes: UInt64
  ) throws(DumpFailure) -> Range<UInt64>? {
    let isSplit = sub.field(12) as Int32 != 0
    guard version >= 2, isSplit else { return nil }
    // Until version 6 the page frame numbers may be cut to 32 bits.
    let place = version >= 6 ? 80 : 16
    let start: UInt64 = sub.field(place)
    let end: UInt64 = sub.field(place + 8)
    guard start <= end else {
      throw .damaged(
        structure: "sub header", offset: blockBytes + UInt64(place),
        finding: "the part ends before it starts")
    }
    return start..<end
  }
}

extension Bytes {
  /// A field of a header that is known to be large enough.
  fileprivate func field<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Value {
    load(at: offset) ?? 0
  }
}

extension Uname {
  /// Reads `struct new_utsname`: six strings in 65 bytes each, at 12.
  fileprivate init(_ header: Bytes) {
    func text(_ index: Int) -> String { header.string(at: 12 + index * 65, limit: 65) ?? "" }
    self.init(
      system: text(0), node: text(1), release: text(2), version: text(3), machine: text(4),
      domain: text(5))
  }

  fileprivate var isOf32BitMachine: Bool {
    ["i386", "i486", "i586", "i686", "ppc", "s390", "arm"].contains(machine)
      || machine.hasPrefix("armv")
  }
}
