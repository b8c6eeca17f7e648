public import ByteKit
internal import Memory

/// Writes ELF cores of a machine: a segment for each run of pages, as /proc/vmcore has them.
///
/// What is known as memory and not held makes the end of the segment before it longer in memory than
/// in the file, as with makedumpfile -E.
public struct ELFCoreWriter: Sendable {
  /// A `PT_LOAD` segment.
  private struct Segment: Sendable {
    let start: PageFrame
    /// The pages that the file holds, and all.
    var held: UInt64
    var all: UInt64
  }

  private let draft: DumpDraft
  private let notes: [UInt8]
  private let segments: [Segment]

  private static let headerSize = 64
  private static let programHeaderSize = 56
  private static let sectionHeaderSize = 64
  /// More are counted in a section header (`PN_XNUM`).
  private static let mostSegments = 0xffff

  /// Lays a dump out.
  public init(_ draft: DumpDraft) {
    self.draft = draft
    notes = draft.noteBytes
    segments = Self.segments(of: draft.memory)
  }

  private static func segments(of memory: any PhysicalMemory) -> [Segment] {
    var segments: [Segment] = []
    for range in memory.frames {
      var isFirst = true
      for number in range.lowerBound.rawValue..<range.upperBound.rawValue {
        let isHeld = memory.absence(of: PageFrame(number)) == nil
        if let last = segments.last, !isFirst, !isHeld || last.held == last.all {
          segments[segments.count - 1].all += 1
          if isHeld { segments[segments.count - 1].held += 1 }
        } else {
          segments.append(Segment(start: PageFrame(number), held: isHeld ? 1 : 0, all: 1))
        }
        isFirst = false
      }
    }
    return segments
  }

  /// Writes the file; throws `SystemFailure` when it cannot be, or `DumpWritingFailure`.
  public func write(to file: OutputFile) async throws {
    let count = segments.count + 1
    let isExtended = count >= Self.mostSegments
    let sectionOffset = Self.headerSize + count * Self.programHeaderSize
    let noteOffset = sectionOffset + (isExtended ? Self.sectionHeaderSize : 0)
    let pageSize = UInt64(draft.memory.pageSize.bytes)
    // Pages begin at a multiple of their size, so that they can be mapped.
    let start = (UInt64(noteOffset + notes.count) + pageSize - 1) / pageSize * pageSize

    var head = header(count: count, sectionOffset: isExtended ? sectionOffset : 0)
    head += programHeader(
      type: 4, offset: UInt64(noteOffset), virtual: 0, physical: 0, fileSize: UInt64(notes.count),
      memorySize: UInt64(notes.count))
    var offset = start
    for segment in segments {
      let address = draft.memory.pageSize.address(of: segment.start)
      head += programHeader(
        type: 1, offset: offset,
        virtual: draft.directMapBase?.advanced(by: address.rawValue).rawValue ?? 0,
        physical: address.rawValue, fileSize: segment.held * pageSize,
        memorySize: segment.all * pageSize)
      offset += segment.held * pageSize
    }
    if isExtended {
      var section = [UInt8](repeating: 0, count: Self.sectionHeaderSize)
      // sh_info.
      section.put(UInt32(clamping: count), at: 44)
      head += section
    }
    try file.write(head + notes, at: 0)
    try await writePages(to: file, from: start)
  }

  private func writePages(to file: OutputFile, from start: UInt64) async throws {
    let memory = draft.memory
    var offset = start
    let held = segments.flatMap { segment in
      (segment.start.rawValue..<(segment.start.rawValue + segment.held)).map { PageFrame($0) }
    }
    try await OrderedBatches.run(held) { (frames) throws(DumpWritingFailure) in
      var data: [UInt8] = []
      for frame in frames {
        guard let page = try? memory.page(frame) else { throw .lostPage(frame) }
        data += page.array
      }
      return data
    } consume: { data in
      try file.write(data, at: offset)
      offset += UInt64(data.count)
    }
  }

  /// `Elf64_Ehdr`.
  private func header(count: Int, sectionOffset: Int) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: Self.headerSize)
    header.put(ELFHeader.magic + [2, 1, 1], at: 0)
    header.put(ELFHeader.coreType, at: 16)
    header.put(ELFHeader.code(of: draft.machine), at: 18)
    header.put(UInt32(1), at: 20)
    header.put(UInt64(Self.headerSize), at: 32)
    header.put(UInt64(sectionOffset), at: 40)
    header.put(UInt16(Self.headerSize), at: 52)
    header.put(UInt16(Self.programHeaderSize), at: 54)
    header.put(UInt16(clamping: min(count, Self.mostSegments)), at: 56)
    header.put(UInt16(Self.sectionHeaderSize), at: 58)
    header.put(UInt16(sectionOffset > 0 ? 1 : 0), at: 60)
    return header
  }

  /// `Elf64_Phdr`.
  private func programHeader(
    type: UInt32, offset: UInt64, virtual: UInt64, physical: UInt64, fileSize: UInt64,
    memorySize: UInt64
  ) -> [UInt8] {
    var header: [UInt8] = []
    header.append(word: type)
    header.append(word: UInt32(0))
    for value in [offset, virtual, physical, fileSize, memorySize, 0] { header.append(word: value) }
    return header
  }
}
