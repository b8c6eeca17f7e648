internal import DebugInfo

/// The compile units read last; each takes a few megabytes.
struct UnitCache {
  /// A unit of one of the files.
  struct Key: Hashable {
    let file: Int
    let offset: UInt64
  }

  private static let limit = 64

  private var units: [Key: (unit: CompileUnit, lastUse: Int)] = [:]
  private var uses = 0

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
