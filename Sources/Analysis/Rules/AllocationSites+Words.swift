public import DebugInfo
public import Evidence
public import Memory

extension AllocationSites {
  /// What is told about each way to the allocator, in a clause: that of most objects first.
  ///
  /// The first clause also says how many objects were looked at, have no record, and are how old.
  public func sentences(in symbols: SymbolTable) -> [String] {
    sites.enumerated().map { number, site in
      let place = site.words(in: symbols)
      guard number == 0 else { return "\(site.count.grouped) of them \(place)" }
      return "\(site.count.grouped) of \(examined.grouped) \(place)" + unknown + age
    }
  }

  private var unknown: String {
    let count = examined - recorded
    return count == 0 ? "" : "; \(count.grouped) \(count == 1 ? "has" : "have") no record"
  }

  private var age: String {
    guard let ages else { return "" }
    let (last, first) = (Self.seconds(ages.lowerBound), Self.seconds(ages.upperBound))
    return last == first ? "; \(last) before the dump" : "; \(last) to \(first) before the dump"
  }

  private static func seconds(_ value: Double) -> String {
    value < 10 ? "\(Double((value * 10).rounded()) / 10) s" : "\(Int(value).grouped) s"
  }
}

extension AllocationSites.Site {
  /// `were allocated by` and the callers: the allocator's own caller first.
  public func words(in symbols: SymbolTable) -> String {
    let callers = stack.map { symbols.caller(returningTo: $0)?.description ?? $0.description }
    let verb = count == 1 ? "was allocated by" : "were allocated by"
    guard let line else { return "\(verb) " + callers.joined(separator: " ← ") }
    let chain = callers.isEmpty ? "" : ": " + callers.joined(separator: " ← ")
    return "\(verb) \(line.words)\(chain)"
  }
}

extension AllocationLine {
  /// The function, with its module and the place in the source: `f [m] (m.c:25)`.
  public var words: String {
    let owner = module.map { " [\($0)]" } ?? ""
    return "\(function)\(owner) (\(file):\(line))"
  }
}

extension SymbolTable {
  /// The function that a call returns to, or nil when none is known.
  ///
  /// A function that ends with a call which never returns has the return address behind its end.
  public func caller(returningTo address: VirtualAddress) -> SymbolReference? {
    if let reference = reference(to: address) { return reference }
    return reference(to: address.advanced(by: -1)).map {
      SymbolReference(symbol: $0.symbol, offset: $0.offset + 1)
    }
  }
}
