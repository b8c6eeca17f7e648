import ByteKit
import Evidence
import Memory

/// The page frames of a dump, counted by the condition they are in.
struct PageTally {
  /// How many are in each condition.
  private(set) var counts: [PageCondition: Int] = [:]
  /// How many frames between them are no memory, or nothing that the dump speaks of.
  private(set) var holes = 0
  /// How many pages were read to see whether they can be, and how many cannot.
  private(set) var tried = (pages: 0, corrupt: 0)
  private let memory: any PhysicalMemory

  private let mostFrames: UInt64

  /// More frames take longer than what is told of them is worth.
  private static let mostFrames = UInt64(1) << 26
  /// A byte of a bitmap tells of so many frames; nothing in a file tells of more.
  private static let framesOfByte: UInt64 = 8
  /// As many pages are decompressed in well under a second.
  private static let mostTried = 1 << 16
  /// Where most pages are zeros or left out, as many frames are asked for one that is there.
  private static let mostLookedAt = 1 << 20

  /// Counts the frames by what the files say of each, without reading any.
  ///
  /// A damaged header can claim more frames than could ever be looked at one by one: how many are is
  /// bounded by the size of the files in bytes.
  init(_ memory: any PhysicalMemory, fileSize: Int) {
    self.memory = memory
    let (told, overflow) = UInt64(fileSize).multipliedReportingOverflow(by: Self.framesOfByte)
    mostFrames = overflow ? Self.mostFrames : min(told, Self.mostFrames)
    var end: UInt64?
    for range in memory.frames {
      if let end { holes &+= Int(clamping: range.lowerBound.rawValue &- end) }
      end = range.upperBound.rawValue
    }
    for range in lookedAt {
      let found = memory.statusCounts(
        of: PageFrame(range.lowerBound)..<PageFrame(range.upperBound))
      for (status, count) in found { counts[PageCondition(status), default: 0] += count }
    }
    let looked = counts.values.reduce(0, +)
    let all = memory.frames.reduce(0) {
      $0 &+ Int(clamping: $1.upperBound.rawValue &- $1.lowerBound.rawValue)
    }
    if all > looked { counts[.notLookedAt] = all - looked }
  }

  /// The numbers of the frames that are looked at: all of them, but in a damaged dump.
  private var lookedAt: [Range<UInt64>] {
    var left = mostFrames
    return memory.frames.map { range in
      let start = range.lowerBound.rawValue
      let count = min(range.upperBound.rawValue - start, left)
      left -= count
      return start..<(start + count)
    }
  }

  /// Reads pages that the file has, all or some from everywhere, to see whether they decompress.
  mutating func tryContents() {
    let present = counts[.present] ?? 0
    let ranges = lookedAt
    let all = ranges.reduce(0) { $0 + $1.count }
    let step = max(all / Self.mostLookedAt, present / Self.mostTried) + 1
    for range in ranges {
      for frame in stride(from: range.lowerBound, to: range.upperBound, by: step)
      where memory.status(of: PageFrame(frame)) == .present {
        tried.pages += 1
        if (try? memory.page(PageFrame(frame))) == nil { tried.corrupt += 1 }
      }
    }
    guard step == 1, tried.corrupt > 0 else { return }
    counts[.present] = present - tried.corrupt
    counts[.corruptContents, default: 0] += tried.corrupt
  }

  /// What is said of pages that were tried and are corrupt, when not all were tried.
  var remark: String? {
    guard tried.corrupt > 0, counts[.corruptContents] == nil else { return nil }
    return "\(tried.corrupt.grouped) of \(tried.pages.counted("page")) that were tried, from "
      + "everywhere in the dump, do not decompress"
  }

  /// The counts in the order of a report: the present ones, those of zeros, then by number.
  var listed: [InputDescription.PageCount] {
    func rank(_ condition: PageCondition) -> Int {
      switch condition {
      case .present: 0
      case .zero: 1
      case .notLookedAt: 3
      default: 2
      }
    }
    var counts = counts
    counts[.present, default: 0] += 0
    return counts.map { InputDescription.PageCount(condition: $0, pages: $1) }
      .sorted {
        (rank($0.condition), -$0.pages, $0.condition.description)
          < (rank($1.condition), -$1.pages, $1.condition.description)
      }
  }
}
