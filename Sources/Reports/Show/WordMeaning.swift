internal import Evidence
internal import DebugInfo
internal import Memory

/// What one 8-byte word of this kernel's memory is, in words: the most telling reading of its value.
struct WordMeaning {
  private let subject: Subject

  init(_ subject: Subject) { self.subject = subject }

  /// A few words on a value, or nil when nothing is known of it but its digits.
  func words(for value: UInt64) -> String? {
    if value == 0 { return "0" }
    let address = VirtualAddress(value)
    if let object = subject.census.object(containing: address) { return words(for: object) }
    if let symbol = subject.symbols.reference(to: address) { return symbol.description }
    if let text = Self.text(value) { return "\"\(text)\"" }
    if let number = Self.number(value) { return number }
    return subject.addressSpace.use(of: address).map { "-> \($0.words)" }
  }

  private func words(for object: ObjectReference) -> String {
    let census = subject.census
    let cache = census.caches[Int(census.slabs[object.slab].cache)].name
    let state = census.stateKind(of: census.slot(of: object)).name
    let offset = object.offset == 0 ? "" : "+0x" + String(object.offset, radix: 16)
    return "-> \(state) \(cache)\(offset)"
  }

  /// Numbers that are no addresses: small ones, and negative ones such as `-ENOMEM`.
  private static func number(_ value: UInt64) -> String? {
    let signed = Int64(bitPattern: value)
    return signed.magnitude < 0x10000 ? "\(signed)" : nil
  }

  /// Four printable characters or more, with nothing but zeros behind them.
  private static func text(_ value: UInt64) -> String? {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    let characters = bytes.prefix { (0x20..<0x7f).contains($0) }
    guard characters.count >= 4, bytes[characters.count...].allSatisfy({ $0 == 0 }) else {
      return nil
    }
    return String(decoding: characters, as: UTF8.self)
  }
}

extension AddressRegion.Use {
  /// The region in words.
  var words: String {
    switch self {
    case .directMap: "the direct map of physical memory"
    case .pageStructs: "the array of struct page"
    case .vmalloc: "vmalloc memory"
    case .modules: "the modules"
    case .kernelImage: "the kernel's image"
    case .perCPU: "per-CPU memory"
    case .user: "user space"
    }
  }

  /// The region as programs read it.
  var name: String {
    switch self {
    case .directMap: "direct_map"
    case .pageStructs: "page_structs"
    case .vmalloc: "vmalloc"
    case .modules: "modules"
    case .kernelImage: "kernel_image"
    case .perCPU: "per_cpu"
    case .user: "user"
    }
  }
}
