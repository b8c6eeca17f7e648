internal import ByteKit
internal import Memory

/// Raw copies of one range of memory, such as those of QEMU's pmemsave.
enum RawImage {
  /// Takes the file for the memory from `start` on; nothing in it can tell.
  static func read(_ contents: DumpContents, from start: PhysicalAddress) -> DumpParts {
    let segment = MemorySegment(
      fileOffset: 0, address: start.rawValue, fileSize: contents.end, memorySize: contents.end)
    return DumpParts(
      format: DumpFormat(container: .raw), notes: [],
      memory: SegmentMemory(
        contents: contents, map: SegmentMap([segment], end: contents.end), pageSize: .kib4),
      fallbackPageSize: .kib4)
  }
}
