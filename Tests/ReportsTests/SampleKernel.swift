import Analysis
import DebugInfo
import Evidence
import Memory

/// A kernel written down by hand: 40 objects in kmalloc-32, of which 38 are seq_operations; two
/// caches of one name, one of them damaged; and a cache that could not be walked.
enum SampleKernel {
  static let slabStart: UInt64 = 0xffff_8880_0100_0000
  static let symbolStart: UInt64 = 0xffff_ffff_8100_0000
  static let showFunction: UInt64 = 0xffff_ffff_c000_0010

  static func cache(
    _ name: String, at address: UInt64, objectSize: Int, slotSize: Int, perSlab: Int,
    aliases: [String] = [], faults: [Fault] = []
  ) -> SlabCache {
    SlabCache(
      name: name, aliases: aliases, sharers: aliases.count + 1, address: VirtualAddress(address),
      objectSize: objectSize, slotSize: slotSize, objectsPerSlab: perSlab, faults: faults)
  }

  /// Slots 0 to 127 are of kmalloc-32, 128 to 143 of filp, 144 to 159 of the other filp.
  static var census: Census {
    var builder = CensusBuilder(caches: [
      cache("kmalloc-32", at: 0xffff_8880_0010_0000, objectSize: 32, slotSize: 32, perSlab: 128),
      cache(
        "filp", at: 0xffff_8880_0010_0100, objectSize: 232, slotSize: 256, perSlab: 16,
        aliases: ["file", "fileish"]),
      cache("filp", at: 0xffff_8880_0010_0200, objectSize: 232, slotSize: 256, perSlab: 16),
      cache(
        "lost\u{1B}[31m\"", at: 0xffff_8880_0010_0300, objectSize: 64, slotSize: 64, perSlab: 64,
        faults: [Fault(.absent, "its nodes are excluded from the dump")]),
    ])
    builder.addSlab(
      cache: 0, firstPage: VirtualAddress(slabStart), pages: 1,
      firstObject: VirtualAddress(slabStart), slots: 128, slotSize: 32)
    for cache in [1, 2] {
      let page = VirtualAddress(slabStart + UInt64(cache) * 0x1000)
      builder.addSlab(
        cache: cache, firstPage: page, pages: 1, firstObject: page, slots: 16, slotSize: 256)
    }
    for slot in 40..<127 { builder.set(slot, to: .free(.slab)) }
    builder.set(127, to: .free(.cpuSlab))
    builder.set(128, to: .pending(.kfreeRCU))
    let fault = builder.addFault(
      Fault(.cycle, at: VirtualAddress(slabStart + 0x1000), "freelist comes back to slot 3"),
      toSlab: 1)
    builder.set(129, to: .indeterminate(fault: fault))
    return Census(builder)
  }

  static var symbols: SymbolTable {
    var builder = SymbolTableBuilder()
    for (number, name) in ["single_start", "single_stop", "single_next"].enumerated() {
      builder.add(
        Symbol(
          name: name, address: VirtualAddress(symbolStart + UInt64(number) * 0x20), size: 0x20,
          kind: .function))
    }
    builder.add(
      Symbol(
        name: "tm_show", address: VirtualAddress(showFunction), size: 0x40, kind: .function,
        module: "leakmod"))
    return SymbolTable(builder)
  }

  static func subject(remarks: [String] = []) -> Subject {
    Subject(
      kernel: KernelIdentity(release: "6.1.0-test", machine: .x86_64), census: census,
      memory: SampleMemory(),
      addressSpace: AddressSpace([
        AddressRegion(
          .directMap,
          VirtualAddress(0xffff_8880_0000_0000)..<VirtualAddress(0xffff_8890_0000_0000)),
        AddressRegion(.user, VirtualAddress(0)..<VirtualAddress(0x8000_0000_0000)),
      ]), symbols: symbols, types: SampleTypes(), modules: [],
      coverage: Coverage(slabPages: 3, absentPages: [1], remarks: remarks))
  }

  static var group: ObjectGroup {
    ObjectGroup(
      cache: 0,
      template: Template(words: [
        TemplateWord(offset: 0, shared: .symbol(name: "single_start", offset: 0, module: nil)),
        TemplateWord(offset: 8, shared: .symbol(name: "single_stop", offset: 0, module: nil)),
        TemplateWord(offset: 16, shared: .symbol(name: "single_next", offset: 0, module: nil)),
        TemplateWord(offset: 24, shared: .symbol(name: "tm_show", offset: 0, module: "leakmod")),
      ]), type: .known(name: "seq_operations", size: 32), slots: Array(0..<38), identical: 38)
  }

  /// The group of seq_operations, a group of one, and an object that cannot be read.
  static var groups: CacheGroups {
    let other = ObjectGroup(
      cache: 0,
      template: Template(words: [
        TemplateWord(offset: 0, shared: nil), TemplateWord(offset: 8, shared: .zero),
        TemplateWord(offset: 16, shared: .zero),
        TemplateWord(offset: 24, shared: .slabPointer(cache: "filp", offset: 16)),
      ]), type: .unknown, slots: [38], identical: 1)
    return CacheGroups(cache: 0, groups: [group, other], grouped: 39, unread: 1)
  }

  static func finding(
    _ title: String = "38 seq_operations in kmalloc-32 (1.2 KiB) are left by tm_show: leakmod",
    certainty: Certainty = .probable, bytes: Int? = 38 * 32
  ) -> Finding {
    Finding(
      rule: "single-open", fingerprint: "0123456789abcdef", title: title, certainty: certainty,
      cache: VirtualAddress(0xffff_8880_0010_0000), cacheName: "kmalloc-32",
      type: "seq_operations", count: 38, bytes: bytes, module: "leakmod",
      symbols: ["tm_show [leakmod]"], evidence: ["no file refers to any", "single_open set them"],
      cause: Cause(
        summary: "tm_ops.proc_release is seq_release",
        chain: [
          Cause.Step(
            symbol: "tm_open", module: "leakmod", file: "leakmod.c", line: 25,
            how: "calls single_open")
        ]),
      verify: [Verification(tool: "crash", command: "rd ffff888001000000 4")], groups: [group])
  }

  /// A finding that has only what every finding must have.
  static let bareFinding = Finding(
    rule: "r", fingerprint: "f", title: "t", certainty: .hint, cache: nil, cacheName: nil,
    type: nil, count: nil, bytes: nil, module: nil, symbols: [], evidence: [], verify: [])

  static let input = InputDescription(
    files: [.init(path: "vmcore", size: 1_234_567, format: "ELF core")],
    kernel: KernelIdentity(
      release: "6.1.0-test", machine: .x86_64, buildID: "ab12", relocation: 0x1a00_0000),
    pageSize: 4096, dumpLevel: 31,
    pages: [
      .init(condition: .present, pages: 1000),
      .init(condition: .excluded, pages: 24),
    ], vmlinux: .found(path: "vmlinux", match: "its build ID is the dump's"), remarks: [])

  /// An input of which nothing is known.
  static let unknownInput = InputDescription(
    files: [], kernel: KernelIdentity(), pageSize: 4096, dumpLevel: nil, pages: [],
    vmlinux: .missing(sentence: "none was found"), remarks: [])
}

struct SampleRule: Rule {
  let name = "single-open"
  let summary = "single_open without single_release"
  let manual = "What to do about it."

  func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] { [] }
}
