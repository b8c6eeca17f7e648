import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Audit of the counts in files, inodes, mounts and tasks")
struct ReferenceCountTests {
  /// A kernel with a tmpfs that is the root of all.
  private struct Fixture {
    var kernel: DentryKernel
    let tmpfs: DentryKernel.FileSystem
    let mount: VirtualAddress

    init(_ era: DentryEra, _ name: String = "tmpfs") {
      kernel = DentryKernel(era)
      tmpfs = kernel.addFileSystem(name)
      mount = kernel.mount(tmpfs)
    }

    mutating func addEntries(_ count: Int) -> [VirtualAddress] {
      (0..<count).map { kernel.addEntry("f\($0)", in: tmpfs.root, of: tmpfs) }
    }

    mutating func addFiles(_ count: Int, counted: Int = 1) -> [VirtualAddress] {
      addEntries(count).map { kernel.addFile($0, on: mount, count: counted) }
    }

    func overcounts() async -> [Overcount] {
      let (image, census) = kernel.opened()
      let scan = MemoryScan(image, census: census)
      return await ReferenceCounts(image, census: census, scan: scan).overcounts()
    }
  }

  @Test(
    "files that nobody has a pointer to are told, and explain what they hold",
    arguments: DentryEra.all)
  func files(_ era: DentryEra) async throws {
    var fixture = Fixture(era)
    let files = fixture.addFiles(170)
    for file in files.prefix(100) { fixture.kernel.keep(file, isHolder: false) }
    let all = await fixture.overcounts()
    let found = try #require(all.first)
    #expect(all.count == 1, "their dentries are held by files")
    #expect(found.type == "file" && found.fileSystem == "tmpfs" && found.directory == "/")
    #expect(found.slots.count == 70 && found.references == 70 && found.surplus == 70)
    #expect(found.words == 0 && found.examples == ["f100", "f101", "f102"])
    #expect(found.first == files[100])
  }

  @Test("a pointer with something in its lowest bits may be a holder's", arguments: DentryEra.all)
  func taggedPointers(_ era: DentryEra) async {
    var fixture = Fixture(era)
    for (number, file) in fixture.addFiles(100).enumerated() {
      fixture.kernel.keep(file.advanced(by: number % 8), isHolder: false)
    }
    #expect(await fixture.overcounts().isEmpty)
  }

  @Test("a reference too many on files that are in use", arguments: DentryEra.all)
  func filesInUse(_ era: DentryEra) async throws {
    var fixture = Fixture(era)
    for file in fixture.addFiles(80, counted: 2) { fixture.kernel.keep(file, isHolder: false) }
    let found = try #require(await fixture.overcounts().first)
    #expect(found.references == 160 && found.words == 80 && found.surplus == 80)
  }

  @Test("a count that is dead, released or saturated is none", arguments: DentryEra.all)
  func deadCounts(_ era: DentryEra) async {
    for count in [0, -1, Int.min, Int.min / 2] {
      var fixture = Fixture(era)
      _ = fixture.addFiles(100, counted: count)
      #expect(await fixture.overcounts().isEmpty)
    }
  }

  @Test("a file's private data leads back to it without holding it", arguments: DentryEra.all)
  func backPointers(_ era: DentryEra) async {
    var fixture = Fixture(era)
    for file in fixture.addFiles(70) { _ = fixture.kernel.addPrivateData(of: file) }
    #expect(await fixture.overcounts().map(\.surplus) == [70])
  }

  @Test("who has a file's private data may hold the file")
  func proxies() async {
    var fixture = Fixture(.v7_2)
    for file in fixture.addFiles(100) {
      let data = fixture.kernel.addPrivateData(of: file)
      fixture.kernel.keep(data, isHolder: false)
    }
    #expect(await fixture.overcounts().isEmpty)
  }

  @Test("a word to what stands for many files may hold one of them")
  func sharedProxy() async {
    var fixture = Fixture(.v7_2)
    let files = fixture.addFiles(100)
    let data = fixture.kernel.addPrivateData(of: files[0])
    for file in files { fixture.kernel.memory.set("file", at: file, "private_data", to: data) }
    for _ in 0..<10 { fixture.kernel.keep(data, isHolder: false) }
    #expect(await fixture.overcounts().map(\.surplus) == [90])
  }

