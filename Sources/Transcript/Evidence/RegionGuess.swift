import DebugInfo
import Evidence
import Memory

/// Learns from the addresses in a text what the parts of the address space are for.
///
/// KASLR moves them about, and arm64 exchanged its halves in Linux 5.4 (14c127c957c1 "arm64: mm:
/// Flip kernel VA space"): what is there says more than what the release should have.
struct RegionGuess {
  private static let gibibyte: UInt64 = 1 << 30
  /// The page structs of 1 GiB of memory take 16 MiB.
  private static let pageStructSpan: UInt64 = 16 << 20
  private static let imageSpan: UInt64 = 32 << 20
  /// arm64 keeps its modules in the 128 MiB below the kernel.
  private static let arm64Modules: UInt64 = 128 << 20
  /// x86_64 has the kernel and its modules in the last 2 GiB: Documentation/arch/x86/x86_64/mm.rst.
  private static let x86Image: Range<UInt64> = 0xffff_ffff_8000_0000..<0xffff_ffff_c000_0000
  private static let x86Modules: Range<UInt64> = 0xffff_ffff_c000_0000..<0xffff_ffff_ff00_0000

  private(set) var regions: [AddressRegion] = []
  /// The machine, told by its banner or else by where its kernel lies.
  private(set) var machine: Machine?

  init(_ facts: SessionFacts, modules: [ModuleRegion], symbols: SymbolResolution) {
    let kernel = symbols.kernelAddresses
    machine = Self.machine(facts.banner.machine) ?? Self.machine(kernel: kernel?.first)
    addModules(modules, kernel: kernel?.first, kernel?.last)
    addPageStructs(facts)
    addDirectMap(facts)
  }

  private static func machine(_ name: String?) -> Machine? {
    switch name {
    case "x86_64": .x86_64
    case "aarch64", "arm64": .arm64
    default: nil
    }
  }

  private static func machine(kernel: UInt64?) -> Machine? {
    guard let kernel else { return nil }
    if x86Image.contains(kernel) || x86Modules.contains(kernel) { return .x86_64 }
    return kernel >> 48 == 0xffff ? .arm64 : nil
  }

  private mutating func add(_ use: AddressRegion.Use, _ range: Range<UInt64>) {
    regions.append(
      AddressRegion(use, VirtualAddress(range.lowerBound)..<VirtualAddress(range.upperBound)))
  }

  private mutating func addModules(
    _ modules: [ModuleRegion], kernel first: UInt64?, _ last: UInt64?
  ) {
    for module in modules { add(.modules, module.range) }
    add(.kernelImage, SymbolResolution.invented)
    guard let first, let last else { return }
    if machine == .x86_64 {
      add(.kernelImage, Self.x86Image)
      add(.modules, Self.x86Modules)
    } else {
      let image = Self.cover(first, last, Self.imageSpan)
      add(.kernelImage, image)
      let below = min(Self.arm64Modules, image.lowerBound)
      add(.modules, (image.lowerBound - below)..<image.lowerBound)
    }
  }

  private mutating func addPageStructs(_ facts: SessionFacts) {
    // Before `struct page` described slabs, a `struct slab` did, which is an object itself.
    let descriptors = facts.slabs.lazy.filter {
      $0.descriptor != 0 && $0.descriptor >> 30 != ($0.memory ?? 0) >> 30
    }.map(\.descriptor)
    let all = [facts.pages.map(\.descriptor).min(), descriptors.min()].compactMap { $0 }
    let most = [facts.pages.map(\.descriptor).max(), descriptors.max()].compactMap { $0 }
    guard let first = all.min(), let last = most.max() else { return }
    add(.pageStructs, Self.cover(first, last, Self.pageStructSpan))
  }

  private mutating func addDirectMap(_ facts: SessionFacts) {
    let slabs = facts.slabs.lazy.compactMap(\.memory)
    let objects = facts.objects.addresses
    guard let first = [slabs.min(), objects.min()].compactMap({ $0 }).min(),
      let last = [slabs.max(), objects.max()].compactMap({ $0 }).max()
    else { return }
    // A listing that is damaged may have addresses from anywhere; no machine has this much.
    guard last - first < 1 << 46 else { return }
    add(.directMap, Self.cover(first, last, Self.gibibyte))
  }

  /// The multiples of `span` around two addresses.
  private static func cover(_ first: UInt64, _ last: UInt64, _ span: UInt64) -> Range<UInt64> {
    let lower = first & ~(span - 1)
    let upper = (last | (span - 1)).addingReportingOverflow(1)
    return lower..<(upper.overflow ? .max : upper.partialValue)
  }
}
