public import Evidence
internal import Memory

/// The objects of some or all caches, one a line, by address: made for millions of them.
///
/// A JSON line is put together from bytes rather than encoded, which is ten times as fast.
public struct ObjectListing: Sendable {
  /// How a line is written.
  public enum Format: Sendable {
    /// Address, state and cache name, for people.
    case text
    /// A JSON object a line, for programs.
    case jsonLines
  }

  private let census: Census
  private let listed: [Bool]
  private let states: Set<ObjectStateKind>

  /// Lists the objects in some states, of the caches with these indices; nil stands for all caches.
  public init(_ subject: Subject, caches: [Int]?, states: Set<ObjectStateKind>) {
    census = subject.census
    self.states = states
    var listed = [Bool](repeating: caches == nil, count: census.caches.count)
    for cache in caches ?? [] where listed.indices.contains(cache) { listed[cache] = true }
    self.listed = listed
  }

  /// Hands out the lines, some thousands at a time, until all are out or `body` throws.
  public func write<Failure: Error>(
    as format: Format, to body: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let parts = census.caches.map { LineParts(of: $0, as: format) }
    var buffer = LineBuffer(capacity: Self.chunk * 2)
    for slab in census.slabs where listed[Int(slab.cache)] {
      let parts = parts[Int(slab.cache)]
      for index in 0..<Int(slab.slots) {
        let slot = slab.firstSlot + index
        let kind = census.stateKind(of: slot)
        guard states.contains(kind) else { continue }
        buffer.append(parts.beforeAddress)
        buffer.append(address: slab.object(index).rawValue)
        buffer.append(parts.behindAddress[Int(kind.rawValue)])
        if kind != .allocated { buffer.append(parts.reason(census.state(of: slot), census)) }
        buffer.append(parts.end)
      }
      if buffer.bytes.count >= Self.chunk {
        try body(buffer.bytes)
        buffer.removeAll()
      }
    }
    if !buffer.bytes.isEmpty { try body(buffer.bytes) }
  }

  /// About how many bytes are handed out at once.
  private static let chunk = 1 << 18
}
