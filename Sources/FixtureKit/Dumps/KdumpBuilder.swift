import ByteKit
public import Codecs
public import Memory

/// Writes kdump-compressed dumps as makedumpfile and QEMU do (diskdump_mod.h, IMPLEMENTATION).
///
/// A block of the dump is a page of the image; the kernel's pages may be of another size.
public struct KdumpBuilder: Sendable {
  /// The machine's memory: its page frames are what the first bitmap knows.
  public var memory: PhysicalImage
  /// Page frames that all hold the same.
  public struct Repeated: Sendable {
    /// The page frames.
    public let frames: Range<PageFrame>
    /// What each holds: a page.
    public let contents: [UInt8]

    /// Describes page frames.
    public init(frames: Range<PageFrame>, contents: [UInt8]) {
      self.frames = frames
      self.contents = contents
    }
  }

  /// Memory beside the machine's that is stored once for all page frames that hold it: ascending,
  /// behind the machine's own.
  public var repeated: [Repeated] = []
  /// The dump speaks of so many page frames as memory; those that it does not hold were left out.
  public var claimedFrames: UInt64 = 0
  /// `header_version`, 1 to 6.
  public var headerVersion: Int32 = 6
  /// The strings of `utsname`: system, node, release, version, machine, domain.
  public var uname = ["Linux", "lab", "6.1.0", "#1 SMP", "x86_64", "(none)"]
  /// `status`: 8 is incomplete, 0x10 that unused vmemmap was left out.
  public var status: UInt32 = 0
  /// `dump_level`.
  public var dumpLevel: Int32 = 0
  /// The blocks of memory that this part of a split dump holds.
  public var split: Range<PageFrame>?
  /// The notes behind the sub header; VMCOREINFO's place is told in the sub header, too.
  public var notes: [CoreNote] = []
  /// How blocks are compressed that get smaller by it; nil leaves all as they are.
  public var codec: PageCodec? = .zlib
  /// Blocks that another codec is used for.
  public var codecs: [PageFrame: PageCodec?] = [:]
  /// Blocks that are memory and were left out on purpose.
  public var excluded: Set<PageFrame> = []
  /// Blocks that were to be written when the disk was full.
  public var lost: Set<PageFrame> = []
  /// Blocks in whose descriptors another size is written.
  public var sizes: [PageFrame: UInt32] = [:]
  /// Blocks in whose descriptors other flags are written.
  public var flags: [PageFrame: UInt32] = [:]
  /// Whether all blocks of zeros share one, as with `-d 1`.
  public var sharesZeroBlock = false
  /// Whether the bitmap of what is memory is written in front of that of what is in the dump.
  public var hasTwoBitmaps = true

  /// A dump of all of a machine's memory.
  public init(memory: PhysicalImage) {
    self.memory = memory
  }

  /// The file; throws `CodecFailure` when a codec finds no memory.
  public func bytes() throws(CodecFailure) -> [UInt8] {
    let frames = allFrames
    let dumped = frames.filter { !excluded.contains($0) }
    let noteBytes = notes.flatMap(\.bytes)
    let subHeaderBlocks = (104 + noteBytes.count + blockSize - 1) / blockSize
    let bitmapBlocks = (blockCount / 8 + blockSize) / blockSize

    var file = header(subHeaderBlocks: subHeaderBlocks, bitmapBlocks: bitmapBlocks)
    file.put(subHeader(noteSize: noteBytes.count), at: blockSize)
    file.put(noteBytes, at: blockSize + 104)
    var offset = (1 + subHeaderBlocks) * blockSize
    let size = bitmapBlocks * blockSize
    let known =
      claimedFrames > 0
      ? (0..<size).map { $0 < Int(claimedFrames / 8) ? 0xff : 0 } : bits(frames, size: size)
    for bitmap in hasTwoBitmaps ? [known, bits(dumped, size: size)] : [bits(dumped, size: size)] {
      file.put(bitmap, at: offset)
      offset += size
    }
    // makedumpfile --split leaves room in each part for the descriptors of all.
    try appendBlocks(
      dumped.filter { split?.contains($0) ?? true }, tableCount: dumped.count, to: &file)
    return file
  }

  private var blockSize: Int { memory.pageSize.bytes }

  private var allFrames: [PageFrame] {
    (memory.frames + repeated.map(\.frames)).flatMap { range in
      (range.lowerBound.rawValue..<range.upperBound.rawValue).map { PageFrame($0) }
    }
  }

  private var blockCount: Int {
    let last = repeated.last?.frames.upperBound ?? memory.frames.last?.upperBound
    return Int(max(last?.rawValue ?? 0, claimedFrames))
  }

