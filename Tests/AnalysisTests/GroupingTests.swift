import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Groups of objects")
struct GroupingTests {
  private func group(_ kernel: SubjectBuilder, _ cache: Int = 0) async -> CacheGroups {
    let groups = await CacheGrouping.groups(ofCache: cache, in: kernel.subject)
    #expect(groups.grouped == groups.groups.reduce(0) { $0 + $1.slots.count })
    let slots = groups.groups.flatMap(\.slots)
    #expect(Set(slots).count == slots.count, "an object is in two groups")
    for group in groups.groups { #expect(group.slots == group.slots.sorted()) }
    return groups
  }

  /// What a slot held before: symbols, pointers, text and zeros in any mixture.
  private func stale(_ number: Int, words: Int) -> [UInt64] {
    var generator = SeededGenerator(seed: UInt64(number) &* 77 &+ 5)
    return (0..<words).map { _ in
      switch UInt64.random(in: 0..<6, using: &generator) {
      case 0: 0
      case 1: LeakyModule.timeout.rawValue
      case 2: LeakyModule.cpuinfoOps.rawValue
      case 3: UInt64.random(in: 0..<1000, using: &generator)
      case 4: 0x7362_7520_7379_7320
      default: UInt64.random(in: 0...UInt64.max, using: &generator)
      }
    }
  }

  @Test(
    "What a slot held before does not divide the objects of one kind", arguments: [true, false])
  func staleTails(withTypes: Bool) async throws {
    var kernel = SubjectBuilder(types: withTypes ? LeakyModule.types : nil)
    kernel.symbols = LeakyModule.types.symbols
    let cache = kernel.cache("kmalloc-128", objectSize: 128)
    for number in 0..<3000 {
      kernel.object(in: cache, LeakyModule.seqOperations + stale(number, words: 12))
    }
    for number in 0..<200 {
      var other = LeakyModule.seqOperations
      other[3] = LeakyModule.otherShow.rawValue
      kernel.object(in: cache, other + stale(number + 5000, words: 12))
    }
    let groups = await group(kernel).groups
    #expect(groups.map(\.slots.count) == [3000, 200])
    let template = try #require(groups.first).template
    #expect(
      template.shared(at: 24)
        == .symbol(name: "TestMod_ProcContentSeqShow", offset: 0, module: "leakmod"))
    #expect(template.shared(at: 0) == .symbol(name: "single_start", offset: 0, module: nil))
    #expect(template.words.count == 4)
    let type: ObjectType = withTypes ? .known(name: "seq_operations", size: 32) : .unknown
    #expect(groups.map(\.type) == [type, type])
  }

  @Test("The same symbols behind most objects still belong to what was there before")
  func uniformStaleTails() async {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-128", objectSize: 128)
    for number in 0..<1000 {
      let tail: [UInt64] = [0, 0, LeakyModule.timeout.rawValue, 0]
      let zeros: [UInt64] = [0, 0, 0, 0]
      kernel.object(in: cache, LeakyModule.seqOperations + (number % 20 == 0 ? zeros : tail))
    }
    let groups = await group(kernel).groups
    #expect(groups.map(\.slots.count) == [1000])
    #expect(groups.map(\.identical) == [950])
  }

