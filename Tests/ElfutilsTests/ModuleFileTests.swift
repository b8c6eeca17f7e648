import DebugInfo
import Elfutils
import Memory
import Testing

@Suite("Files of modules")
struct ModuleFileTests {
  private static let source = """
    struct session { struct session *next; char name[16]; };
    struct operations { int (*open)(struct session *); };
    static int tm_calls = 5;
    static int tm_open(struct session *session) { return session->name[0] + tm_calls++; }
    static struct operations tm_ops = { tm_open };
    struct session *tm_live;
    struct operations *tm_use(void) { return &tm_ops; }
    __attribute__((section(".init.text"))) int init_module(void) { return 0; }
    __attribute__((section(".data..percpu"))) long tm_counter = 1;

    """

  private static let sections: [String: VirtualAddress] = [
    ".text": VirtualAddress(0xffff_ffff_c030_1000), ".data": VirtualAddress(0xffff_ffff_c040_2000),
    ".bss": VirtualAddress(0xffff_ffff_c040_3000),
    ".data.rel.local": VirtualAddress(0xffff_ffff_c040_4000),
    ".init.text": VirtualAddress(0xffff_ffff_c050_0000),
    ".data..percpu": VirtualAddress(0x2_f000),
  ]

  /// A kernel and a module that is loaded into it.
  private struct Loaded {
    let module: ModuleDebugFile
    let symbols: SymbolTable
    let types: DwarfTypes

    init(_ path: String, kernel: String) throws {
      let file = try KernelDebugFile(path: kernel)
      module = try ModuleDebugFile(
        path: path, name: "leakmod", sections: ModuleFileTests.sections, expecting: file.machine)
      var builder = SymbolTableBuilder()
      file.addSymbols(to: &builder, relocation: 0)
      module.addSymbols(to: &builder)
      symbols = SymbolTable(builder)
      types = DwarfTypes(kernel: file, relocation: 0, modules: [module], symbols: symbols)
    }
  }

  private static func compile(_ compilation: Compilation, in workshop: Workshop) throws -> Loaded {
    try workshop.write(Self.source, to: "leakmod.c")
    try workshop.write("int kernel_code(void) { return 1; }\n", to: "kernel.c")
    try workshop.run(
      [compilation.compiler, "-O1", "-c", "leakmod.c", "-o", "leakmod.ko"] + compilation.flags)
    let kernel = try compilation.kernel(["kernel.c"], in: workshop, named: "vmlinux")
    return try Loaded(workshop.path("leakmod.ko"), kernel: kernel)
  }

  @Test(
    "A module's code and data are where its sections were loaded", arguments: Compilation.modules)
  func placed(_ compilation: Compilation) throws {
    let workshop = try Workshop()
    let loaded = try Self.compile(compilation, in: workshop)
    // `nm` tells where in its section each symbol is.
    let listing = try workshop.run(["nm", "-f", "posix", "leakmod.ko"]).split(separator: "\n")
    for (name, section, type) in [
      ("tm_open", ".text", "int (struct session *)"), ("tm_use", ".text", "struct operations * ()"),
      ("tm_live", ".bss", "struct session *"), ("tm_calls", ".data", "int"),
      ("tm_counter", ".data..percpu", "long"),
    ] {
      let line = try #require(listing.first { $0.hasPrefix(name + " ") }, "\(name)")
      let offset = try #require(UInt64(line.split(separator: " ")[2], radix: 16))
      let address = try #require(Self.sections[section]).advanced(by: offset)
      let symbol = try #require(loaded.symbols.symbol(named: name), "\(name)")
      #expect(symbol.address == address)
      #expect(symbol.module == "leakmod")
      let unit = try #require(loaded.types.unit(defining: address), "\(name)")
      let definition = try #require(unit.functions[address] ?? unit.objects[address], "\(name)")
      #expect(definition.name == name)
      #expect(unit.types.spelling(of: definition.type) == type)
    }
    let open = try #require(loaded.symbols.symbol(named: "tm_open")).address
    #expect(loaded.types.sourceLine(of: open)?.line == 4)
    #expect(loaded.types.structure("session", near: ["tm_open"])?.offset("name") == 8)
    #expect(loaded.types.structure("session", near: ["kernel_code"]) == nil)
  }

  @Test("What lies in a section that is gone has no address", arguments: Compilation.modules)
  func initIsGone(_ compilation: Compilation) throws {
    let workshop = try Workshop()
    let loaded = try Self.compile(compilation, in: workshop)
    #expect(loaded.symbols.symbol(named: "init_module") == nil)
    let ranges = loaded.module.ranges
    #expect(ranges.contains { $0.contains(VirtualAddress(0xffff_ffff_c030_1000)) })
    #expect(!ranges.contains { $0.contains(VirtualAddress(0xffff_ffff_c050_0000)) })
    let open = try #require(loaded.symbols.symbol(named: "tm_open")).address
    let unit = try #require(loaded.types.unit(defining: open))
    #expect(Set(unit.functions.values.map(\.name)) == ["tm_open", "tm_use"])
  }

  @Test("A linked file is not taken for a module")
  func notModule() throws {
    let workshop = try Workshop()
    try workshop.write("int kernel_code(void) { return 1; }\n", to: "kernel.c")
    let path = try Compilation.all[0].kernel(["kernel.c"], in: workshop, named: "vmlinux")
    #expect(throws: DebugFileFailure.notModule) {
      try ModuleDebugFile(path: path, name: "vmlinux", sections: [:], expecting: nil)
    }
  }
}
