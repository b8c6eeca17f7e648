import ByteKit
import DumpFiles
import Memory

/// The memory that a trimmed dump holds, made of that of the whole dump.
struct TrimmedPages: PhysicalMemory {
  private let memory: any PhysicalMemory
  private let record: TrimRecord
  private let pointers: PointerPages
  private let redaction: (redactor: Redactor, fields: FieldMap)?

  init(
    _ memory: any PhysicalMemory, record: TrimRecord, pointers: PointerPages,
    redaction: (redactor: Redactor, fields: FieldMap)?
  ) {
    self.memory = memory
    self.record = record
    self.pointers = pointers
    self.redaction = redaction
  }

  var pageSize: PageSize { memory.pageSize }

  var frames: [Range<PageFrame>] { memory.frames }

  func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    switch record.content(of: frame) {
    case .whole, .zero: try whole(frame)
    case .pointers: pointers.reduced(try memory.pageToSearch(frame))
    case .absent(let absence): throw absence
    }
  }

  private func whole(_ frame: PageFrame) throws(Absence) -> Bytes {
    guard let (redactor, fields) = redaction else { return try memory.page(frame) }
    return try redactor.page(frame, of: memory, fields: fields.fields(of: frame))
  }

  func absence(of frame: PageFrame) -> Absence? {
    if case .absent(let absence) = record.content(of: frame) { absence } else { nil }
  }
}
