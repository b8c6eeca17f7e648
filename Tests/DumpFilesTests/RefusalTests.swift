import ByteKit
import DumpFiles
import FixtureKit
import Memory
import Testing

@Suite struct RefusalTests {
  func open(_ bytes: [UInt8]) throws -> DumpFile { try DumpFile.open(bytes: Bytes(bytes)) }

  @Test func anEmptyFileHasItsOwnSentence() {
    #expect(throws: DumpFailure.empty) { try open([]) }
    expectSentence("empty") { try open([]) }
  }

  @Test func aDirectoryHasItsOwnSentence() {
    expectSentence("directory") { try DumpFile.open(path: "/") }
  }

  @Test func aMissingFileHasTheKernelsSentence() {
    expectSentence("No such file") { try DumpFile.open(path: "/nowhere/vmcore") }
  }

  @Test func textIsNoDump() {
    #expect(throws: DumpFailure.unrecognized) { try open(Array("crash> kmem -s\n".utf8)) }
  }

  /// Magic numbers from file(1)'s database, and the sources of the programs that write them.
  @Test(
    arguments: [
      ("S", ForeignFormat.s390, [0xA8, 0x19, 0x01, 0x73, 0x61, 0x8F, 0x23, 0xFD]),
      ("L", .lkcd, [0xED, 0x23, 0x8F, 0x61, 0x73, 0x01, 0x19, 0xA8]),
      ("D", .diskdump, Array("DISKDUMP".utf8)), ("X", .xen, Array("LinuxGuestRecord".utf8)),
      ("U", .sadump, Array("sadump\0\0".utf8)), ("V", .vmware, [0xD2, 0xBE, 0xD2, 0xBE]),
      ("H", .hyperV, [0x14, 0x20, 0x28, 0x01]), ("Q", .libvirtSave, Array("LibvirtQemudSave".utf8)),
      ("M", .qemuMigration, Array("QEVM".utf8)), ("A", .avml, Array("AVML".utf8)),
      ("W", .windows, Array("PAGEDU64".utf8)),
      ("g", .gzip, [0x1F, 0x8B, 0x08]), ("b", .bzip2, Array("BZh9".utf8)),
      ("x", .xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]), ("4", .lz4, [0x04, 0x22, 0x4D, 0x18]),
      ("z", .zstd, [0x28, 0xB5, 0x2F, 0xFD]),
    ] as [(String, ForeignFormat, [UInt8])])
  func otherFormatsAreNamed(_: String, format: ForeignFormat, magic: [UInt8]) {
    let file = magic + [UInt8](repeating: 0, count: 5000)
    #expect(throws: DumpFailure.foreign(format)) { try open(file) }
    expectSentence(format.name) { try open(file) }
    expectSentence(format.advice) { try open(file) }
  }

  @Test func aHibernatedSwapIsNamed() {
    let file = [UInt8](repeating: 0, count: 4086) + Array("S1SUSPEND\0".utf8)
    #expect(throws: DumpFailure.foreign(.hibernation)) { try open(file) }
  }

  @Test func everyFormatHasASentenceOfItsOwn() {
    let sentences = ForeignFormat.allCases.map { DumpFailure.foreign($0).sentence }
    #expect(Set(sentences).count == ForeignFormat.allCases.count)
  }

  func elf(_ change: (inout ELFCoreBuilder) -> Void) throws -> DumpFile {
    var builder = ELFCoreBuilder(memory: ELFCoreTests.image)
    change(&builder)
    return try open(builder.bytes)
  }

  @Test func otherELFFilesAreNamed() {
    expectSentence("vmlinux") { try elf { $0.type = 2 } }
    expectSentence("vmlinux") { try elf { $0.type = 3 } }
    expectSentence("kernel module") { try elf { $0.type = 1 } }
    expectSentence("32-bit") { try elf { $0.elfClass = 1 } }
    expectSentence("big-endian") { try elf { $0.byteOrder = 2 } }
    expectSentence("s390") { try elf { $0.machineCode = 22 } }
    expectSentence("ELF machine 8") { try elf { $0.machineCode = 8 } }
  }

  @Test func coresThatAreNotOfAMachineAreRefused() {
    expectSentence("process") {
      try elf { $0.segments = $0.segments.map { .init(address: 0, contents: $0.contents) } }
    }
    expectSentence("names no memory") { try elf { $0.segments = [] } }
    expectSentence("Xen") {
      try elf { $0.notes = [CoreNote(owner: "Xen", type: 0x100_0001, contents: [])] }
    }
  }

  @Test func aHeaderThatIsCutSaysSo() {
    for count in 4..<64 {
      let cut = Array(ELFCoreBuilder(memory: ELFCoreTests.image).bytes[..<count])
      expectSentence("ends inside its ELF header") { try open(cut) }
    }
  }
}
