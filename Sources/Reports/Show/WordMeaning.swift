internal import Analysis
internal import Evidence
internal import Memory

/// What single words of this kernel's memory are, in words.
struct WordMeaning {
  private let census: Census
  private let classifier: WordClassifier
  private let object: Range<VirtualAddress>

  /// Reads the words from an address on; those that point back there are told apart.
  init(_ subject: Subject, from start: VirtualAddress, bytes: Int) {
    census = subject.census
    classifier = WordClassifier(subject)
    let end = start.advanced(by: bytes)
    object = start < end ? start..<end : start..<start
  }

  /// A few words on a value, or nil when nothing is known of it but its digits.
  func words(for value: UInt64) -> String? {
    switch classifier.classify(value, in: object) {
    case .other: nil
    case .slabPointer(let cache, let offset):
      "-> \(state(of: value))object of \(cache.printable)" + WordClass.suffix(offset)
    case let other: other.words
    }
  }

  /// The state of the object that a pointer leads to, whatever tag the pointer has.
  private func state(of pointer: UInt64) -> String {
    let address = VirtualAddress(pointer | 0xff << 56)
    return census.object(containing: address)
      .map { census.stateKind(of: census.slot(of: $0)).name + " " } ?? ""
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
