import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// The static variables of the kernel and its modules that hold the address of a cache.
///
/// They are the only names that are left of a cache that was merged into another without sysfs.
struct CacheVariables: Sendable {
  /// The variables by the address of the cache, in the order of their own addresses.
  private(set) var variables: [VirtualAddress: [SymbolReference]] = [:]

  /// How many variables of one cache are kept.
  private static let mostVariables = 64
  /// How much memory is looked at by one task, and in all, in bytes.
  private static let bytesPerTask: UInt64 = 1 << 20
  private static let mostBytes: UInt64 = 1 << 28

  /// Looks at every word of static data.
  static func all(_ kernel: Kernel, caches: [SurveyedCache]) async -> CacheVariables {
    let addresses = Set(caches.map(\.cache.address))
    guard let first = addresses.min(), let last = addresses.max() else { return CacheVariables() }
    let found = await concurrently(parts(kernel)) { part in
      words(in: part, kernel) {
        $0 >= first && $0 <= last && addresses.contains($0)
      }
    }
    var result = CacheVariables()
    for (place, cache) in found.flatMap({ $0 }) {
      // The array of the general caches says no more than their names do.
      guard result.variables[cache, default: []].count < mostVariables,
        let variable = kernel.symbols.reference(to: place), variable.symbol.kind != .function,
        variable.symbol.name != "kmalloc_caches"
      else { continue }
      result.variables[cache, default: []].append(variable)
    }
    return result
  }

  /// Static data, cut into parts: read-only data has what is written at boot only.
  private static func parts(_ kernel: Kernel) -> [Range<VirtualAddress>] {
    var ranges = [("__start_rodata", "__end_rodata"), ("_sdata", "_end")].compactMap {
      range($0, $1, kernel)
    }
    // The pages of what was needed at boot only were given back since.
    if let boot = range("__init_begin", "__init_end", kernel) {
      ranges = ranges.flatMap { range in
        [
          range.lowerBound..<max(range.lowerBound, min(range.upperBound, boot.lowerBound)),
          min(range.upperBound, max(range.lowerBound, boot.upperBound))..<range.upperBound,
        ]
      }
    }
    ranges += kernel.modules.modules.flatMap(\.ranges)
    var parts: [Range<VirtualAddress>] = []
    var left = mostBytes
    for range in ranges {
      var start = VirtualAddress(range.lowerBound.rawValue & ~7)
      while start < range.upperBound, left > 0 {
        let size = min(bytesPerTask, range.upperBound.offset(from: start), left)
        parts.append(start..<start.advanced(by: size))
        start = start.advanced(by: size)
        left -= size
      }
    }
    return parts
  }

  private static func range(
    _ start: String, _ end: String, _ kernel: Kernel
  ) -> Range<VirtualAddress>? {
    guard let start = kernel.address(of: start), let end = kernel.address(of: end), start < end
    else { return nil }
    return start..<end
  }

  /// The words of a part that are addresses of caches, and where they are.
  private static func words(
    in part: Range<VirtualAddress>, _ kernel: Kernel, isCache: (VirtualAddress) -> Bool
  ) -> [(place: VirtualAddress, cache: VirtualAddress)] {
    var found: [(place: VirtualAddress, cache: VirtualAddress)] = []
    let pageSize = kernel.memory.pageSize
    var next = part.lowerBound
    while next < part.upperBound {
      let offset = pageSize.offset(of: next)
      let size = min(pageSize.bytes - offset, Int(part.upperBound.offset(from: next)))
      if let page = try? kernel.memory.page(at: next) {
        let span = page.bytes.span
        for position in stride(from: offset, to: offset + size - 7, by: 8) {
          guard let word: UInt64 = span.load(at: position), word != 0 else { continue }
          let value = kernel.machine.untagged(VirtualAddress(word))
          if isCache(value) { found.append((next.advanced(by: position - offset), value)) }
        }
      }
      next = next.advanced(by: size)
    }
    return found
  }
}
