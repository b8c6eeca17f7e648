internal import DebugInfo
internal import Memory

/// The compile units read last, each of which takes a few megabytes, and which addresses they define.
struct UnitCache {
  /// A unit of one of the files.
  struct Key: Hashable {
    let file: Int
    let offset: UInt64
  }

  private static let limit = 64
  private static let placesLimit = 100_000

  private var places: [VirtualAddress: Key?] = [:]
  private var units: [Key: (unit: CompileUnit, lastUse: Int)] = [:]
  private var uses = 0

  /// Which unit defines what is at an address, if it was looked for before: none, if nil is inside.
  func place(of address: VirtualAddress) -> Key?? { places[address] }

  /// Keeps which unit defines what is at an address.
  mutating func keep(_ key: Key?, for address: VirtualAddress) {
    if places.count >= Self.placesLimit { places = [:] }
    places[address] = .some(key)
  }

  subscript(key: Key) -> CompileUnit? {
    mutating get {
      guard let unit = units[key]?.unit else { return nil }
      uses += 1
      units[key] = (unit, uses)
      return unit
    }
  }

  /// Keeps a unit, in place of the one that was not used for longest.
  mutating func keep(_ unit: CompileUnit, as key: Key) {
    if units.count >= Self.limit,
      let oldest = units.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      units[oldest.key] = nil
    }
    uses += 1
    units[key] = (unit, uses)
  }
}
