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
  /// Where the descriptors end.
  private let tableEnd: UInt64
  /// Where the data begins.
  ///
  /// makedumpfile --split leaves room in each part for the descriptors of all.
  private let dataOffset: UInt64
  /// Where the one block is that all blocks of zeros share.
  private let zeroOffset: UInt64?
  /// What tells descriptors that lead to another block's data.
  private let order: BlockOrder
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
    let lastRank = dumped.rank(of: header.split?.upperBound ?? .max)
    // Safe: a rank is not larger than the number of bits in the file.
    tableEnd = tableOffset + (max(lastRank, firstRank) - firstRank) * PageDescriptor.size
    dataOffset = tableOffset + dumped.rank(of: .max) * PageDescriptor.size
    zeroOffset = Self.zeroOffset(at: dataOffset, contents, size: blockSize.bytes)
    order = BlockOrder(
      contents, tableOffset: tableOffset,
      count: (tableEnd - tableOffset) / PageDescriptor.size, dataOffset: dataOffset,
      blockSize: blockSize, sharedOffset: zeroOffset)
    cache = BlockCache(
      count: min(Self.cacheCapacity / blockSize.bytes, Int(dumped.rank(of: .max))))
  }

  /// The start of the data, where makedumpfile -d 1 and QEMU put a block of zeros; nil when something
  /// else is there.
  private static func zeroOffset(
    at offset: UInt64, _ contents: DumpContents, size: Int
  ) -> UInt64? {
    guard let block = contents.bytes(at: offset, count: size) else { return nil }
    let span = block.span
    let isZero = stride(from: 0, to: size, by: 8).allSatisfy {
      span.load(UInt64.self, at: $0) == 0
    }
    return isZero ? offset : nil
  }

  /// Whether a block is stored as it is where the block of zeros is.
  func isSharedZero(_ descriptor: PageDescriptor) -> Bool {
    descriptor.codec == nil && descriptor.offset == zeroOffset
  }

  /// How many blocks are in the dump of which the other bitmap says that they are no memory.
  ///
  /// A bitmap that lost one bit and gained another has as many as before, but other ones.
  var strayBlocks: Int { known.map { dumped.count(missingIn: $0) } ?? 0 }

  /// How many descriptors the table has.
  private var descriptorCount: UInt64 { (tableEnd - tableOffset) / PageDescriptor.size }

  /// How many of the first descriptors are looked at for where the data begins.
  private static let sampleSize: UInt64 = 4096

  /// How many descriptors more (or fewer, if negative) there are than blocks that the bitmap marks.
  ///
  /// Every writer puts the data right behind the room for the table, and the first block, or the one that all
  /// blocks of zeros share, first of all. A bitmap with one bit too many or too few gives every block
  /// behind that bit the contents of its neighbour.
  var surplusDescriptors: Int {
    let count = min(descriptorCount, Self.sampleSize)
    func offset(of index: UInt64) -> UInt64? {
      contents.load(UInt64.self, at: tableOffset + index * PageDescriptor.size)
    }
    // The block that zeros share may be used far behind, or not at all.
    let blockBytes = UInt64(blockSize.bytes)
    guard count > 1, let first = offset(of: 0), first > tableOffset, first != dataOffset,
      first != tableEnd, first < Int64.max, first != dataOffset + blockBytes,
      let size: UInt32 = contents.load(at: tableOffset + 8)
    else { return 0 }
    // A wrong offset in the first descriptor itself has nothing else to agree with.
    guard (1..<count).contains(where: { offset(of: $0) == first &+ UInt64(size) }) else { return 0 }
    let distance = Int64(first) &- Int64(clamping: dataOffset)
    let descriptorSize = Int64(PageDescriptor.size)
    return [distance, distance &- Int64(blockBytes)].first { $0 % descriptorSize == 0 }
      .map { Int($0 / descriptorSize) } ?? 0
  }

  /// Whether the file ends before the last block, which comes last.
  var isTruncated: Bool {
    guard descriptorCount > 0 else { return false }
    do throws(Absence) {
      _ = try descriptor(at: descriptorCount - 1)
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
      try checkPlace(of: descriptor, at: index)
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
    try checkPlace(of: descriptor, at: index)
    return descriptor
  }

  /// The data of a block lies behind the tables, within the file and between those of its
  /// neighbours; throws where it does not.
  private func checkPlace(
    of descriptor: PageDescriptor, at index: UInt64
  ) throws(Absence) {
    guard descriptor.offset >= tableEnd else { throw .corrupt(.offset(descriptor.offset)) }
    guard contents.holds(descriptor.size, at: descriptor.offset) else { throw .truncated }
    guard !order.contradicts(descriptor, at: index) else {
      throw .corrupt(.offset(descriptor.offset))
    }
  }

  private func data(of descriptor: PageDescriptor) throws(Absence) -> Bytes {
    guard let bytes = contents.bytes(at: descriptor.offset, count: descriptor.size) else {
      throw .truncated
    }
    return bytes
  }
}
