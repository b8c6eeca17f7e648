public import DebugInfo
internal import Memory

/// How far a kernel ran from where it was linked, as the symbols in a text tell.
public struct RelocationVote: Hashable, Sendable {
  /// The distance in bytes.
  public let relocation: UInt64
  /// The symbols that lie so far from their place in the debug file.
  public let agreeing: Int
  /// The symbols of the text that the debug file has, too.
  public let compared: Int

  /// Compares the symbols of a session with those of a debug file at its own addresses; nil when
  /// they have none in common.
  ///
  /// A name that the file has several times says nothing, nor does a symbol of a module.
  public init?(_ facts: SessionFacts, linked: SymbolTable) {
    var votes: [UInt64: Int] = [:]
    var compared = 0
    for symbol in facts.symbols where symbol.module == nil {
      let found = linked.symbols(named: symbol.name)
      guard found.count == 1, let place = found.first?.address.rawValue else { continue }
      compared += 1
      votes[symbol.address &- place, default: 0] += 1
    }
    guard let best = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
    relocation = best.key
    agreeing = best.value
    self.compared = compared
  }
}
