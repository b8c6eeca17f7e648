import DebugInfo
import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("Whether a vmlinux is the dump's")
struct IdentityCheckTests {
  private static let buildID = "000102030405060708090a0b0c0d0e0f10111213"
  private static let otherID = "ff0102030405060708090a0b0c0d0e0f10111213"
  private static let banner =
    "Linux version 6.1.0-small (builder@host) (gcc 12.2.0) #1 SMP Sat Jan 1 00:00:00 UTC 2022\n"

  /// A kernel with this build ID in its image, and what VMCOREINFO says it is.
  private func kernel(told: String?) -> SmallKernel {
    var small = SmallKernel()
    let note =
      bytes(of: UInt32(4)) + bytes(of: UInt32(20)) + bytes(of: UInt32(3)) + Array("GNU\0".utf8)
      + (0..<20).map { UInt8($0) }
    let start = small.variable("__start_notes", note)
    small.name("__stop_notes", start.advanced(by: note.count))
    small.variable("linux_banner", Array(Self.banner.utf8) + [0])
    if let told { small.lines.append("BUILD-ID=\(told)") }
    return small
  }

  private func check(
    _ small: SmallKernel, buildID: String?, banner: String?, symbols: SymbolTable? = nil
  ) throws -> IdentityCheck {
    try small.opening().identity(
      ofVmlinuxWith: buildID, banner: banner, symbols: symbols ?? small.symbolTable())
  }

  @Test("everything agrees")
  func match() throws {
    let check = try check(kernel(told: Self.buildID), buildID: Self.buildID, banner: Self.banner)
    #expect(check.verdict == .match)
    #expect(check.comparisons.map(\.mark) == [.vmcoreinfo, .notes, .banner])
    #expect(check.comparisons.allSatisfy { $0.agrees })
  }

  @Test("garbage in VMCOREINFO's BUILD-ID is outvoted by the image's notes")
  func garbage() throws {
    let check = try check(kernel(told: Self.otherID), buildID: Self.buildID, banner: nil)
    #expect(check.verdict == .match)
    #expect(check.comparisons.map(\.agrees) == [false, true])
  }

  @Test("another build of the same release is another kernel, whatever its banner")
  func otherBuild() throws {
    let check = try check(kernel(told: nil), buildID: Self.otherID, banner: Self.banner)
    #expect(check.verdict == .mismatch)
  }

  @Test("the banner decides where there is no build ID")
  func bannerAlone() throws {
    let small = kernel(told: nil)
    #expect(try check(small, buildID: nil, banner: Self.banner).verdict == .match)
    let other = Self.banner.replacing("#1", with: "#2")
    #expect(try check(small, buildID: nil, banner: other).verdict == .mismatch)
  }

  @Test("a vmlinux whose notes and banner lie elsewhere is another kernel's")
  func otherPlaces() throws {
    let small = kernel(told: Self.otherID)
    var builder = SymbolTableBuilder()
    for (name, offset) in [
      ("__start_notes", 0x20_0000), ("__stop_notes", 0x20_0030), ("linux_banner", 0x20_0100),
    ] {
      builder.add(
        name: Array(name.utf8), address: small.plan.text.advanced(by: offset), size: nil,
        kind: .object, isGlobal: true)
    }
    var filled = small
    let zeros = [UInt8](repeating: 0, count: 4096)
    filled.overwrite(small.plan.text.advanced(by: 0x20_0000), with: zeros)
    let check = try check(
      filled, buildID: Self.buildID, banner: Self.banner, symbols: SymbolTable(builder))
    #expect(check.verdict == .mismatch)
    #expect(check.comparisons.suffix(2).allSatisfy { $0.dump == nil })
  }

  @Test("a vmlinux whose notes would lie where the kernel has mapped nothing was taken for its own")
  func unmappedPlaces() throws {
    let small = kernel(told: Self.otherID)
    var builder = SymbolTableBuilder()
    for (name, offset) in [("__start_notes", 0x3000_0000), ("__stop_notes", 0x3000_0030)] {
      builder.add(
        name: Array(name.utf8), address: small.plan.text.advanced(by: offset), size: nil,
        kind: .object, isGlobal: true)
    }
    let check = try check(
      small, buildID: Self.buildID, banner: nil, symbols: SymbolTable(builder))
    #expect(check.verdict == .mismatch)
  }

  @Test("nothing to compare leaves it open")
  func unknown() throws {
    let small = kernel(told: Self.otherID)
    #expect(try check(small, buildID: nil, banner: nil).verdict == .unknown)
    // A different BUILD-ID in VMCOREINFO alone may be garbage.
    let open = try check(
      small, buildID: Self.buildID, banner: nil, symbols: SymbolTable())
    #expect(open.verdict == .unknown)
  }
}
