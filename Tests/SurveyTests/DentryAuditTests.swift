import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Audit of the counts in dentries")
struct DentryAuditTests {
  private func overcounts(
    _ kernel: DentryKernel, without lost: Set<PageFrame> = []
  ) async -> [Overcount] {
    let (image, census) = kernel.opened(without: lost)
    let scan = MemoryScan(image, census: census)
    return await ReferenceCounts(image, census: census, scan: scan).overcounts()
  }

  /// A kernel with a tmpfs on /tmp of a root file system.
  private struct Fixture {
    var kernel: DentryKernel
    let tmpfs: DentryKernel.FileSystem

    init(_ era: DentryEra, hasTrees: Bool = false) {
      kernel = DentryKernel(era, hasTrees: hasTrees)
      let root = kernel.addFileSystem("rootfs")
      let point = kernel.addEntry("tmp", in: root.root, of: root)
      tmpfs = kernel.addFileSystem("tmpfs")
      let first = kernel.mount(root)
      _ = kernel.mount(tmpfs, at: point, of: first)
    }

    /// Adds files in a directory.
    mutating func addFiles(_ count: Int, in folder: VirtualAddress? = nil) -> [VirtualAddress] {
      (0..<count).map { kernel.addEntry("f\($0)", in: folder ?? tmpfs.root, of: tmpfs) }
    }
  }

  @Test(
    "files in tmpfs that were looked up once too often are told apart from healthy ones",
    arguments: DentryEra.all)
  func tmpfs(_ era: DentryEra) async throws {
    var fixture = Fixture(era)
    let files = fixture.addFiles(300)
    for file in files.suffix(100) { fixture.kernel.hold(file) }
    fixture.kernel.open(files[299])
    let found = try #require(await overcounts(fixture.kernel).first)
    #expect(found.type == "dentry" && found.fileSystem == "tmpfs")
    #expect(found.directory == "/tmp" && found.examples == ["f200", "f201", "f202"])
    #expect(found.slots.count == 100 && found.kept.count == 100)
    #expect(found.references == 201 && found.pins == 100)
    #expect(found.words == 1 && found.holders.counts == ["file": 1])
    #expect(found.surplus == 100 && found.unhashed == 0 && found.coverage.isComplete)
  }

  @Test("sockets whose file is gone are kept by a count alone")
  func sockets() async throws {
    var kernel = DentryKernel(.v6_1)
    let sockfs = kernel.addFileSystem("sockfs")
    for _ in 0..<80 {
      kernel.hold(kernel.addEntry("UDP", in: nil, of: sockfs))
      kernel.open(kernel.addEntry("TCP", in: nil, of: sockfs))
    }
    let found = try #require(await overcounts(kernel).first)
    #expect(found.slots.count == 80 && found.surplus == 80 && found.pins == 0)
    #expect(found.unhashed == 80 && found.directory == nil && found.examples.first == "UDP")
  }

  @Test("whatever has a pointer to an entry may hold it", arguments: DentryEra.all)
  func holders(_ era: DentryEra) async {
    var fixture = Fixture(era)
    let files = fixture.addFiles(400)
    for (number, file) in files.enumerated() {
      switch number % 4 {
      case 0: fixture.kernel.open(file)
      case 1: fixture.kernel.enter(file)
      case 2: fixture.kernel.keep(file)
      default: _ = fixture.kernel.addEntry("child", in: file, of: fixture.tmpfs)
      }
    }
    #expect(await overcounts(fixture.kernel).isEmpty)
  }

  @Test("the tree of places in a directory holds nobody")
  func trees() async {
    for hasTrees in [true, false] {
      var fixture = Fixture(.v6_1, hasTrees: hasTrees)
      for (number, file) in fixture.addFiles(100).enumerated() {
        fixture.kernel.place(file, at: UInt64(number) + 2)
        fixture.kernel.hold(file)
      }
      #expect(await overcounts(fixture.kernel).map(\.surplus) == (hasTrees ? [100] : []))
    }
  }

  @Test("flags that overlay keeps in its dentries are no places in a tree")
  func overlayFlags() async {
    var kernel = DentryKernel(.v6_1, hasTrees: true)
    let overlay = kernel.addFileSystem("overlay", isPinned: false)
    for number in 0..<100 {
      let entry = kernel.addEntry("f\(number)", in: overlay.root, of: overlay)
      kernel.memory.set("dentry", at: entry, "d_fsdata", 2)
      kernel.open(entry)
    }
    #expect(await overcounts(kernel).isEmpty)
  }

  @Test("an unmarked entry may be pinned, unless its file system has a disk")
  func pins() async {
    for (name, flags, surplus) in [("unheard", 0, []), ("ext4", 1, [70]), ("overlay", 0, [70])] {
      var kernel = DentryKernel(.v6_1)
      let fileSystem = kernel.addFileSystem(name, flags: UInt64(flags), isPinned: false)
      for number in 0..<70 {
        kernel.hold(kernel.addEntry("f\(number)", in: fileSystem.root, of: fileSystem))
      }
      #expect(await overcounts(kernel).map(\.surplus) == surplus, "\(name)")
    }
  }

  @Test("a few are no finding: calls in progress hold some")
  func few() async {
    var fixture = Fixture(.v6_1)
    for file in fixture.addFiles(63) { fixture.kernel.hold(file) }
    #expect(await overcounts(fixture.kernel).isEmpty)
  }

  @Test("the deepest common directory is told")
  func directory() async throws {
    var fixture = Fixture(.v7_2)
    let cache = fixture.addFiles(1)[0]
    for folder in fixture.addFiles(2, in: cache) {
      for file in fixture.addFiles(50, in: folder) { fixture.kernel.hold(file) }
    }
    let found = try #require(await overcounts(fixture.kernel).first)
    #expect(found.slots.count == 100 && found.directory == "/tmp/f0")
  }

  @Test("a parent that leads in a circle, and a count that is none, do no harm")
  func damage() async {
    var fixture = Fixture(.v6_1)
    let files = fixture.addFiles(100)
    for file in files {
      fixture.kernel.hold(file)
      fixture.kernel.memory.set("dentry", at: file, "d_parent", to: files[0])
    }
    fixture.kernel.memory.set("dentry", at: files[0], "d_parent", to: files[1])
    fixture.kernel.memory.set("dentry", at: files[5], "d_lockref.count", 0xffff_ff80)
    let found = await overcounts(fixture.kernel)
    #expect(found.first?.slots.count == 98, "the parents have children, files[5] is dead")
  }

  @Test("memory that is not in the dump makes a scan incomplete")
  func missing() async {
    var fixture = Fixture(.v6_1)
    for file in fixture.addFiles(100) { fixture.kernel.hold(file) }
    let found = await overcounts(fixture.kernel, without: [PageFrame(900)])
    #expect(found.map(\.coverage.isComplete) == [false])
  }

  @Test("a kernel without the type has nothing to audit")
  func noType() async {
    let (image, census) = SocketKernel(.v5_10).opened()
    let scan = MemoryScan(image, census: census)
    #expect(await ReferenceCounts(image, census: census, scan: scan).overcounts().isEmpty)
  }
}
