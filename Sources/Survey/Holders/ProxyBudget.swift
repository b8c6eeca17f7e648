import ByteKit
import Evidence
import KernelImage
import Memory

/// What may hold objects through what stands for them: who has a pointer to a `struct dma_buf` or
/// `struct socket` often holds its file.
struct ProxyBudget: Sendable {
  private let kernel: Kernel
  private let census: Census
  private let dentries: DentryTable?
  /// How many words that lead to each proxy are of no holder.
  private var ownWords: [UInt32: Int] = [:]
  /// Where proxies have pointers back to the objects that they stand for, which hold nobody.
  private(set) var wayBack: Set<VirtualAddress> = []

  /// Pointers to proxies that hold nobody: those that make them proxies, and epoll's.
  private static let strangers = [
    CountedType.Pointers(
      structures: ["file"], anchors: TaskLayout.anchors, cache: "filp", members: ["private_data"]),
    CountedType.Pointers(
      structures: ["epitem"], anchors: ["do_epoll_ctl", "eventpoll_release_file"],
      cache: "eventpoll_epi", members: ["ep", "rdllink.next", "rdllink.prev"]),
  ]
  /// No object in a slab is larger, in bytes.
  private static let largestObject = 1 << 16

  /// Looks at what stands for suspects.
  init(_ suspects: [Suspect], _ kernel: Kernel, census: Census, dentries: DentryTable?) {
    self.kernel = kernel
    self.census = census
    self.dentries = dentries
    let proxies = Set(suspects.compactMap(\.proxy))
    guard !proxies.isEmpty else { return }
    for pointers in Self.strangers {
      var found: [UInt32] = []
      PointerSearch(pointers, kernel, census: census)?.each { _, target in
        if let slot = slot(of: target), proxies.contains(slot) { found.append(slot) }
      }
      for slot in found { ownWords[slot, default: 0] += 1 }
    }
    let sockets = Set(census.caches(named: "sock_inode_cache"))
    for suspect in suspects {
      guard let proxy = suspect.proxy else { continue }
      addParts(of: suspect, proxy, isSocket: cache(of: proxy).map(sockets.contains) ?? false)
    }
  }

  /// The slots of all proxies.
  static func slots(of suspects: [Suspect]) -> [UInt32] {
    Set(suspects.compactMap(\.proxy)).sorted()
  }

  /// How many of the words that lead to a proxy may be a holder's.
  func budget(of proxy: UInt32, words: Int) -> Int { max(0, words - (ownWords[proxy] ?? 0)) }

  private func slot(of address: VirtualAddress) -> UInt32? {
    census.object(containing: address).map { UInt32(truncatingIfNeeded: census.slot(of: $0)) }
  }

  private func cache(of slot: UInt32) -> Int? {
    census.object(inSlot: Int(slot)).map { Int(census.slabs[$0.slab].cache) }
  }

  /// Counts the words to a proxy in what belongs to the object that it stands for.
  private mutating func addParts(of suspect: Suspect, _ proxy: UInt32, isSocket: Bool) {
    for (place, target) in words(in: proxy) where slot(of: target) == suspect.slot {
      wayBack.insert(place)
    }
    var parts: Set<UInt32> = [suspect.slot]
    if let entry = suspect.dentry.flatMap({ dentries?.entry(at: $0) }) {
      parts.insert(entry.slot)
      if let inode = slot(of: entry.inode) { parts.insert(inode) }
    }
    if isSocket { parts.formUnion(words(in: proxy).compactMap { slot(of: $0.target) }) }
    parts.remove(proxy)
    for part in parts {
      // The pointer that makes it a proxy is counted already.
      let count = words(in: part).count { slot(of: $0.target) == proxy }
      ownWords[proxy, default: 0] += part == suspect.slot ? count - 1 : count
    }
  }

  /// The words of an object that are kernel addresses.
  private func words(in slot: UInt32) -> [(place: VirtualAddress, target: VirtualAddress)] {
    guard let object = census.object(inSlot: Int(slot)) else { return [] }
    let address = census.address(of: object)
    let size = min(Int(census.slabs[object.slab].slotSize), Self.largestObject)
    guard let bytes = try? kernel.memory.bytes(at: address, count: size) else { return [] }
    return (0..<(size / 8)).compactMap { number in
      guard let word = bytes.load(UInt64.self, at: number * 8), word >> 63 == 1 else { return nil }
      return (
        address.advanced(by: number * 8), kernel.machine.untagged(VirtualAddress(word))
      )
    }
  }
}
