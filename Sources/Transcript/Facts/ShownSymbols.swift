/// The symbols that a text shows, in its order, as columns: `sym -l` prints hundreds of thousands.
public struct ShownSymbols: RandomAccessCollection, Sendable {
  private var addresses: [UInt64] = []
  private var starts: [UInt32] = []
  private var names: [UInt8] = []
  private var kinds: [UInt8] = []
  /// One more than the index in `moduleNames`, or zero for none.
  private var modules: [UInt16] = []
  private var moduleNames: [String] = []
  private var moduleNumbers: [String: UInt16] = [:]
  /// By index, for the few whose reach is not zero.
  private var reaches: [Int: UInt64] = [:]

  /// The first index: 0.
  public var startIndex: Int { 0 }
  /// The number of symbols.
  public var endIndex: Int { addresses.count }

  /// The symbol with an index.
  public subscript(index: Int) -> ShownSymbol {
    ShownSymbol(
      name: String(decoding: nameBytes(index), as: UTF8.self), address: addresses[index],
      kind: kinds[index] == 0 ? nil : Character(Unicode.Scalar(kinds[index])),
      module: modules[index] == 0 ? nil : moduleNames[Int(modules[index]) - 1],
      reach: reaches[index] ?? 0)
  }

  /// The address of the symbol with an index.
  func address(_ index: Int) -> UInt64 { addresses[index] }

  /// Whether the symbol with an index is not shown to be a module's.
  func isKernel(_ index: Int) -> Bool { modules[index] == 0 }

  private func nameBytes(_ index: Int) -> ArraySlice<UInt8> {
    let end = index + 1 < starts.count ? Int(starts[index + 1]) : names.count
    return names[Int(starts[index])..<end]
  }

  mutating func append(_ symbol: ShownSymbol) {
    guard let start = UInt32(exactly: names.count) else { return }
    starts.append(start)
    names.append(contentsOf: symbol.name.utf8)
    addresses.append(symbol.address)
    kinds.append(symbol.kind?.asciiValue ?? 0)
    modules.append(symbol.module.map { number(of: $0) } ?? 0)
    if symbol.reach > 0 { reaches[addresses.count - 1] = symbol.reach }
  }

  private mutating func number(of module: String) -> UInt16 {
    if let known = moduleNumbers[module] { return known }
    guard moduleNames.count + 1 < UInt16.max else { return 0 }
    moduleNames.append(module)
    moduleNumbers[module] = UInt16(moduleNames.count)
    return UInt16(moduleNames.count)
  }
}
