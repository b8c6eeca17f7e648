import Analysis
import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@Suite("Pages that nothing accounts for") struct GhostMemoryTests {
  private static let start: UInt64 = 0xffff_8880_2000_0000
  private static let function: UInt64 = 0xffff_ffff_c000_0100

  /// A kernel of 256 MiB whose blocks of two pages begin with these words, made of their number and
  /// address.
  private func kernel(
    blocks: Int, _ words: (Int, UInt64) -> [UInt64]
  ) -> Subject {
    var builder = SubjectBuilder()
    var symbols = SymbolTableBuilder()
    symbols.add(
      Symbol(
        name: "ring_fill", address: VirtualAddress(Self.function), size: 0x40, kind: .function,
        module: "nic"))
    builder.symbols = SymbolTable(symbols)
    let cache = builder.cache("filp", objectSize: 256)
    builder.object(in: cache, [1])
    var found: [GhostPages.Block] = []
    for number in 0..<blocks {
      let address = Self.start + UInt64(number) * 0x4000
      builder.memory.write(words(number, address), at: VirtualAddress(address))
      found.append(.init(start: VirtualAddress(address), pages: 2, isCompound: false))
    }
    var subject = builder.subject
    let bytes = blocks * 8192
    subject.accounts = [
      MemoryAccount(
        source: "pages", total: 256 << 20,
        parts: [
          .init(id: "free", bytes: 256 << 20 - bytes), .init(id: "slab", bytes: 0),
          .init(id: "page_cache", bytes: 0), .init(id: "anonymous", bytes: 0),
        ])
    ]
    subject.ghosts = GhostPages(blocks: found, pageSize: 4096, largeObjects: nil)
    return subject
  }

  @Test("blocks that look the same are one group, with what they share")
  func groups() async throws {
    let subject = kernel(blocks: 100) { number, address in
      number < 90 ? [0x7469_636b, address, Self.function, UInt64(number) << 20] : [0]
    }
    let found = await GhostGroups(of: subject)
    #expect(found.groups.map(\.blocks.count) == [90, 10])
    #expect(found.groups.map(\.pages) == [180, 20])
    #expect(found.groups[0].template.shared(at: 0) == .number(0x7469_636b))
    #expect(found.groups[0].template.shared(at: 8) == .selfPointer(offset: 0))
    #expect(found.groups[0].symbols == ["ring_fill [nic]"])
    #expect(found.groups[1].identical == 10)
    #expect(found.sampled == 100 && found.unread == 0)
  }

  @Test("many blocks with the same function in them are a finding, which names its module")
  func finding() async throws {
    let subject = kernel(blocks: 2000) { [$1, Self.function, UInt64($0)] }
    let findings = await Investigation.findings(in: subject, groups: [])
    let finding = try #require(findings.first { $0.rule == "ghost-memory" })
    #expect(finding.certainty == .possible && finding.module == "nic")
    #expect(finding.count == 2000 && finding.bytes == 2000 * 8192)
    #expect(finding.evidence.first == "each has ring_fill [nic] at +0x8")
    #expect(findings.count == 1, "less than a tenth of memory is no finding by itself")
  }

  @Test("pages that tell nothing are a hint, when they are many")
  func hint() async throws {
    let few = kernel(blocks: 2000) { number, _ in [UInt64(number) &* 0x9e37_79b9_7f4a_7c15] }
    #expect(await Investigation.findings(in: few, groups: []).isEmpty)
    let many = kernel(blocks: 5000) { number, _ in [UInt64(number) &* 0x9e37_79b9_7f4a_7c15] }
    let findings = await Investigation.findings(in: many, groups: [])
    #expect(findings.map(\.certainty) == [.hint])
    #expect(findings.first?.bytes == 5000 * 8192)
  }

  @Test("blocks that cannot be read are told, and more than can be looked at are sampled")
  func sampled() async throws {
    var subject = kernel(blocks: 1) { _, _ in [1] }
    subject.ghosts = GhostPages(
      blocks: (0..<20_000).map {
        .init(
          start: VirtualAddress(Self.start + UInt64($0) * 4096), pages: 1, isCompound: false)
      }, pageSize: 4096, largeObjects: nil)
    let found = await GhostGroups(of: subject)
    #expect((5000...8192).contains(found.sampled))
    #expect(found.unread == found.sampled - 1)
  }
}
