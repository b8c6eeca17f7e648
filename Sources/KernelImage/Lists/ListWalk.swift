public import Memory

/// The entries of a kernel list that a walk saw, and why it ended.
///
/// A walk never goes round in circles and never loses what it saw before it failed.
public struct ListWalk: Sendable {
  /// Why a walk ended.
  public enum End: Hashable, Sendable {
    /// The list ended as such a list does.
    case complete
    /// The list leads back into itself; every entry was seen once.
    case cyclic
    /// The link at this address cannot be read.
    case absent(Absence, at: VirtualAddress)
    /// There are more entries than the caller wanted.
    case limit
  }

  /// The addresses of the entries, in the list's order.
  public private(set) var entries: [VirtualAddress]
  /// Why the walk ended.
  public let end: End

  /// The most entries that a walk returns unless it is told otherwise.
  public static let usualLimit = 1 << 24

  /// Walks a `struct list_head` list: from `head` along the first word of each link back to it.
  ///
  /// An entry's address is its link's, less `offset`: where the link is in the entry. Tags that
  /// `machine` has in its pointers are taken off.
  public init(
    circle head: VirtualAddress, offset: Int, in memory: some VirtualMemory, of machine: Machine,
    limit: Int = usualLimit
  ) {
    self.init(from: head, next: 0, offset: offset, in: memory, machine, limit) { $0 == head }
  }

  /// Walks a chain that ends in NULL: `struct hlist_head`, `struct llist_head` or any of its kind.
  ///
  /// `start` holds the address of the first link, and the word `next` bytes into each link that of
  /// the next. An odd pointer ends the chain as well (`struct hlist_nulls_head`).
  public init(
    chain start: VirtualAddress, next: Int = 0, offset: Int, in memory: some VirtualMemory,
    of machine: Machine, limit: Int = usualLimit
  ) {
    self.init(from: start, next: next, offset: offset, in: memory, machine, limit) {
      $0.rawValue == 0 || $0.rawValue & 1 != 0
    }
  }

  private init(
    from head: VirtualAddress, next: Int, offset: Int, in memory: some VirtualMemory,
    _ machine: Machine, _ limit: Int, isEnd: (VirtualAddress) -> Bool
  ) {
    var entries: [VirtualAddress] = []
    var place = head
    // Brent's method: a marker that moves up at every power of two meets any cycle.
    var marker: VirtualAddress?
    var markerIndex = 0
    var nextMarker = 1
    while true {
      let link: VirtualAddress
      do throws(Absence) {
        link = machine.untagged(try memory.pointer(at: place))
      } catch {
        self.init(entries: entries, end: .absent(error, at: place))
        return
      }
      if isEnd(link) {
        self.init(entries: entries, end: .complete)
        return
      }
      let entry = link.advanced(by: -offset)
      if entry == marker {
        self.init(cycle: entries.count - markerIndex, in: entries)
        return
      }
      guard entries.count < limit else {
        self.init(entries: entries, end: .limit)
        return
      }
      if entries.count + 1 == nextMarker {
        (marker, markerIndex, nextMarker) = (entry, entries.count, nextMarker * 2)
      }
      entries.append(entry)
      place = link.advanced(by: next)
    }
  }

  /// Why the walk ended before the list did, as damage to the list called `name`, or nothing.
  func damage(of name: String) -> [Damage] {
    switch end {
    case .complete: []
    case .cyclic: [Damage("\(name) leads back into itself")]
    case .absent(let absence, let place): [Damage("\(name) leads to what is \(absence)", at: place)]
    case .limit: [Damage("\(name) has more entries than it can have")]
    }
  }

  private init(entries: [VirtualAddress], end: End) {
    self.entries = entries
    self.end = end
  }

  /// Keeps each entry once when a walk ran into a cycle of `length` entries.
  private init(cycle length: Int, in entries: [VirtualAddress]) {
    var start = 0
    while start + length < entries.count, entries[start] != entries[start + length] { start += 1 }
    self.init(entries: Array(entries.prefix(start + length)), end: .cyclic)
  }
}
