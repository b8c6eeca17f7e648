import ByteKit
import DumpFiles
import FixtureKit
import Memory
import Testing

/// Images that are memory and nothing else: LiME's, and raw copies.
@Suite struct ImageTests {
  private static let text = VMCoreInfoBuilder(release: "6.1-image", pageSize: .kib4).text

  /// Two runs of memory; the kernel's own copy of VMCOREINFO lies in the second.
  private static func image(_ lines: String) -> PhysicalImage {
    var image = PhysicalImage()
    image.write([1, 2, 3], at: PhysicalAddress(0x1000))
    image.write(Array((text + lines).utf8), at: PhysicalAddress(0x4000_0000))
    return image
  }

  private static let x86 = image("SYMBOL(init_top_pgt)=ffffffff82a10000\n")
  private static let arm = image("NUMBER(kimage_voffset)=0xffff800040000000\nSYMBOL(_stext)=1\n")

  private func open(_ bytes: [UInt8], rawStart: UInt64? = nil) throws -> DumpFile {
    try DumpFile.open(bytes: Bytes(bytes), rawStart: rawStart.map { PhysicalAddress($0) })
  }

  @Test func limeHoldsItsRanges() throws {
    let dump = try open(LiMEBuilder(memory: Self.x86).bytes)
    #expect(dump.format.description == "LiME image")
    expectEqual(dump.memory, Self.x86)
    #expect(dump.vmcoreinfo?.osRelease == "6.1-image")
    #expect(dump.vmcoreinfoOrigin == .memory(PhysicalAddress(0x4000_0000)))
  }

  @Test func theMachineIsToldByWhatTheKernelSays() throws {
    #expect(try open(LiMEBuilder(memory: Self.x86).bytes).machine == .x86_64)
    #expect(try open(LiMEBuilder(memory: Self.arm).bytes).machine == .arm64)
    #expect(try open(LiMEBuilder(memory: Self.image("SYMBOL(a)=1\n")).bytes).machine == nil)
  }

  @Test func limeThatIsCutHoldsWhatComesBeforeTheCut() throws {
    let bytes = LiMEBuilder(memory: Self.x86).bytes
    for cut in [1, 4096, 4097, 4096 + 31] {
      let dump = try open(bytes.dropLast(cut))
      #expect(dump.format.isTruncated)
      #expect(dump.memory.absence(of: PageFrame(1)) == nil)
      #expect(dump.memory.absence(of: PageFrame(0x40000)) != nil)
    }
  }

  @Test func limeOfAnotherVersionOrWithoutMemoryIsRefused() {
    var builder = LiMEBuilder(memory: Self.x86)
    builder.ranges[0].last = 0
    #expect(throws: DumpFailure.self) { try open(builder.bytes) }
    builder = LiMEBuilder(memory: Self.x86)
    builder.version = 2
    #expect(throws: DumpFailure.self) { try open(builder.bytes) }
  }

  @Test func aRangeToTheEndOfAddressesDoesNoHarm() throws {
    var builder = LiMEBuilder(memory: Self.x86)
    builder.ranges[1].last = .max
    let dump = try open(builder.bytes)
    #expect(dump.format.isTruncated)
    #expect(dump.memory.absence(of: PageFrame(0x40000)) == nil)
    #expect(dump.memory.absence(of: PageFrame(0x40001)) == .truncated)
    builder.ranges[1].start = 0
    #expect(try open(builder.bytes).memory.absence(of: PageFrame(1)) == nil)
  }

  @Test func rawMemoryBeginsWhereItIsSaid() throws {
    var image = PhysicalImage()
    image.write([7], at: PhysicalAddress(0x8000_0000))
    image.write(Array((Self.text + "SYMBOL(a)=1\n").utf8), at: PhysicalAddress(0x8000_1000))
    let bytes = try image.bytes(at: PhysicalAddress(0x8000_0000), count: 8192).array
    #expect(throws: DumpFailure.unrecognized) { try open(bytes) }
    let dump = try open(bytes, rawStart: 0x8000_0000)
    #expect(dump.format.description == "raw memory")
    #expect(dump.vmcoreinfo?.osRelease == "6.1-image")
    expectEqual(dump.memory, image)
    #expect(try open(bytes, rawStart: .max).memory.frames.isEmpty)
  }

  @Test func aDumpIsNotTakenForRawMemory() throws {
    let dump = try open(LiMEBuilder(memory: Self.x86).bytes, rawStart: 0)
    #expect(dump.format.container == .lime)
  }
}
