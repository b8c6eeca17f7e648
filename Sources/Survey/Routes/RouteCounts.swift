public import Evidence
public import KernelImage
import Memory

/// The audit of the counts in routes: which are held by nobody.
///
/// A socket, a packet, a cache of a tunnel or whatever else holds a route has a pointer to it. So the
/// words that lead to its start are the most holders that it can have. Words that lead into it are
/// those of lists, which hold nobody, or have the lowest bit set: packets that only borrow the route
/// mark it so (SKB_DST_NOREF).
public struct RouteCounts: RouteAudit {
  /// Routes that are told of together.
  private struct Key: Hashable {
    let operations: String
    let device: VirtualAddress
    /// Nil where several are told of together.
    let destination: String?
  }

  private struct Held {
    let entry: RouteTable.Entry
    let key: Key
    let words: Int
    var surplus: Int { entry.count - words }
  }

  private let kernel: Kernel
  private let census: Census
  private let scan: any ReferenceScan

  /// Fewer references are not looked for: calls in progress hold some.
  private static let fewest = 64
  /// How many destinations are told.
  private static let mostDestinations = 3
  /// The lowest three bits of a pointer, of which the first marks it as borrowed.
  private static let borrowed = 1..<2
  private static let pointerSize = 8

  /// Prepares an audit of the kernel that a census was taken of.
  public init(_ kernel: Kernel, census: Census, scan: any ReferenceScan) {
    self.kernel = kernel
    self.census = census
    self.scan = scan
  }

  /// The routes by device and destination whose counts exceed all words that lead to them.
  public func surpluses() async -> [RouteSurplus] {
    guard let layout = try? RouteLayout(kernel.types) else { return [] }
    let table = RouteTable(kernel, census: census, layout: layout)
    let doubtful = Dictionary(grouping: table.entries, by: \.device).values
      .filter { $0.reduce(0) { $0 + $1.count } >= Self.fewest }.flatMap { $0 }
    guard !doubtful.isEmpty else { return [] }
    let targets = ReferenceTargets(
      doubtful.map(\.slot), links: [Self.borrowed, Self.pointerSize..<Field.largestStructure])
    guard let references = await scan.references(to: [targets], besides: []).first else {
      return []
    }
    let words = Dictionary(
      zip(references.slots, references.counts.lazy.map(\.total)),
      uniquingKeysWith: { first, _ in first })
    let names = RouteNames(kernel, layout: layout)
    let held = doubtful.sorted { $0.slot < $1.slot }.compactMap { entry -> Held? in
      let words = words[entry.slot] ?? 0
      guard entry.count > words, let operations = table.operations[entry.operations] else {
        return nil
      }
      let destination = names.destination(of: entry, type: RouteNames.type(of: operations))
      let key = Key(operations: operations, device: entry.device, destination: destination)
      return Held(entry: entry, key: key, words: words)
    }
    return batches(held).map { surplus($0, names, references.coverage) }
      .sorted { ($1.surplus, $0.slots[0]) < ($0.surplus, $1.slots[0]) }
  }

  /// Divides routes by destination, where many references are left over of one; the others of a
  /// device are told of together.
  private func batches(_ held: [Held]) -> [[Held]] {
    func isLarge(_ batch: [Held]) -> Bool { batch.reduce(0) { $0 + $1.surplus } >= Self.fewest }
    let byDestination = Dictionary(grouping: held, by: \.key).values
    let rest = Dictionary(grouping: byDestination.filter { !isLarge($0) }.flatMap { $0 }) {
      Key(operations: $0.key.operations, device: $0.key.device, destination: nil)
    }.values
    return (byDestination.filter(isLarge) + rest.filter(isLarge))
  }

  private func surplus(
    _ batch: [Held], _ names: RouteNames, _ coverage: ScanCoverage
  ) -> RouteSurplus {
    let key = batch[0].key
    var counts: [String: Int] = [:]
    for held in batch {
      if let destination = held.key.destination { counts[destination, default: 0] += held.surplus }
    }
    let destinations = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    var found = RouteSurplus(
      type: RouteNames.type(of: key.operations), operations: key.operations,
      device: names.device(at: key.device),
      isOfRemovedDevice: key.device == blackhole,
      destinations: Array(destinations.prefix(Self.mostDestinations)),
      otherDestinations: max(0, destinations.count - Self.mostDestinations), coverage: coverage)
    found.slots = batch.map(\.entry.slot).sorted()
    for held in batch {
      found.references += held.entry.count
      found.words += held.words
      found.surplus += held.surplus
    }
    return found
  }

  /// The device that routes of removed ones are moved to, since 8d7017fd621d ("blackhole_netdev: use
  /// blackhole_netdev to invalidate dst entries"), v5.3.
  private var blackhole: VirtualAddress? {
    kernel.address(of: "blackhole_netdev")
      .flatMap { try? kernel.memory.pointer(at: $0) }.map { kernel.machine.untagged($0) }
  }
}
