public import ByteKit
public import Memory

/// A dump's memory that notes which of its pages are looked at, and which of their words are read.
public struct WatchedMemory: PhysicalMemory, FieldWatcher {
  private let memory: any PhysicalMemory
  private let touched: TouchedFrames

  /// Watches over some memory.
  public init(_ memory: any PhysicalMemory, touched: TouchedFrames) {
    self.memory = memory
    self.touched = touched
  }

  /// The size of the pages.
  public var pageSize: PageSize { memory.pageSize }

  /// The page frames that the dump knows as memory.
  public var frames: [Range<PageFrame>] { memory.frames }

  /// Notes that some bytes were read, which lie in one page.
  public func note(_ use: FieldUse, at address: PhysicalAddress, count: Int) {
    let offset = Int(truncatingIfNeeded: address.rawValue & pageSize.mask)
    let end = min(offset + max(0, min(count, pageSize.bytes)), pageSize.bytes)
    touched.fields.note(
      use, offset..<end, of: pageSize.frame(of: address), pageSize: pageSize)
  }

  /// The contents of a page frame; throws `Absence` when the dump does not hold them.
  public func page(_ frame: PageFrame) throws(Absence) -> Bytes {
    touched.note(.read, at: frame)
    do throws(Absence) {
      return try memory.page(frame)
    } catch {
      if case .corrupt = error { touched.note(error, of: frame) }
      throw error
    }
  }

  /// The contents of a page frame for a search; throws `Absence` when there are none.
  public func pageToSearch(_ frame: PageFrame) throws(Absence) -> Bytes {
    touched.note(.searched, at: frame)
    do throws(Absence) {
      return try memory.pageToSearch(frame)
    } catch {
      if case .corrupt = error { touched.note(error, of: frame) }
      throw error
    }
  }

  /// Why a page frame cannot be read; who asks must get the same answer from a smaller dump.
  public func absence(of frame: PageFrame) -> Absence? {
    touched.note(.read, at: frame)
    return memory.absence(of: frame)
  }

  /// What the dump has of a page frame; who asks must get the same answer from a smaller dump.
  public func status(of frame: PageFrame) -> PageStatus {
    touched.note(.read, at: frame)
    return memory.status(of: frame)
  }
}
