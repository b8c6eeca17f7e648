internal import ByteKit
internal import Memory

/// The memory in a trimmed dump: pages that were reduced to pointers are there for searches alone.
struct TrimmedMemory: PhysicalMemory {
  private let file: any PhysicalMemory
  private let record: TrimRecord

  /// Applies what a dump says of itself to what is in its file, in pages of the same size.
  init(_ file: any PhysicalMemory, record: TrimRecord) {
    self.file = file
    self.record = record
  }

  var pageSize: PageSize { file.pageSize }

  var frames: [Range<PageFrame>] { file.frames }

  func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    switch record.content(of: frame) {
    case .whole, .zero: try file.page(frame)
    case .pointers: throw .reduced
    case .absent(let absence): throw absence
    }
  }

  func pageToSearch(_ frame: PageFrame) throws(Absence) -> Bytes {
    if case .absent(let absence) = record.content(of: frame) { throw absence }
    return try file.page(frame)
  }

  func absence(of frame: PageFrame) -> Absence? {
    if case .absent(let absence) = status(of: frame) { absence } else { nil }
  }

  func status(of frame: PageFrame) -> PageStatus {
    let content = record.content(of: frame)
    switch content {
    case .whole, .zero:
      if let absence = file.absence(of: frame) { return .absent(absence) }
      return content == .zero ? .zero : .present
    case .pointers: return .absent(.reduced)
    case .absent(let absence): return .absent(absence)
    }
  }
}
