import ByteKit
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite struct VMCoreInfoTests {
  static var builder: VMCoreInfoBuilder {
    var builder = VMCoreInfoBuilder(release: "6.1.0-50-amd64")
    builder.line("BUILD-ID", "06f8bde30046985060c60820f7a11515a33afb06")
    builder.symbol("_stext", VirtualAddress(0xFFFF_FFFF_8340_0000))
    builder.kernelOffset(0x240_0000)
    return builder
  }

  @Test func linesAreReadInTheFormsTheKernelPrints() {
    var builder = Self.builder
    builder.number("phys_base", -0x100_0000)
    builder.number("VA_BITS", 48)
    builder.hexNumber("kimage_voffset", 0xFFFF_8000_1234_0000)
    builder.line("NUMBER(KERNEL_IMAGE_SIZE)", "18446744073709551615")
    builder.line("SIZE(page)", "64")
    builder.line("OFFSET(page._mapcount)", "48")
    builder.line("LENGTH(mem_section)", "2048")
    builder.line("garbage without a value", "")
    let info = VMCoreInfo(text: builder.text + "no equals sign\n")
    #expect(info.osRelease == "6.1.0-50-amd64")
    #expect(info.buildID == "06f8bde30046985060c60820f7a11515a33afb06")
    #expect(info.pageSize == .kib4)
    #expect(info.kernelOffset == 0x240_0000)
    #expect(info.symbol("_stext") == VirtualAddress(0xFFFF_FFFF_8340_0000))
    #expect(info.symbol("none") == nil)
    #expect(info.number("phys_base") == -0x100_0000)
    #expect(info.number("VA_BITS") == 48)
    #expect(info.number("kimage_voffset").map(UInt64.init(bitPattern:)) == 0xFFFF_8000_1234_0000)
    #expect(info.number("KERNEL_IMAGE_SIZE") == -1)
    #expect(info.number("none") == nil)
    #expect(info.size("page") == 64)
    #expect(info.offset("page._mapcount") == 48)
    #expect(info.length("mem_section") == 2048)
    #expect(info.text.hasSuffix("no equals sign\n"))
  }

  @Test(arguments: ["PAGESIZE=0", "PAGESIZE=12", "PAGESIZE=x", "PAGESIZE=-4096", "PAGESIZE="])
  func aPageSizeThatNoMachineHasIsNone(line: String) {
    #expect(VMCoreInfo(text: line).pageSize == nil)
  }

  @Test func theFirstOfTwoLinesCounts() {
    #expect(VMCoreInfo(text: "OSRELEASE=1\nOSRELEASE=2\n").osRelease == "1")
  }

  @Test func theNoteTellsIt() throws {
    var builder = ELFCoreBuilder(memory: ELFCoreTests.image)
    builder.notes = [.vmcoreinfo(Self.builder.text)]
    let dump = try DumpFile.open(bytes: Bytes(builder.bytes))
    #expect(dump.vmcoreinfo?.text == Self.builder.text)
    #expect(dump.vmcoreinfoOrigin == .header)
  }

  @Test(arguments: Int32(2)...6) func aKdumpTellsItWhereItCan(version: Int32) throws {
    var builder = KdumpBuilder(memory: KdumpTests.image())
    builder.headerVersion = version
    builder.notes = [.cpu(.x86_64, pid: 1, registers: []), .vmcoreinfo(Self.builder.text)]
    let dump = try DumpFile.open(bytes: Bytes(builder.bytes()))
    // Version 3 brought the place of VMCOREINFO, version 4 that of all notes.
    #expect(dump.vmcoreinfo?.osRelease == (version >= 3 ? "6.1.0-50-amd64" : nil))
    #expect(dump.cpus.count == (version >= 4 ? 1 : 0))
  }

  @Test func withoutANoteItIsFoundInMemory() throws {
    var image = KdumpTests.image()
    // What looks like it: the kernel's format strings, and a file with such a line.
    image.write(Array("OSRELEASE=%s\n".utf8), at: PhysicalAddress(0x4000))
    image.write(Array("x OSRELEASE=5\nSYMBOL(a)=1".utf8), at: PhysicalAddress(0x5000))
    var inPage = image
    inPage.write(Array(Self.builder.text.utf8), at: PhysicalAddress(0x6000))
    var inNote = image
    inNote.write(CoreNote.vmcoreinfo(Self.builder.text).bytes, at: PhysicalAddress(0x7000))

    for (memory, address) in [(inPage, 0x6000), (inNote, UInt64(0x7018))] {
      let files = [ELFCoreBuilder(memory: memory).bytes, try KdumpBuilder(memory: memory).bytes()]
      for file in files {
        let dump = try DumpFile.open(bytes: Bytes(file))
        #expect(dump.vmcoreinfo?.text == Self.builder.text)
        #expect(dump.vmcoreinfoOrigin == .memory(PhysicalAddress(address)))
      }
    }
  }

  @Test func memoryWithoutItTellsNothing() throws {
    let dump = try DumpFile.open(bytes: Bytes(ELFCoreBuilder(memory: ELFCoreTests.image).bytes))
    #expect(dump.vmcoreinfo == nil)
    #expect(dump.vmcoreinfoOrigin == nil)
  }
}
