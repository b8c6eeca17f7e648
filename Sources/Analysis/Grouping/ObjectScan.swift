internal import ByteKit
internal import Evidence
internal import Memory

/// An object whose contents are lent for a moment, as part of a span of bytes.
struct LentObject {
  /// Its slot in the census.
  let slot: Int
  /// Its address.
  let address: VirtualAddress
  /// Where it begins in the span.
  let offset: Int
  /// Its length in bytes; as many follow `offset` in the span.
  let count: Int
  /// Which of its words are known; nil when all are.
  let known: WordMask?
}

/// What of a slab could not be read.
struct UnreadParts {
  /// The allocated objects of which nothing could be read.
  var objects = 0
  /// The pages that are in the dump, but are no pages' contents.
  var corruptPages = 0

  static func += (sum: inout UnreadParts, other: UnreadParts) {
    sum.objects += other.objects
    sum.corruptPages += other.corruptPages
  }
}

/// Lends the contents of a cache's allocated objects, page by page.
struct ObjectScan {
  /// Of a larger object only this many bytes are looked at: the largest `kmalloc` cache of SLUB has
  /// objects of this size.
  static let longest = 8192

  let census: Census
  let memory: any VirtualMemory
  /// How many bytes of each object are lent.
  let length: Int
  private let pageSize: PageSize

  /// Prepares to read the objects of one cache.
  init(of cache: Int, in subject: Subject) {
    census = subject.census
    memory = subject.memory
    pageSize = subject.memory.pageSize
    let description = subject.census.caches[cache]
    let size = description.objectSize > 0 ? description.objectSize : description.slotSize
    length = max(0, min(size, description.slotSize, Self.longest))
  }

  /// Lends each allocated object of a slab that can be read, at least in part, to `body`; returns
  /// what cannot.
  @inline(__always) func forEachObject(
    ofSlab number: Int, _ body: (LentObject, RawSpan) -> Void
  ) -> UnreadParts {
    let slab = census.slabs[number]
    // A slab of another size than its cache says is damaged; its objects are as large as its slots.
    let count = min(length, Int(slab.slotSize))
    var unread = UnreadParts()
    guard count > 0 else {
      unread.objects = allocated(in: slab)
      return unread
    }
    var page: Page?
    var pageStart: UInt64?
    for index in 0..<Int(slab.slots) {
      let slot = slab.firstSlot + index
      guard census.stateKind(of: slot) == .allocated else { continue }
      let address = slab.object(index)
      let start = pageSize.start(of: address).rawValue
      if start != pageStart {
        page = self.page(at: address, &unread)
        pageStart = start
      }
      let offset = pageSize.offset(of: address)
      let fits = offset + count <= pageSize.bytes
      if fits, let page, page.known == nil, offset + count <= page.bytes.count {
        let object = LentObject(
          slot: slot, address: address, offset: offset, count: count, known: nil)
        body(object, page.bytes.span)
      } else if fits, page == nil {
        unread.objects += 1
      } else if case (let bytes, let known)? = gather(count, at: address) {
        let object = LentObject(
          slot: slot, address: address, offset: 0, count: count, known: known)
        body(object, bytes.span)
      } else {
        unread.objects += 1
      }
    }
    return unread
  }

  private func page(at address: VirtualAddress, _ unread: inout UnreadParts) -> Page? {
    do throws(Absence) {
      return try memory.page(at: address)
    } catch {
      // All other reasons are known without reading.
      if error == .corrupt(.contents) { unread.corruptPages += 1 }
      return nil
    }
  }

  private func allocated(in slab: Slab) -> Int {
    let slots = slab.firstSlot..<(slab.firstSlot + Int(slab.slots))
    return slots.count(where: { census.stateKind(of: $0) == .allocated })
  }

  /// The contents of an object that crosses pages or is known in part; nil when no word is known.
  private func gather(_ count: Int, at address: VirtualAddress) -> (Bytes, WordMask?)? {
    var joined = [UInt8](repeating: 0, count: count)
    var known = WordMask(words: (count + 7) / 8)
    var missing = false
    var found = false
    var done = 0
    while done < count {
      let next = address.advanced(by: done)
      let offset = pageSize.offset(of: next)
      let size = min(count - done, pageSize.bytes - offset)
      if let page = try? memory.page(at: next),
        let part = page.bytes.slice(offset..<(offset + size))
      {
        joined.replaceSubrange(done..<(done + size), with: part.array)
        for position in stride(from: 0, to: size, by: 8) {
          let isKnown = page.known?[(offset + position) / 8] ?? true
          known[(done + position) / 8] = isKnown
          if isKnown { found = true } else { missing = true }
        }
      } else {
        missing = true
      }
      done += size
    }
    return found ? (Bytes(joined), missing ? known : nil) : nil
  }
}