  private func header(subHeaderBlocks: Int, bitmapBlocks: Int) -> [UInt8] {
    var header = Array("KDUMP   ".utf8)
    header.put(headerVersion, at: 8)
    for (index, text) in uname.enumerated() { header.put(Array(text.utf8), at: 12 + index * 65) }
    header.put(status, at: 424)
    header.put(UInt32(blockSize), at: 428)
    header.put(UInt32(subHeaderBlocks), at: 432)
    header.put(UInt32(bitmapBlocks * (hasTwoBitmaps ? 2 : 1)), at: 436)
    header.put(UInt32(clamping: blockCount), at: 440)
    header.put(UInt32(1), at: 460)
    return header
  }

  private func subHeader(noteSize: Int) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 104)
    header.put(dumpLevel, at: 8)
    if headerVersion >= 2, let split {
      header.put(UInt32(1), at: 12)
      header.put(UInt64(UInt32(truncatingIfNeeded: split.lowerBound.rawValue)), at: 16)
      header.put(UInt64(UInt32(truncatingIfNeeded: split.upperBound.rawValue)), at: 24)
    }
    if headerVersion >= 3, let place = vmcoreinfoPlace {
      header.put(UInt64(place.lowerBound), at: 32)
      header.put(UInt64(place.count), at: 40)
    }
    if headerVersion >= 4 {
      header.put(UInt64(blockSize + 104), at: 48)
      header.put(UInt64(noteSize), at: 56)
    }
    if headerVersion >= 6 {
      header.put(split?.lowerBound.rawValue ?? 0, at: 80)
      header.put(split?.upperBound.rawValue ?? 0, at: 88)
      header.put(UInt64(blockCount), at: 96)
    }
    return header
  }

  private var vmcoreinfoPlace: Range<Int>? {
    guard let index = notes.firstIndex(where: { $0.owner == "VMCOREINFO" }) else { return nil }
    let before = notes[..<index].reduce(0) { $0 + $1.bytes.count }
    // Behind the note's sizes and type, and its owner's name in 12 bytes.
    let start = blockSize + 104 + before + 24
    return start..<(start + notes[index].contents.count)
  }

  private func bits(_ frames: [PageFrame], size: Int) -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: size)
    for frame in frames { bits[Int(frame.rawValue / 8)] |= 1 << UInt8(frame.rawValue % 8) }
    return bits
  }

  private func appendBlocks(
    _ frames: [PageFrame], tableCount: Int, to file: inout [UInt8]
  ) throws(CodecFailure) {
    let zeros = [UInt8](repeating: 0, count: blockSize)
    let tableOffset = file.count
    let dataOffset = tableOffset + tableCount * 24
    var data = sharesZeroBlock ? zeros : []
    var shared: [UInt64: (offset: Int, size: Int, flags: UInt32)] = [:]
    file.put([UInt8](repeating: 0, count: tableCount * 24), at: tableOffset)
    for (index, frame) in frames.enumerated() where !lost.contains(frame) {
      let run = repeated.first { $0.frames.contains(frame) }
      let place = tableOffset + index * 24
      if let run, let known = shared[run.frames.lowerBound.rawValue] {
        file.put(UInt64(known.offset), at: place)
        file.put(UInt32(known.size), at: place + 8)
        file.put(known.flags, at: place + 12)
        continue
      }
      let contents =
        run?.contents ?? memory.contents(of: frame..<PageFrame(frame.rawValue + 1))
      let isShared = sharesZeroBlock && contents == zeros
      let packed = isShared ? (bytes: [], flags: 0) : try pack(contents, of: frame)
      let size = isShared ? blockSize : packed.bytes.count
      if let run {
        shared[run.frames.lowerBound.rawValue] = (
          isShared ? dataOffset : dataOffset + data.count, size, packed.flags
        )
      }
      file.put(UInt64(isShared ? dataOffset : dataOffset + data.count), at: place)
      file.put(sizes[frame] ?? UInt32(size), at: place + 8)
      file.put(flags[frame] ?? packed.flags, at: place + 12)
      data += packed.bytes
    }
    file += data
  }

  private func pack(
    _ contents: [UInt8], of frame: PageFrame
  ) throws(CodecFailure) -> (bytes: [UInt8], flags: UInt32) {
    guard let codec = codecs[frame] ?? codec else { return (contents, 0) }
    let packed = try codec.compress(Bytes(contents))
    return packed.count < contents.count ? (packed.array, codec.flag) : (contents, 0)
  }
}

extension PageCodec {
  /// `DUMP_DH_COMPRESSED_*`.
  fileprivate var flag: UInt32 {
    switch self {
    case .zlib: 1
    case .lzo: 2
    case .snappy: 4
    case .zstd: 0x20
    }
  }
}
