internal import Evidence

/// The slab objects in use, by the size of the caches that `kmalloc` takes from.
///
/// The kernel has several caches of a size: for memory that is charged (`-cg`), that can be
/// reclaimed (`-rcl`), for DMA, and at random (`-rnd-01` to `-rnd-15`, later `-part-`).
struct SizeShares {
  /// What is of each size, and what is in other caches.
  let shares: [OwnerShare]

  /// Divides the caches.
  init(_ subject: Subject, _ stock: SlabStock) {
    var parts: [String: [OwnerShare.Part]] = [:]
    var others: [OwnerShare.Part] = []
    for (cache, objects) in stock.objects.enumerated() where objects > 0 {
      let part = stock.part(objects, of: cache)
      if let size = Self.size(subject.census.caches[cache].name) {
        parts[size, default: []].append(part)
      } else {
        others.append(part)
      }
    }
    var shares = parts.map { OwnerShare(name: "kmalloc-\($0)", kind: .size, parts: $1) }
    if !others.isEmpty {
      shares.append(OwnerShare(name: "other caches", kind: .other, parts: others))
    }
    self.shares = shares
  }

  /// The size in the name of a cache of `kmalloc`'s, as the kernel writes it: `128`, `1k`.
  static func size(_ name: String) -> String? {
    let words = name.split(separator: "-", omittingEmptySubsequences: false)
    guard let last = words.last, isSize(last) else { return nil }
    // dma-kmalloc-N until Linux 1291523f2c1d ("mm, slab/slub: introduce kmalloc-reclaimable
    // caches") and its neighbours, v4.20; size-N in SLAB until v3.6.
    switch words.first {
    case "kmalloc": break
    case "dma" where words.dropFirst().first == "kmalloc": break
    case "size" where words.count == 2: break
    default: return nil
    }
    let kinds = words.dropFirst(words.first == "dma" ? 2 : 1).dropLast()
    guard kinds.allSatisfy({ Self.kinds.contains($0) || $0.allSatisfy(\.isNumber) }) else {
      return nil
    }
    return String(last)
  }

  private static let kinds: Set<Substring> = ["cg", "rcl", "dma", "rnd", "part"]

  private static func isSize(_ text: Substring) -> Bool {
    let digits = text.last.map { "kM".contains($0) } == true ? text.dropLast() : text
    return !digits.isEmpty
      && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
  }
}
