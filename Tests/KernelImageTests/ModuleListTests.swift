import DebugInfo
import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Loaded modules")
struct ModuleListTests {
  private static let text = ModuleEra.Module.text
  private static let module = ModuleEra.Module.leakmod
  private static let buildID = "00ff10203040506070809010a0b0c0d0e0f00102"

  private func kernel(
    _ era: ModuleEra, _ modules: [ModuleEra.Module] = [module],
    _ change: (inout SmallKernel, [VirtualAddress]) -> Void = { _, _ in }
  ) throws -> Kernel {
    var small = SmallKernel()
    small.addUsualSections()
    let places = small.addModules(modules, era: era)
    change(&small, places)
    let types = small.types {
      $0.unit("kernel/module/main.c") { era.declare(&$0, modules: small.address("modules")) }
    }
    return try small.opening().kernel(symbols: small.symbolTable(types), types: types)
  }

  @Test("a module is read as every era keeps it", arguments: ModuleEra.allCases)
  func eras(_ era: ModuleEra) throws {
    let list = try kernel(era).modules
    #expect(list.damage.isEmpty)
    let module = try #require(list.modules.first)
    #expect(list.modules.count == 1)
    #expect(module.name == "leakmod")
    let text = VirtualAddress(Self.text)
    #expect(
      module.ranges == [
        text..<text.advanced(by: UInt64(0x4000)),
        text.advanced(by: UInt64(0x8000))..<text.advanced(by: UInt64(0x9000)),
      ])
    #expect(module.perCPU == VirtualAddress(0x3a000)..<VirtualAddress(0x3a010))
    #expect(
      module.sections == [
        .init(name: ".text", address: text),
        .init(name: ".data", address: text.advanced(by: UInt64(0x2000))),
      ])
    #expect(module.buildID == Self.buildID)
    #expect(module.damage.isEmpty)
  }

  @Test("a module's functions have names without its file", arguments: ModuleEra.allCases)
  func symbols(_ era: ModuleEra) throws {
    let kernel = try kernel(era)
    var builder = SymbolTableBuilder()
    #expect(kernel.modules.addSymbols(to: &builder).isEmpty)
    let table = SymbolTable(builder)
    #expect(
      (0..<table.count).map { table[$0].name }.sorted()
        == ["TestMod_show", "leak_it", "tm_counter", "tm_ops"])
    let show = try #require(table.symbol(named: "TestMod_show"))
    #expect(show.address == VirtualAddress(Self.text + 0x10))
    #expect(show.kind == .function)
    #expect(show.module == "leakmod")
    // Where the kernel overwrote the size, the next symbol bounds it; here that is the same.
    #expect(show.size == 0x40)
    #expect(table.symbol(named: "tm_ops")?.kind == .object)
    #expect(
      table.reference(to: VirtualAddress(Self.text + 0x54))?.description == "leak_it+0x4 [leakmod]")
  }

  @Test("modules come in the kernel's order, and one that is damaged costs itself")
  func damagedModule() throws {
    var other = Self.module
    other.name = "other"
    let kernel = try kernel(.v6_1, [Self.module, other]) { small, places in
      // The first one's sections and symbols lead nowhere.
      small.write(
        bytes(0xffff_c900_0000_0000), at: places[0].advanced(by: ModuleEra.Offset.sections))
      small.write(
        bytes(0xffff_c900_0000_0000), at: places[0].advanced(by: ModuleEra.Offset.symbols))
    }
    #expect(kernel.modules.modules.map(\.name) == ["leakmod", "other"])
    let (first, second) = (kernel.modules.modules[0], kernel.modules.modules[1])
    #expect(first.sections.isEmpty)
    #expect(first.damage.map(\.summary) == ["its section addresses are not mapped by the kernel"])
    #expect(first.buildID == Self.buildID)
    #expect(second.sections.count == 2)
    #expect(second.damage.isEmpty)
    var builder = SymbolTableBuilder()
    let damage = kernel.modules.addSymbols(to: &builder)
    #expect(damage.map(\.summary) == ["the symbols of leakmod are not mapped by the kernel"])
    #expect(builder.count == 4)
  }

  @Test("a list of modules that leads out of memory keeps those before")
  func brokenList() throws {
    let kernel = try kernel(.v6_18, [Self.module, Self.module]) { small, places in
      small.write(bytes(0xdead_0000_0000_0100), at: places[1].advanced(by: ModuleEra.Offset.list))
    }
    // What the broken link leads to was on the list, but cannot be read.
    #expect(kernel.modules.modules.map(\.name) == ["leakmod", "leakmod", ""])
    #expect(kernel.modules.modules.last?.damage.count == 1)
    #expect(kernel.damage.count == 1)
  }

  @Test("counts that no module has are refused before anything is read")
  func wildCounts() throws {
    for era in [ModuleEra.v4_4, .v6_1] {
      let kernel = try kernel(era) { small, places in
        let symbols = places[0].advanced(by: ModuleEra.Offset.symbols)
        let wild = bytes(small.plan.directMap.rawValue, UInt64(UInt32.max), 0)
        if era == .v4_4 {
          small.write(wild, at: symbols)
        } else {
          let table = small.object(wild)
          small.write(bytes(table.rawValue), at: symbols)
        }
        let sections = small.object(bytes(0, 0, 0, 0, 0, UInt64(UInt32.max)))
        small.write(bytes(sections.rawValue), at: places[0].advanced(by: ModuleEra.Offset.sections))
      }
      var builder = SymbolTableBuilder()
      #expect(kernel.modules.addSymbols(to: &builder).count == 1)
      #expect(builder.count == 0)
      #expect(kernel.modules.modules.first?.damage.count == 1)
    }
  }

  @Test("a kernel without loadable modules has none")
  func none() throws {
    var small = SmallKernel()
    small.addUsualSections()
    let types = small.types()
    let kernel = try small.opening().kernel(symbols: small.symbolTable(types), types: types)
    #expect(kernel.modules.modules.isEmpty)
    #expect(kernel.damage.isEmpty)
  }
}
