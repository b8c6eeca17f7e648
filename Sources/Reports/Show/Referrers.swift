internal import Analysis
internal import DebugInfo
internal import Evidence
internal import Memory

/// Who refers to one object, as a scan of all memory found it.
struct Referrers: Sendable {
  /// A word that refers to the object.
  struct Referrer: Sendable {
    let reference: Reference
    /// The object that the word lies in, and how far.
    let object: (address: VirtualAddress, offset: Int, cache: String)?
    let symbol: SymbolReference?
  }

  /// How many words refer to it whose contents are surely in use.
  let firm: Int
  /// How many words do in stacks and the like.
  let stale: Int
  /// Some of them, the firm ones first.
  let listed: [Referrer]
  let coverage: ScanCoverage

  private static let mostListed = 10

  /// Describes what was found of the object in a slot, which must have been asked for alone.
  init(_ references: References, in subject: Subject) {
    firm = references.counts.reduce(0) { $0 + Int($1.objects) + Int($1.variables) }
    stale = references.counts.reduce(0) { $0 + Int($1.stale) }
    coverage = references.coverage
    let samples = references.samples
    let sorted = samples.filter(\.place.isFirm) + samples.filter { !$0.place.isFirm }
    listed = sorted.prefix(Self.mostListed).map { reference in
      let object = subject.census.object(containing: reference.address)
      return Referrer(
        reference: reference,
        object: object.map {
          let cache = Int(subject.census.slabs[$0.slab].cache)
          return (subject.census.address(of: $0), $0.offset, subject.census.caches[cache].name)
        },
        symbol: object == nil ? subject.symbols.reference(to: reference.address) : nil)
    }
  }

  /// A sentence on how many there are, then a line for each that is listed.
  var lines: [String] {
    let count = (firm + stale).counted("word")
    let pages = coverage.scannedPages.counted("page")
    var lines: [String] = []
    if firm + stale == 0 {
      lines.append("nothing in \(pages) of kernel memory refers to it")
    } else if firm == 0 {
      lines.append("referred to only from where words can be left from before: \(count)")
    } else {
      let doubtful = stale > 0 ? ", \(stale.grouped) of which may be left from before" : ""
      lines.append("referred to by \(count)\(doubtful)")
    }
    if !coverage.isComplete {
      lines[0] += "; \(coverage.missingPages.counted("page")) that could hold more cannot be read"
    }
    return lines + listed.map { "  " + line($0) }
  }

  private func line(_ referrer: Referrer) -> String {
    let place = referrer.reference.place.words
    let into = WordClass.suffix(referrer.reference.offset)
    let target = into.isEmpty ? "" : ", to \(into)"
    if let object = referrer.object {
      return "\(referrer.reference.address): \(place) of \(object.cache) at \(object.address), "
        + "offset \(object.offset.asOffset)\(target)"
    }
    let name = referrer.symbol.map { ", \($0)" } ?? ""
    return "\(referrer.reference.address): \(place)\(name)\(target)"
  }
}

extension ReferencePlace {
  /// What the place is, for people.
  var words: String {
    switch self {
    case .object: "an object"
    case .doubtfulObject: "an object that may be free"
    case .freePointer: "the former free pointer of an object"
    case .kernelImage: "the kernel's data"
    case .modules: "a module's data"
    case .perCPU: "per-CPU memory"
    case .pageStructs: "the array of struct page"
    case .reserved: "memory reserved at boot"
    case .vmalloc: "vmalloc memory"
    case .stack: "the stack of a task"
    case .pages: "a page of no known use"
    }
  }

  /// What the place is, as programs read it.
  var name: String {
    switch self {
    case .object: "object"
    case .doubtfulObject: "doubtful_object"
    case .freePointer: "free_pointer"
    case .kernelImage: "kernel_image"
    case .modules: "modules"
    case .perCPU: "per_cpu"
    case .pageStructs: "page_structs"
    case .reserved: "reserved"
    case .vmalloc: "vmalloc"
    case .stack: "stack"
    case .pages: "pages"
    }
  }
}
