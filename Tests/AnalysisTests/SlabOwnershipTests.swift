import Analysis
import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@Suite("Owners of slab objects, by module and size")
struct SlabOwnershipTests {
  private func shares(
    _ division: SlabOwnership.Division, _ subject: Subject
  ) async -> [String: Int] {
    let ownership = await SlabOwnership(of: subject, by: division)
    return Dictionary(ownership.shares.map { ($0.name, $0.objects) }, uniquingKeysWith: +)
  }

  @Test("the caches of a size are one, whatever the kernel keeps apart")
  func sizes() async {
    var kernel = SubjectBuilder()
    let names = [
      "kmalloc-128", "kmalloc-cg-128", "kmalloc-rcl-128", "dma-kmalloc-128", "kmalloc-dma-128",
      "kmalloc-rnd-07-128", "kmalloc-rnd-15-128", "kmalloc-1k", "kmalloc-cg-1k", "kmalloc-128k",
      "filp", "kmalloc-own-128", "my-kmalloc-128", "kmalloc-",
    ]
    for name in names {
      let cache = kernel.cache(name, objectSize: 128)
      kernel.object(in: cache, [])
    }
    #expect(
      await shares(.size, kernel.subject)
        == ["kmalloc-128": 7, "kmalloc-1k": 2, "kmalloc-128k": 1, "other caches": 4])
  }

  @Test("a module has the caches that only it knows, and what has its symbols")
  func modules() async {
    var kernel = SubjectBuilder()
    var builder = SymbolTableBuilder()
    let show = SubjectBuilder.modules.advanced(by: 0x10)
    let start = SubjectBuilder.image.advanced(by: 0x10)
    builder.add(Symbol(name: "tm_show", address: show, size: 64, kind: .function, module: "tm"))
    builder.add(Symbol(name: "single_start", address: start, size: 64, kind: .function))
    kernel.symbols = SymbolTable(builder)
    let general = kernel.cache("kmalloc-32", objectSize: 32)
    for _ in 0..<20 { kernel.object(in: general, [start.rawValue, 0, 0, show.rawValue]) }
    for _ in 0..<10 { kernel.object(in: general, [start.rawValue, 0, 0, start.rawValue]) }
    for _ in 0..<5 { kernel.object(in: general, [1, 2, 3, 4]) }
    let own = kernel.cache("tm_session", objectSize: 64)
    for _ in 0..<7 { kernel.object(in: own, [start.rawValue]) }
    let kernels = kernel.cache("filp", objectSize: 64)
    for _ in 0..<6 { kernel.object(in: kernels, [1]) }
    for _ in 0..<3 { kernel.object(in: kernels, [1, show.rawValue]) }
    let merged = kernel.cache("tm_other", objectSize: 64, aliases: ["somebody's"])
    kernel.object(in: merged, [1])
    var subject = kernel.subject
    var caches = CensusBuilder(caches: subject.census.caches)
    func hold(_ cache: Int, _ module: String?) {
      let variable = Symbol(
        name: "cachep", address: SubjectBuilder.image, size: 8, kind: .object, module: module)
      caches.setVariables([SymbolReference(symbol: variable, offset: 0)], ofCache: cache)
    }
    hold(own, "tm")
    hold(kernels, nil)
    hold(merged, "tm")
    for slab in subject.census.slabs {
      let number = caches.addSlab(
        cache: Int(slab.cache), firstPage: slab.firstPage, pages: Int(slab.pages),
        firstObject: slab.firstObject, slots: Int(slab.slots), slotSize: Int(slab.slotSize))
      for slot in 0..<Int(slab.slots) {
        let place = caches.slabs[number].firstSlot + slot
        caches.set(place, to: subject.census.state(of: slab.firstSlot + slot))
      }
    }
    subject.census = Census(caches)
    #expect(
      await shares(.module, subject)
        == ["tm": 20 + 7 + 3, "the kernel": 10 + 6, "not told": 5 + 1])
    let ownership = await SlabOwnership(of: subject, by: .module)
    let module = ownership.shares.first { $0.name == "tm" }
    #expect(
      module?.parts.map(\.objectsByContents).sorted() == [0, 3, 20],
      "the objects of its own cache are told by the cache")
  }
}
