internal import ByteKit
internal import Codecs
internal import Memory

/// The blocks of a kdump-compressed file: two bitmaps, a table of descriptors, and data.
struct KdumpBlocks: Sendable {
  let blockSize: PageSize
  /// The runs of blocks that are memory, in blocks.
  let knownRanges: [Range<PageFrame>]
  private let contents: DumpContents
  /// Which blocks of the machine are memory; nil in files with one bitmap only.
  private let known: PageBitmap?
  /// Which blocks are in the dump, or in another part of it.
  private let dumped: PageBitmap
  private let tableOffset: UInt64
  /// The blocks that this file holds, when it is a part of a split dump.
  private let part: Range<UInt64>?
  /// How many dumped blocks other parts hold before this one; their descriptors are there.
  private let firstRank: UInt64
  /// Where the one block is that all blocks of zeros share.
  private let zeroOffset: UInt64?
  private let cache: BlockCache

  private static let cacheCapacity = 64 << 20

  /// Finds the bitmaps and the descriptors; throws `DumpFailure` when the bitmaps are not there.
  init(_ contents: DumpContents, header: KdumpHeader) throws(DumpFailure) {
    self.contents = contents
    blockSize = header.blockSize
    let blockBytes = UInt64(header.blockSize.bytes)
    let bitmapBytes = header.bitmapBlocks * blockBytes
    tableOffset = header.bitmapOffset + bitmapBytes
    // makedumpfile -F writes the bytes of a bitmap that count, but not those up to a whole block.
    guard let size = Int(exactly: bitmapBytes),
      let bits = contents.bytes(
        at: header.bitmapOffset, count: size, padding: header.blockSize.bytes)
    else { throw .tooShort(structure: "page bitmaps", needed: tableOffset, size: contents.end) }

    let half = size / 2 / blockSize.bytes * blockSize.bytes
    let hasTwo = UInt64(half) * 8 >= header.blockCount
    known =
      hasTwo ? PageBitmap(bits: bits.slice(0..<half) ?? .empty, count: header.blockCount) : nil
    dumped = PageBitmap(
      bits: bits.slice((hasTwo ? half : 0)..<size) ?? .empty, count: header.blockCount)
    knownRanges = (known ?? dumped).ranges()
    part = header.split
    firstRank = dumped.rank(of: header.split?.lowerBound ?? 0)
    let held = dumped.rank(of: header.split?.upperBound ?? .max) &- firstRank
    zeroOffset = Self.zeroOffset(
      behind: tableOffset.addingReportingOverflow(held &* PageDescriptor.size), contents,
      size: blockSize.bytes)
    cache = BlockCache(
      count: min(Self.cacheCapacity / blockSize.bytes, Int(dumped.rank(of: .max))))
  }

  /// The end of the table, where makedumpfile -d 1 and QEMU put a block of zeros; nil when something
  /// else is there.
  private static func zeroOffset(
    behind table: (partialValue: UInt64, overflow: Bool), _ contents: DumpContents, size: Int
  ) -> UInt64? {
    guard !table.overflow, let block = contents.bytes(at: table.partialValue, count: size) else {
      return nil
    }
    let span = block.span
    let isZero = stride(from: 0, to: size, by: 8).allSatisfy {
      span.load(UInt64.self, at: $0) == 0
    }
    return isZero ? table.partialValue : nil
  }

  /// Whether a block is stored as it is where the block of zeros is.
  func isSharedZero(_ descriptor: PageDescriptor) -> Bool {
    descriptor.codec == nil && descriptor.offset == zeroOffset
  }

  /// Whether the file ends before the last block, which comes last.
  var isTruncated: Bool {
    let end = dumped.rank(of: part?.upperBound ?? .max)
    guard end > firstRank else { return false }
    do throws(Absence) {
      _ = try descriptor(at: end - firstRank - 1)
      return false
    } catch {
      return error == .truncated
    }
  }

  /// The contents of a block; throws why there are none.
  func block(_ number: UInt64) throws(Absence) -> Bytes {
    let descriptor = try descriptor(of: number)
    guard let codec = descriptor.codec else { return try data(of: descriptor) }
    return try cache.block(number) { () throws(Absence) in
      let packed = try data(of: descriptor)
      do throws(CodecFailure) {
        return try codec.decompress(packed, size: blockSize.bytes)
      } catch {
        throw .corrupt(.contents)
      }
    }
  }

  /// Where a block is in the file; throws why it is not there.
  func descriptor(of number: UInt64) throws(Absence) -> PageDescriptor {
    guard dumped[number] else { throw known?[number] == true ? .excluded : .hole }
    if let part, !part.contains(number) { throw .missingPart }
    return try descriptor(at: dumped.rank(of: number) - firstRank)
  }

  /// How many blocks of a run have each status; descriptors are read many at a time.
  func statusCounts(of numbers: Range<UInt64>) -> [PageStatus: Int] {
    var counts: [PageStatus: Int] = [:]
    var table = DescriptorRun(contents: contents, tableOffset: tableOffset)
    var rank = dumped.rank(of: numbers.lowerBound)
    var inBoth: UInt64 = 0
    var number = dumped.next(true, from: numbers.lowerBound)
    let firstDumped = rank
    while number < min(numbers.upperBound, dumped.count) {
      counts[status(of: number, descriptor: rank &- firstRank, in: &table), default: 0] += 1
      if known?[number] == true { inBoth += 1 }
      rank += 1
      number = dumped.next(true, from: number + 1)
    }
    let knownHere = known.map { $0.rank(of: numbers.upperBound) - $0.rank(of: numbers.lowerBound) }
    let excluded = (knownHere ?? inBoth) - inBoth
    let absent = UInt64(numbers.count) - (rank - firstDumped)
    if excluded > 0 { counts[.absent(.excluded)] = Int(excluded) }
    if absent > excluded { counts[.absent(.hole), default: 0] += Int(absent - excluded) }
    return counts
  }

  private func status(
    of number: UInt64, descriptor index: UInt64, in table: inout DescriptorRun
  ) -> PageStatus {
    if let part, !part.contains(number) { return .absent(.missingPart) }
    do throws(Absence) {
      let descriptor = try table.descriptor(at: index, blockSize: blockSize)
      guard contents.holds(descriptor.size, at: descriptor.offset) else {
        return .absent(.truncated)
      }
      return isSharedZero(descriptor) ? .zero : .present
    } catch {
      return .absent(error)
    }
  }

  private func descriptor(at index: UInt64) throws(Absence) -> PageDescriptor {
    // Safe: the index is smaller than the number of bits in the file.
    let offset = tableOffset + index * PageDescriptor.size
    guard let bytes = contents.bytes(at: offset, count: Int(PageDescriptor.size)) else {
      throw .truncated
    }
    let descriptor = try PageDescriptor(bytes, blockSize: blockSize)
    guard contents.holds(descriptor.size, at: descriptor.offset) else { throw .truncated }
    return descriptor
  }

  private func data(of descriptor: PageDescriptor) throws(Absence) -> Bytes {
    guard let bytes = contents.bytes(at: descriptor.offset, count: descriptor.size) else {
      throw .truncated
    }
    return bytes
  }
}