  @Test(
    "Objects that differ in numbers, text and list pointers are one kind", arguments: [true, false])
  func sessions(withTypes: Bool) async throws {
    var kernel = SubjectBuilder(types: withTypes ? LeakyModule.types : nil)
    kernel.symbols = LeakyModule.types.symbols
    let cache = kernel.cache("kmalloc-96", objectSize: 96)
    var last = LeakyModule.liveList.rawValue
    for id in 0..<50 {
      kernel.object(in: cache) { address in
        defer { last = address.rawValue }
        return LeakyModule.session(id, at: address, linkedTo: (address.rawValue + 96, last))
      }
    }
    for id in 50..<400 {
      kernel.object(in: cache) { LeakyModule.session(id, at: $0) }
    }
    let groups = await group(kernel).groups
    #expect(groups.map(\.slots.count) == [400])
    let session = try #require(groups.first)
    #expect(session.identical == 1)
    #expect(
      session.template.shared(at: 16) == .symbol(name: "tm_timeout", offset: 0, module: "leakmod"))
    #expect(
      session.template.shared(at: 24)
        == .symbol(name: "__this_module", offset: 0, module: "leakmod"))
    #expect(session.template.shared(at: 32) == nil)
    #expect(session.template.words.first { $0.offset == 72 }?.kind == .number)
    if withTypes { #expect(session.type == .known(name: "tm_session", size: 88)) }
  }

  @Test("Copies of a string are one group, whatever stands behind the NUL")
  func strings() async throws {
    var kernel = SubjectBuilder()
    let cache = kernel.cache("kmalloc-64", objectSize: 64)
    _ = kernel.cache("kmalloc-32", objectSize: 32)
    for number in 0..<300 {
      kernel.string(
        in: cache, "session-config: mode=fast;retry=3;",
        tail: number < 20 ? [7, UInt8(number)] : [])
    }
    for number in 0..<10 { kernel.string(in: cache, "a string of its own, the \(number). one!") }
    let groups = await group(kernel).groups
    #expect(groups.map(\.slots.count) == [300, 10])
    #expect(groups.map(\.identical) == [280, 1])
    let words = try #require(groups.first).template.words
    #expect(words.count == 5)
    #expect(words.first?.shared == .text("session-"))
    #expect(words.last?.shared == .text("3;"))
  }

  @Test("A name in front does not make a string of a structure")
  func inlineNames() async {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-64", objectSize: 64)
    _ = kernel.cache("kmalloc-32", objectSize: 32)
    for number in 0..<40 {
      let name = 0x3030_3030_2d78_7465 + UInt64(number) << 56
      kernel.object(in: cache, [name, 0, LeakyModule.timeout.rawValue, UInt64(number)])
    }
    let groups = await group(kernel).groups
    #expect(groups.map(\.slots.count) == [40])
  }

  @Test("Zeroed objects, and objects of numbers, are told apart by the kinds of their words")
  func patterns() async {
    var kernel = SubjectBuilder()
    let cache = kernel.cache("kmalloc-32", objectSize: 32)
    for number in 0..<30 {
      kernel.object(in: cache, [UInt64(number + 1), UInt64(number % 2), 3, 4])
    }
    for _ in 0..<20 { kernel.object(in: cache, [0, 0, 0, 0]) }
    let groups = await group(kernel).groups
    #expect(groups.map(\.slots.count) == [30, 20])
    #expect(groups.map(\.identical) == [1, 20])
    #expect(groups.last?.template.shared(at: 0) == .zero)
    #expect(groups.first?.template.shared(at: 16) == .number(3))
  }

  @Test("Only allocated objects are grouped; what cannot be read is counted")
  func statesAndAbsence() async {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-128", objectSize: 128)
    var addresses: [VirtualAddress] = []
    for _ in 0..<64 { addresses.append(kernel.object(in: cache, LeakyModule.seqOperations)) }
    for _ in 0..<8 {
      kernel.object(in: cache, state: .pending(.kfreeRCU), LeakyModule.seqOperations)
      kernel.object(in: cache, state: .free(.cpuSlab), LeakyModule.seqOperations)
    }
    kernel.memory.removePage(at: addresses[0])
    let groups = await group(kernel)
    #expect(groups.unread == 32)
    #expect(groups.groups.map(\.slots.count) == [32])
  }

  @Test("An object that crosses pages is read from both")
  func crossingPages() async {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("crossing", objectSize: 1000)
    let symbols = Array(repeating: LeakyModule.timeout.rawValue, count: 125)
    for _ in 0..<8 { kernel.object(in: cache, symbols) }
    let groups = await group(kernel)
    #expect(groups.groups.map(\.identical) == [8])
    #expect(groups.groups.first?.template.words.count == 125)
  }

  @Test("Of an object shown in part, the part counts")
  func partlyKnown() async throws {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-64", objectSize: 64)
    let address = kernel.object(in: cache, LeakyModule.seqOperations + [1, 2, 3, 4])
    kernel.object(in: cache, LeakyModule.seqOperations + [1, 2, 3, 4])
    kernel.memory.showOnly(0..<4, ofPageAt: address)
    let groups = await group(kernel)
    #expect(groups.unread == 1)
    #expect(groups.groups.map(\.slots.count) == [1])
    #expect(groups.groups.first?.template.words.count == 4)
  }

  @Test("An address with a tag in its top byte is the same address on arm64")
  func taggedPointers() async throws {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    kernel.machine = .arm64
    let cache = kernel.cache("kmalloc-32", objectSize: 32)
    for tag in 0..<16 {
      let tagged = LeakyModule.seqOperations.map { $0 & ~(0xff << 56) | (0xf0 + UInt64(tag)) << 56 }
      kernel.object(in: cache, tagged)
    }
    #expect(await group(kernel).groups.map(\.slots.count) == [16])
  }

  @Test("The groups are the same however the slabs are divided among tasks")
  func manySlabs() async {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-32", objectSize: 32)
    for number in 0..<35_000 {
      if number % 7 == 0 {
        kernel.object(in: cache, [UInt64(number + 1), UInt64(number), 0, 0])
      } else {
        kernel.object(in: cache, LeakyModule.seqOperations)
      }
    }
    let groups = await group(kernel).groups
    #expect(groups.first?.slots.count == 30_000)
    #expect(groups.first?.identical == 30_000)
    #expect(groups.map(\.slots.count).reduce(0, +) == 35_000)
    let again = await group(kernel).groups
    #expect(groups == again)
  }

  @Test("Damaged sizes cost only the cache that has them")
  func impossibleSizes() async {
    var census = CensusBuilder(caches: [
      SlabCache(
        name: "none", address: VirtualAddress(0), objectSize: 0, slotSize: 0, objectsPerSlab: 0),
      SlabCache(
        name: "huge", address: VirtualAddress(8), objectSize: .max, slotSize: .max,
        objectsPerSlab: 4),
    ])
    let page = SubjectBuilder.directMap
    census.addSlab(
      cache: 0, firstPage: page, pages: 1, firstObject: page, slots: 4, slotSize: 0)
    census.addSlab(
      cache: 1, firstPage: page, pages: 1, firstObject: page, slots: 4, slotSize: .max)
    var subject = SubjectBuilder().subject
    subject.census = Census(census)
    for cache in 0...1 {
      let groups = await CacheGrouping.groups(ofCache: cache, in: subject)
      #expect(groups.unread == 4)
      #expect(groups.groups.isEmpty)
    }
  }
}
