import ByteKit
import DebugInfo
import Elfutils
import Foundation
import Memory
import Testing

@Suite("Files of kernels")
struct KernelFileTests {
  private static let hostMachine: Machine = {
    #if arch(arm64)
      .arm64
    #else
      .x86_64
    #endif
  }()

  /// A kernel with a banner, as `init/version.c` writes it.
  private static func kernel(_ workshop: Workshop, named name: String = "vmlinux") throws -> String
  {
    try workshop.write(Samples.types, to: "types.h")
    try workshop.write(Samples.code, to: "kernel.c")
    try workshop.write(
      "const char linux_banner[] = \"Linux version 6.1.0 (cc) #1 SMP\\n\";\n", to: "version.c")
    return try Compilation.all[1].kernel(
      ["kernel.c", "version.c"], in: workshop, named: name)
  }

  private static func failure(_ path: String, expecting machine: Machine? = nil)
    -> DebugFileFailure?
  {
    do throws(DebugFileFailure) {
      _ = try KernelDebugFile(path: path, expecting: machine)
      return nil
    } catch {
      return error
    }
  }

  @Test("A vmlinux tells its machine, build ID and banner")
  func identity() throws {
    let workshop = try Workshop()
    let path = try Self.kernel(workshop)
    let file = try KernelDebugFile(path: path, expecting: Self.hostMachine)
    #expect(file.machine == Self.hostMachine)
    #expect(file.hasTypes)
    #expect(file.banner == "Linux version 6.1.0 (cc) #1 SMP\n")
    let notes = try workshop.run(["readelf", "-n", path])
    let buildID = try #require(file.buildID)
    #expect(buildID.count == 40)
    #expect(notes.contains(buildID))
  }

  @Test("Compressed files are opened as they are", arguments: ["gzip", "xz", "zstd"])
  func compressed(_ program: String) throws {
    let workshop = try Workshop()
    let path = try Self.kernel(workshop)
    let buildID = try KernelDebugFile(path: path).buildID
    try workshop.run([program, "-k", "-q", path])
    let suffix = ["gzip": "gz", "xz": "xz", "zstd": "zst"][program, default: ""]
    let kernel = try OpenedKernel(path + "." + suffix)
    #expect(kernel.file.buildID == buildID)
    #expect(kernel.types.structure("cache", near: ["seq_open"]) != nil)
  }

  @Test("Debug information that was split off has symbols and types, but no contents")
  func splitOff() throws {
    let workshop = try Workshop()
    let path = try Self.kernel(workshop)
    try workshop.run(["objcopy", "--only-keep-debug", path, "vmlinux.debug"])
    let whole = try OpenedKernel(path)
    let split = try OpenedKernel(workshop.path("vmlinux.debug"))
    #expect(split.file.banner == nil)
    #expect(split.file.buildID == whole.file.buildID)
    #expect(split.symbols.count == whole.symbols.count)
    let address = try #require(split.symbols.symbol(named: "seq_open")).address
    #expect(address == whole.symbols.symbol(named: "seq_open")?.address)
    #expect(split.types.unit(defining: address)?.functions[address]?.name == "seq_open")
  }

  @Test("Without debug information a kernel still has symbols")
  func withoutTypes() throws {
    let workshop = try Workshop()
    let path = try Self.kernel(workshop)
    try workshop.run(["strip", "--strip-debug", path])
    let kernel = try OpenedKernel(path)
    #expect(!kernel.file.hasTypes)
    let address = try #require(kernel.symbols.symbol(named: "seq_open")).address
    #expect(kernel.types.unit(defining: address) == nil)
    #expect(kernel.types.structure("cache", near: ["seq_open"]) == nil)
  }

