internal import Evidence
internal import Memory

/// The parts of an object's line that all objects of a cache have in common.
struct LineParts: Sendable {
  let beforeAddress: [UInt8]
  /// By the raw value of the state.
  let behindAddress: [[UInt8]]
  let end: [UInt8]
  private let format: ObjectListing.Format

  init(of cache: SlabCache, as format: ObjectListing.Format) {
    self.format = format
    switch format {
    case .text:
      beforeAddress = []
      behindAddress = ObjectStateKind.allCases.map { kind in
        Array(" \(kind.name) \(cache.name.printable)".utf8)
      }
      end = Array("\n".utf8)
    case .jsonLines:
      beforeAddress = Array(#"{"address":""#.utf8)
      behindAddress = ObjectStateKind.allCases.map { kind in
        let name = cache.name.jsonLiteral
        let address = cache.knownAddress.map { #""\#($0)""# } ?? "null"
        return Array(
          #"","cache":\#(name),"cache_address":\#(address),"state":"\#(kind.name)""#.utf8)
      }
      end = Array("}\n".utf8)
    }
  }

  /// Where a free or pending object was found, or the fault that hides an object's state.
  func reason(_ state: ObjectState, _ census: Census) -> [UInt8] {
    let (key, reason): (String, String)
    switch state {
    case .allocated: return []
    case .free(let site): (key, reason) = ("where", site.name)
    case .pending(let site): (key, reason) = ("where", site.name)
    case .indeterminate(let fault):
      guard census.faults.indices.contains(fault) else { return [] }
      (key, reason) = ("fault", census.faults[fault].summary)
    }
    return switch format {
    case .text: Array(" (\(reason.printable))".utf8)
    case .jsonLines: Array(#","\#(key)":\#(reason.jsonLiteral)"#.utf8)
    }
  }
}
