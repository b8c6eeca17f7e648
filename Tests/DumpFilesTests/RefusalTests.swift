import ByteKit
import DumpFiles
import FixtureKit
import Foundation
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
      ("W", .windows, Array("PAGEDU64".utf8)), ("d", .qcow2, [0x51, 0x46, 0x49, 0xFB]),
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

  @Test func aKernelThatBootsIsNoDump() {
    var bzImage = [UInt8](repeating: 0, count: 5000)
    bzImage.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    #expect(throws: DumpFailure.foreign(.kernelImage)) { try open(bzImage) }
    let image = [UInt8](repeating: 0, count: 56) + Array("ARMd".utf8)
    #expect(throws: DumpFailure.foreign(.kernelImage)) { try open(image) }
  }

  @Test func aGuestsMemoryBesideItsStateIsNamedByItsFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "router.vmem").path
    try Data(count: 8192).write(to: URL(filePath: path))
    expectSentence("vmss2core") { try DumpFile.open(path: path) }
    let dump = try DumpFile.open(path: path, rawStart: PhysicalAddress(0))
    #expect(dump.format.container == .raw, "who says where it begins knows better")
  }

  @Test func aDeviceHasItsOwnSentence() {
    expectSentence("pipe or a device") { try DumpFile.open(path: "/dev/null") }
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
    expectSentence("--modules") { try elf { $0.type = 1 } }
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
