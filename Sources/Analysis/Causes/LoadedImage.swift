internal import ByteKit
internal import DebugInfo
internal import Evidence
internal import Memory

/// The code and data of the kernel, or of one module, as they lie in memory.
struct LoadedImage {
  private let code: [Range<VirtualAddress>]
  private let data: [Range<VirtualAddress>]
  private let subject: Subject

  /// Code and data of a kernel are tens of megabytes; a damaged dump may say anything.
  private static let mostBytes: UInt64 = 1 << 28

  /// Finds a module by its name, or the kernel; empty where the evidence does not tell its place.
  init(of module: String?, in subject: Subject) {
    self.subject = subject
    if let module {
      code = subject.modules.first { $0.name == module }?.ranges ?? []
      data = code
    } else {
      code = Self.range("_stext", "_etext", in: subject)
      data = Self.range("_etext", "_end", in: subject)
    }
  }

  private static func range(
    _ first: String, _ last: String, in subject: Subject
  ) -> [Range<VirtualAddress>] {
    guard let start = subject.symbols.symbol(named: first)?.address,
      let end = subject.symbols.symbol(named: last)?.address, start < end
    else { return [] }
    return [start..<end]
  }

  /// The functions whose code can be read and that satisfy a condition, by address.
  func functions(where condition: (FunctionCode) -> Bool) -> [FunctionCode] {
    var found: [FunctionCode] = []
    var budget = Self.mostBytes
    var last: VirtualAddress?
    for index in 0..<subject.symbols.count where subject.symbols.kind(of: index) == .function {
      let address = subject.symbols.address(of: index)
      // Of several names for one address the first is the one people know.
      guard address != last, code.contains(where: { $0.contains(address) }) else { continue }
      last = address
      let symbol = subject.symbols[index]
      guard symbol.size <= budget else { break }
      budget -= symbol.size
      guard let function = FunctionCode(of: symbol, in: subject), condition(function)
      else { continue }
      found.append(function)
    }
    return found
  }

  /// The places in the data, at multiples of eight bytes, where one of these addresses stands.
  func places(of addresses: Set<VirtualAddress>) -> [VirtualAddress: [VirtualAddress]] {
    guard let first = addresses.min(), let last = addresses.max() else { return [:] }
    var places: [VirtualAddress: [VirtualAddress]] = [:]
    for page in pages {
      guard let contents = try? subject.memory.page(at: page) else { continue }
      let span = contents.bytes.span
      for offset in stride(from: 0, to: contents.bytes.count, by: 8) {
        guard let word = span.load(UInt64.self, at: offset), word >= first.rawValue,
          word <= last.rawValue, addresses.contains(VirtualAddress(word)),
          contents.known?[offset / 8] ?? true
        else { continue }
        let place = page.advanced(by: offset)
        guard data.contains(where: { $0.contains(place) }) else { continue }
        places[VirtualAddress(word), default: []].append(place)
      }
    }
    return places
  }

  /// The pages of the data, each once, by address.
  private var pages: [VirtualAddress] {
    var pages: Set<VirtualAddress> = []
    let size = subject.memory.pageSize
    for range in data {
      let length = min(range.upperBound.offset(from: range.lowerBound), Self.mostBytes)
      var page = size.start(of: range.lowerBound)
      let end = range.lowerBound.advanced(by: length)
      while page < end {
        pages.insert(page)
        page = page.advanced(by: size.bytes)
      }
    }
    return pages.sorted()
  }
}
