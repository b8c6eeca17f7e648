internal import ByteKit
internal import Memory

/// Images of LiME: ranges of memory, each behind a header of 32 bytes (`lime_mem_range_header` in
/// LiME's lime.h).
enum LiMEImage {
  static let magic = Array("EMiL".utf8)
  private static let headerSize: UInt64 = 32
  /// A damaged file may claim as many empty ranges as it has room for.
  private static let mostRanges = 1 << 16

  /// Reads the headers; throws `DumpFailure` when the first is none.
  static func read(_ contents: DumpContents) throws(DumpFailure) -> DumpParts {
    guard contents.load(UInt32.self, at: 4) == 1 else {
      throw .unsupported(
        variant: "a LiME image of another version", advice: "take it with format=lime, version 1")
    }
    var segments: [MemorySegment] = []
    var offset: UInt64 = 0
    var isComplete = true
    while offset < contents.end, segments.count < mostRanges {
      // The last address belongs to the range.
      guard contents.prefix(at: offset, count: 8).holds(magic),
        let first = contents.load(UInt64.self, at: offset + 8),
        let last = contents.load(UInt64.self, at: offset + 16), first <= last,
        last - first < UInt64.max
      else {
        isComplete = false
        break
      }
      let size = last - first + 1
      segments.append(
        MemorySegment(
          fileOffset: offset + headerSize, address: first, fileSize: size, memorySize: size))
      let (next, overflow) = (offset + headerSize).addingReportingOverflow(size)
      guard !overflow else { break }
      offset = next
    }
    guard !segments.isEmpty else {
      throw .damaged(structure: "first range", offset: 0, finding: "it ends before it starts")
    }
    let map = SegmentMap(segments, end: contents.end)
    var format = DumpFormat(container: .lime)
    format.isTruncated = !isComplete || map.isCutOff
    return DumpParts(
      format: format, notes: [],
      memory: SegmentMemory(contents: contents, map: map, pageSize: .kib4),
      fallbackPageSize: .kib4)
  }
}
