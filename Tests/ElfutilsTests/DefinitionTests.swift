import DebugInfo
import Elfutils
import Memory
import Testing

@Suite("Functions and objects from DWARF")
struct DefinitionTests {
  private static func workshop() throws -> Workshop {
    let workshop = try Workshop()
    try workshop.write(Samples.types, to: "types.h")
    try workshop.write(Samples.code, to: "kernel.c")
    return workshop
  }

  /// The line of the sample on which a text stands first, counted from 1.
  private static func line(of text: String) -> Int? {
    Samples.code.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.contains(text) }.map { $0 + 1 }
  }

  @Test("Functions have their prototype, file and line", arguments: Compilation.all)
  func functions(_ compilation: Compilation) throws {
    let workshop = try Self.workshop()
    let relocation: UInt64 = 0x2a0_0000
    let path = try compilation.kernel(["kernel.c"], in: workshop, named: "k")
    let kernel = try OpenedKernel(path, relocation: relocation)
    for (name, prototype) in [
      ("seq_open", "long (struct cache *, char *)"), ("seq_close", "int (int, ...)"),
      ("hidden", "int (unsigned char)"),
    ] {
      let symbol = try #require(kernel.symbols.symbol(named: name))
      let unit = try #require(kernel.types.unit(defining: symbol.address))
      #expect(unit.name.hasSuffix("kernel.c"))
      let function = try #require(unit.functions[symbol.address])
      #expect(function.name == name)
      #expect(unit.types.spelling(of: function.type) == prototype)
      #expect(function.file?.hasSuffix("kernel.c") == true)
      let body = "\(name)(" + (name == "seq_open" ? "struct cache *cache, const char *name) {" : "")
      #expect(function.line == Self.line(of: body), "\(name)")
      let line = kernel.types.sourceLine(of: symbol.address)
      let linked = VirtualAddress(symbol.address.rawValue - relocation)
      let truth = try workshop.run(["addr2line", "-e", path, "\(linked)"])
      #expect(truth.hasSuffix("kernel.c:\(line?.line ?? 0)\n"), "\(name): \(truth)")
      #expect(line?.file.hasSuffix("kernel.c") == true)
    }
  }

  @Test("Objects are found, global, static and within a function", arguments: Compilation.all)
  func objects(_ compilation: Compilation) throws {
    let workshop = try Self.workshop()
    let kernel = try OpenedKernel(
      try compilation.kernel(["kernel.c"], in: workshop, named: "k"), relocation: 0x2a0_0000)
    for (name, type) in [
      ("slab_caches", "struct list_head"), ("boot_cache", "struct cache"),
      ("waiting", "struct list_head"), ("handlers", "void () * [2]"),
    ] {
      let symbol = try #require(
        (0..<kernel.symbols.count).map { kernel.symbols[$0] }.first {
          // A compiler numbers or qualifies the objects within functions.
          $0.kind == .object && $0.name.split(separator: ".").contains(Substring(name))
        }, "\(name)")
      let unit = try #require(kernel.types.unit(defining: symbol.address), "\(name)")
      let object = try #require(unit.objects[symbol.address], "\(name)")
      #expect(object.name == name)
      #expect(unit.types.spelling(of: object.type) == type)
      #expect(object.line == Self.line(of: name))
    }
  }

  @Test("Addresses are those of the running kernel")
  func relocation() throws {
    let workshop = try Self.workshop()
    let path = try Compilation.all[0].kernel(["kernel.c"], in: workshop, named: "k")
    let linked = try OpenedKernel(path)
    let moved = try OpenedKernel(path, relocation: 0x3fe0_0000)
    for name in ["seq_open", "slab_caches"] {
      let before = try #require(linked.symbols.symbol(named: name)).address
      let after = try #require(moved.symbols.symbol(named: name)).address
      #expect(before >= VirtualAddress(0xffff_8000_1000_0000))
      #expect(after.offset(from: before) == 0x3fe0_0000, "\(name)")
    }
    let address = try #require(linked.symbols.symbol(named: "seq_open")).address
    #expect(moved.types.unit(defining: address) == nil)
    #expect(moved.types.sourceLine(of: address) == nil)
  }

  @Test("A structure that no anchor's unit has is looked for in all units")
  func farAway() throws {
    let workshop = try Self.workshop()
    try workshop.write(
      "struct far { long value; }; struct far far_object; int far_code(void) { return 1; }\n",
      to: "far.c")
    let kernel = try OpenedKernel(
      try Compilation.all[1].kernel(["kernel.c", "far.c"], in: workshop, named: "k"))
    #expect(kernel.types.structure("far", near: ["seq_open"])?.size == 8)
    #expect(kernel.types.structure("far", near: ["no_such_function"])?.size == 8)
    #expect(kernel.types.structure("farther", near: ["seq_open"]) == nil)
    #expect(kernel.types.enumerator("PG_slab", near: ["far_code"]) == nil)
  }

  @Test("Static functions that share a name are all tried as anchors")
  func sharedAnchor() throws {
    let workshop = try Workshop()
    for (file, size) in [("a", 8), ("b", 24)] {
      try workshop.write(
        """
        struct \(file)_private { char bytes[\(size)]; }; struct \(file)_private \(file)_object;
        static __attribute__((noinline)) int show(int x) { return x * \(size); }
        int \(file)_use(int x) { return show(x); }

        """, to: "\(file).c")
    }
    let kernel = try OpenedKernel(
      try Compilation.all[1].kernel(["a.c", "b.c"], in: workshop, named: "k"))
    #expect(kernel.types.structure("a_private", near: ["show"])?.size == 8)
    #expect(kernel.types.structure("b_private", near: ["show"])?.size == 24)
  }

  @Test("An object of a file without code is found between its neighbours")
  func dataOnly() throws {
    let workshop = try Workshop()
    try workshop.write(
      "int a(int x) { return x; } static int left = 1; int *l(void) { return &left; }", to: "a.c")
    try workshop.write("struct ops { int (*call)(int); }; struct ops data_ops = { 0 };", to: "b.c")
    try workshop.write(
      "int c(int x) { return x; } static int right = 1; int *r(void) { return &right; }", to: "c.c")
    let kernel = try OpenedKernel(
      try Compilation.all[1].kernel(["a.c", "b.c", "c.c"], in: workshop, named: "k"))
    let address = try #require(kernel.symbols.symbol(named: "data_ops")).address
    #expect(kernel.types.unit(defining: address)?.objects[address]?.name == "data_ops")
  }

  @Test("Several threads may ask at once")
  func threads() async throws {
    let workshop = try Self.workshop()
    let kernel = try OpenedKernel(
      try Compilation.all[1].kernel(["kernel.c"], in: workshop, named: "k"))
    let types = kernel.types
    let addresses = try ["seq_open", "seq_close", "hidden", "boot_cache", "slab_caches"].map {
      try #require(kernel.symbols.symbol(named: $0)).address
    }
    let answers = await withTaskGroup(of: [String?].self) { group in
      for _ in 0..<16 {
        group.addTask {
          addresses.map { address in
            let unit = types.unit(defining: address)
            _ = types.sourceLine(of: address)
            return (unit?.functions[address] ?? unit?.objects[address])?.name
          }
        }
      }
      return await group.reduce(into: Set<[String?]>()) { $0.insert($1) }
    }
    #expect(answers == [["seq_open", "seq_close", "hidden", "boot_cache", "slab_caches"]])
  }
}