  @Test("Per-CPU variables that are linked to offsets are not moved")
  func perCPUOffsets() throws {
    let workshop = try Workshop()
    try workshop.write(
      """
      __attribute__((section(".data..percpu"))) long this_cpu_off = 1;
      long in_memory = 2;
      long use(void) { return in_memory; }

      """, to: "kernel.c")
    try workshop.write(
      "SECTIONS { .data..percpu 0x1000 : { *(.data..percpu) } } INSERT AFTER .bss;",
      to: "percpu.ld")
    let perCPU = Compilation(compiler: "gcc", flags: ["-g", "-Wl,-T,percpu.ld"])
    _ = try perCPU.kernel(["kernel.c"], in: workshop, named: "vmlinux")
    let linked = try OpenedKernel(workshop.path("vmlinux"))
    let moved = try OpenedKernel(workshop.path("vmlinux"), relocation: 0x20_0000)
    let offset = try #require(linked.symbols.symbol(named: "this_cpu_off")).address
    #expect(offset == VirtualAddress(0x1000))
    #expect(moved.symbols.symbol(named: "this_cpu_off")?.address == offset)
    #expect(moved.types.unit(defining: offset)?.objects[offset]?.name == "this_cpu_off")
    let plain = try #require(linked.symbols.symbol(named: "in_memory")).address
    #expect(
      moved.symbols.symbol(named: "in_memory")?.address == plain.advanced(by: UInt64(0x20_0000)))
  }

  @Test("Names that the build makes for itself are left out")
  func noise() throws {
    let workshop = try Workshop()
    try workshop.write(
      """
      int kept(void) { return 1; }
      __asm__(".globl __ksymtab_kept, __pfx_kept, __crc_kept, __ksym\\n"
        ".pushsection .data\\n__ksymtab_kept: .quad 0\\n__pfx_kept: .quad 0\\n__crc_kept: .quad 0\\n"
        "\\"$x\\": .quad 0\\n\\"$d.7\\": .quad 0\\n\\"$dollar\\": .quad 0\\n__ksym: .quad 0\\n"
        ".popsection\\n");

      """, to: "kernel.c")
    let kernel = try OpenedKernel(
      try Compilation.all[1].kernel(["kernel.c"], in: workshop, named: "k"))
    let names = Set((0..<kernel.symbols.count).map { kernel.symbols[$0].name })
    #expect(names.isSuperset(of: ["kept", "$dollar", "__ksym"]))
    #expect(names.isDisjoint(with: ["__ksymtab_kept", "__pfx_kept", "__crc_kept", "$x", "$d.7"]))
  }

  @Test("Files that cannot serve are refused with the reason")
  func refusals() throws {
    let workshop = try Workshop()
    let path = try Self.kernel(workshop)
    let other = Machine.allCases.first { $0 != Self.hostMachine } ?? .arm64
    #expect(
      Self.failure(path, expecting: other)
        == .otherMachine(found: Self.hostMachine, expected: other))
    if case .system(let failure) = Self.failure(workshop.path("absent")) {
      #expect(failure.isMissingFile)
    } else {
      Issue.record("a missing file is a failure of the system")
    }
    if case .system(let failure) = Self.failure(workshop.folder.path) {
      #expect(failure.isDirectory)
    } else {
      Issue.record("a folder is a failure of the system")
    }
    #expect(Self.failure(try workshop.write("", to: "empty")) == .notELF)
    #expect(Self.failure(try workshop.write("#!/bin/sh\n", to: "script")) == .notELF)
    try workshop.run(["strip", path])
    #expect(Self.failure(path) == .noSymbols)
    // A boot image of arm64: its magic number stands at 56.
    var image = Data(count: 4096)
    image.replaceSubrange(56..<60, with: Data("ARM\u{64}".utf8))
    try image.write(to: workshop.folder.appendingPathComponent("Image"))
    #expect(Self.failure(workshop.path("Image")) == .bootImage)
    try workshop.run(["gcc", "-m32", "-c", "-x", "c", "/dev/null", "-o", "small.o"])
    #expect(Self.failure(workshop.path("small.o")) == .notLittleEndian64)
  }
}
