import ByteKit
import DumpFiles
import Memory

/// The memory that a trimmed dump holds, made of that of the whole dump.
struct TrimmedPages: PhysicalMemory {
  private let memory: any PhysicalMemory
  private let record: TrimRecord
  private let pointers: PointerPages

  init(_ memory: any PhysicalMemory, record: TrimRecord, pointers: PointerPages) {
    self.memory = memory
    self.record = record
    self.pointers = pointers
  }

  var pageSize: PageSize { memory.pageSize }

  var frames: [Range<PageFrame>] { memory.frames }

  func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    switch record.content(of: frame) {
    case .whole, .zero: try memory.page(frame)
    case .pointers: pointers.reduced(try memory.pageToSearch(frame))
    case .absent(let absence): throw absence
    }
  }

  func absence(of frame: PageFrame) -> Absence? {
    if case .absent(let absence) = record.content(of: frame) { absence } else { nil }
  }
}
