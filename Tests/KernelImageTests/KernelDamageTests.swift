import ByteKit
import DebugInfo
import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Damaged kernels")
struct KernelDamageTests {
  /// Opens whatever it is given as far as it will go, and returns how much was found.
  private func exercise(_ small: SmallKernel, _ types: FixtureTypes) -> Int {
    guard let opening = try? small.opening() else { return 0 }
    let symbols = small.symbolTable(types)
    _ = opening.identity(ofVmlinuxWith: "00", banner: "Linux version", symbols: symbols)
    guard let kernel = try? opening.kernel(symbols: symbols, types: types) else { return 1 }
    var builder = SymbolTableBuilder()
    _ = kernel.modules.addSymbols(to: &builder)
    var mapped = 0
    _ = opening.memory.tables.sweep(opening.memory.tables.shape.start..<VirtualAddress(.max)) { _ in
      mapped += 1
    }
    return 2 + kernel.modules.modules.count
  }

  @Test("whatever bytes are damaged, opening ends and nothing traps", arguments: 0..<24)
  func randomDamage(_ round: Int) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let plan = KernelOpeningTests.plans[round % 4]
    var small = SmallKernel(plan)
    small.addUsualSections()
    let era = ModuleEra.allCases[round % ModuleEra.allCases.count]
    _ = small.addModules([.leakmod, .leakmod], era: era)
    small.variable("__per_cpu_offset", bytes(0x1000, 0x2000))
    small.variable("__cpu_possible_mask", bytes(3))
    small.variable("nr_cpu_ids", bytes(of: UInt32(2)))
    small.variable("page_offset_base", bytes(plan.directMap.rawValue))
    let types = small.types {
      $0.unit("kernel/module/main.c") { era.declare(&$0, modules: small.address("modules")) }
    }
    #expect(exercise(small, types) == 4)
    let frames = small.image.frames
    for _ in 0..<(1 << (round % 6)) {
      let range = frames.randomElement(using: &random) ?? frames[0]
      let frame = UInt64.random(
        in: range.lowerBound.rawValue..<range.upperBound.rawValue, using: &random)
      // Most of a page is empty; the words that hold something are the ones to damage.
      let page = try small.image.page(PageFrame(frame))
      let used = (0..<512).filter { page.load(UInt64.self, at: $0 * 8) != 0 }
      guard let word = used.randomElement(using: &random) else { continue }
      let old = page.load(UInt64.self, at: word * 8) ?? 0
      let wild: [UInt64] = [
        0, .max, 1 << 63, .max >> 1, plan.directMap.rawValue,
        UInt64.random(in: 0 ... .max, using: &random),
        old ^ 1 << UInt64.random(in: 0..<64, using: &random),
      ]
      let place = PhysicalAddress(frame << 12 + UInt64(word * 8))
      small.image.write(wild.randomElement(using: &random) ?? 0, at: place)
    }
    // Nothing that is listed can be more than a kernel has.
    #expect(exercise(small, types) <= 2 + 10_000, "seed \(seed)")
  }
}