  @Test("what shares a cache with files is none of them")
  func sharedCache() async {
    var fixture = Fixture(.v6_1)
    for file in fixture.addFiles(100) {
      fixture.kernel.memory.set("file", at: file, "f_path.mnt", to: fixture.tmpfs.root)
    }
    #expect(await fixture.overcounts().isEmpty)
  }

  @Test("one object with many references too many is enough", arguments: DentryEra.all)
  func mount(_ era: DentryEra) async {
    // The tree and a child hold the mount; 64 more do not.
    for (count, surplus) in [(66, [64]), (65, [])] {
      var fixture = Fixture(era)
      let point = fixture.addEntries(1)[0]
      let other = fixture.kernel.addFileSystem("ramfs")
      _ = fixture.kernel.mount(other, at: point, of: fixture.mount)
      fixture.kernel.memory.set("mount", at: fixture.mount, "mnt_parent", 0)
      fixture.kernel.count(fixture.mount, count)
      let found = await fixture.overcounts()
      #expect(found.map(\.surplus) == surplus)
      #expect(found.allSatisfy { $0.type == "mount" && $0.slots.count == 1 })
    }
  }

  @Test("a mount in no tree that a variable leads to may be held by a number beside it")
  func pinnedMount() async {
    for (isKept, surplus) in [(true, []), (false, [100])] {
      var fixture = Fixture(.v7_2)
      fixture.kernel.memory.set("mount", at: fixture.mount, "mnt_parent", 0)
      fixture.kernel.count(fixture.mount, 100, isInTree: false)
      if isKept { fixture.kernel.keep(fixture.mount, isHolder: false) }
      #expect(await fixture.overcounts().map(\.surplus) == surplus)
    }
  }

  @Test("paths that were taken and lost are told once, by their dentries")
  func paths() async throws {
    var fixture = Fixture(.v7_2)
    for entry in fixture.addEntries(90) { fixture.kernel.hold(entry) }
    fixture.kernel.memory.set("mount", at: fixture.mount, "mnt_parent", 0)
    fixture.kernel.count(fixture.mount, 91)
    let all = await fixture.overcounts()
    #expect(all.map(\.type) == ["dentry"])
    #expect(all.first?.surplus == 90 && all.first?.mountReferences == 90)
  }

  @Test("inodes that were taken once more than they have names", arguments: DentryEra.all)
  func inodes(_ era: DentryEra) async throws {
    var fixture = Fixture(era)
    for file in fixture.addFiles(70) { fixture.kernel.keep(file, isHolder: false) }
    for entry in fixture.addEntries(80) {
      let inode = fixture.kernel.inode(of: entry)
      fixture.kernel.memory.set("inode", at: inode, "i_count", 2)
      // Its open files lead to it and hold nobody.
      fixture.kernel.keep(fixture.kernel.addFile(entry, on: fixture.mount), isHolder: false)
    }
    let all = await fixture.overcounts()
    #expect(all.map(\.type) == ["inode"])
    #expect(all.first?.surplus == 80 && all.first?.words == 80, "their dentries")
  }

  @Test("tasks that have exited and are held by nobody; living ones are not looked at")
  func tasks() async throws {
    var fixture = Fixture(.v6_1)
    for _ in 0..<70 { _ = fixture.kernel.addTask("leaver", count: 1, hasExited: true) }
    for _ in 0..<70 { _ = fixture.kernel.addTask("worker", count: 1024, hasExited: false) }
    for _ in 0..<70 {
      let task = fixture.kernel.addTask("leaver", count: 1, hasExited: true)
      fixture.kernel.keep(task, isHolder: false)
    }
    let all = await fixture.overcounts()
    #expect(all.map(\.label) == ["leaver"])
    #expect(all.first?.surplus == 70 && all.first?.slots.count == 70)
    #expect(all.first?.kept.count == 70, "what its threads shared goes with a task")
  }
}
