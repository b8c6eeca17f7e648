import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Whom slab objects are charged to")
struct ChargedObjectsTests {
  private static let eras = SlabEra.all.filter { $0 != .slub4_19 }

  private func charges(
    _ kernel: SlabKernel
  ) async throws -> (records: ChargedObjects?, census: Census) {
    let image = kernel.kernel()
    let (census, _) = try await SlabSurvey(image).census()
    return (ChargedObjects(image, census: census), census)
  }

  /// The objects of each owner, all caches together.
  private func objects(_ usage: SlabUsage) -> [ChargeOwner: Int] {
    Dictionary(usage.entries.map { ($0.owner, $0.objects) }, uniquingKeysWith: +)
  }

  @Test("objects belong to the group that their slab's array leads to", arguments: eras)
  func arrays(era: SlabEra) async throws {
    var kernel = SlabKernel(era)
    let filp = kernel.addCache("filp", objectSize: 256)
    let slab = kernel.addSlab(of: filp, free: [0])
    let uncharged = kernel.addSlab(of: filp)
    let slice = kernel.addGroup("system.slice")
    let service = kernel.addGroup("cron.service", in: slice)
    kernel.charge([1, 2, 5], of: slab, to: service)
    kernel.charge([3], of: slab, to: slice)
    let (records, census) = try await charges(kernel)
    let found = try #require(records)
    #expect(found.groups.map(\.path) == ["/", "/system.slice", "/system.slice/cron.service"])
    #expect(found.groups.map(\.parent) == [nil, 0, 1])
    #expect(found.groups.allSatisfy { !$0.isDying } && found.dyingGroups == 0)
    let rest = kernel.slots(of: filp) - 1 - 4 + kernel.slots(of: filp)
    let usage = await found.usage()
    #expect(objects(usage) == [.group(1): 1, .group(2): 3, .nobody: rest])
    #expect(usage.entries.allSatisfy { $0.cache == 0 && $0.inherited == 0 })
    #expect(usage.overhead == 8)
    let first = census.slabs[0].firstSlot
    let other = census.slabs[1].firstSlot
    #expect(kernel.frame(of: uncharged) > kernel.frame(of: slab))
    #expect(
      found.owners(of: [1, 2, 3, 4].map { UInt32(first + $0) } + [UInt32(other)])
        == [.group(2): 2, .group(1): 1, .nobody: 2])
  }

  @Test("pointers may lie in the objects' own slots")
  func inSlots() async throws {
    var kernel = SlabKernel(.slub7_1)
    let cache = kernel.addCache("inode_cache", objectSize: 584, slotSize: 600, order: 1)
    kernel.keepCharges(of: cache, at: 584)
    let slab = kernel.addSlab(of: cache)
    let group = kernel.addGroup("shop")
    kernel.charge([0, 12], of: slab, to: group)
    let (records, _) = try await charges(kernel)
    let usage = try #require(await records?.usage())
    #expect(objects(usage) == [.group(1): 2, .nobody: kernel.slots(of: cache) - 2])
  }

  @Test("an array may be larger than its slab", arguments: eras)
  func smallObjects(era: SlabEra) async throws {
    var kernel = SlabKernel(era)
    let cache = kernel.addCache("kmalloc-8", objectSize: 8)
    let slab = kernel.addSlab(of: cache)
    let group = kernel.addGroup("shop")
    let last = kernel.slots(of: cache) - 1
    kernel.charge([0, last], of: slab, to: group)
    let usage = try #require(await charges(kernel).records?.usage())
    #expect(objects(usage) == [.group(1): 2, .nobody: last - 1])
  }

  @Test("before 5.9 a cache has the objects of one group")
  func childCaches() async throws {
    var kernel = SlabKernel(.slub4_19)
    let root = kernel.addCache("dentry", objectSize: 192)
    let child = kernel.addCache("dentry(3:shop)", objectSize: 192)
    kernel.addSlab(of: root)
    kernel.addSlab(of: child, free: [4])
    let group = kernel.addGroup("shop")
    kernel.charge(child, asPartOf: root, to: group)
    let (records, _) = try await charges(kernel)
    let slots = kernel.slots(of: root)
    let usage = try #require(await records?.usage())
    #expect(objects(usage) == [.group(1): slots - 1, .nobody: slots])
    #expect(usage.overhead == 0)
  }

  @Test("objects of a removed group count for the one that it was in", arguments: eras)
  func inherited(era: SlabEra) async throws {
    var kernel = SlabKernel(era)
    let cache = kernel.addCache("filp", objectSize: 256)
    let slab = kernel.addSlab(of: cache)
    let slice = kernel.addGroup("jobs")
    let job = kernel.addGroup("job-7", in: slice)
    kernel.charge([1, 2], of: slab, to: job)
    kernel.charge([3], of: slab, to: slice)
    kernel.removeGroup(job, references: 4)
    let (records, _) = try await charges(kernel)
    let found = try #require(records)
    let entries = await found.usage().entries
    #expect(
      entries.first { $0.owner == .group(slice) }
        == .init(owner: .group(slice), cache: 0, objects: 3, inherited: 2))
    #expect(found.groups.filter(\.isDying).map(\.path) == ["/jobs/job-7"])
    #expect(found.groups.filter(\.isDying).map(\.references) == [4] && found.dyingGroups == 1)
  }

  /// Since 7.1 pages follow the objects to the group that a removed one was in.
  @Test(
    "pages that are charged to a removed group keep it",
    arguments: SlabEra.all.filter { $0 != .slub7_1 })
  func pages(era: SlabEra) async throws {
    var kernel = SlabKernel(era)
    kernel.addSlab(of: kernel.addCache("filp", objectSize: 256))
    let job = kernel.addGroup("job")
    let idle = kernel.addGroup("idle")
    for frame in 600..<603 as Range<UInt64> { kernel.charge(frame: frame, to: job) }
    let file = SlabKernel.PageUse.file(fileSystem: "tmpfs", isShared: true)
    kernel.setUse(ofFrame: 600, to: file)
    kernel.setUse(ofFrame: 601, to: file)
    kernel.setUse(ofFrame: 602, to: .anonymous)
    kernel.removeGroup(job, references: 3)
    kernel.removeGroup(idle, references: 1)
    let (records, _) = try await charges(kernel)
    let dying = try #require(records).groups.filter(\.isDying)
    #expect(dying.map(\.charged) == [3, 0])
    #expect(
      dying.map(\.pages) == [
        [.init(kind: "tmpfs", count: 2), .init(kind: "anonymous memory", count: 1)], [],
      ])
  }

  @Test("what leads nowhere is not known, and costs no more than itself", arguments: eras)
  func damage(era: SlabEra) async throws {
    var kernel = SlabKernel(era)
    let cache = kernel.addCache("filp", objectSize: 256)
    let slab = kernel.addSlab(of: cache)
    let other = kernel.addSlab(of: cache)
    let group = kernel.addGroup("shop")
    kernel.charge([0, 1], of: slab, to: group)
    kernel.charge([0, 1], of: other, to: group)
    // The word that leads to the array lies in the last eight bytes of the struct page.
    let page = kernel.vmemmapAddress(ofFrame: kernel.frame(of: slab).rawValue)
    kernel.write(0xdead_beef_0000_0001, at: page.advanced(by: 56))
    let slots = kernel.slots(of: cache)
    let usage = try #require(await charges(kernel).records?.usage())
    #expect(objects(usage) == [.unknown: slots, .group(1): 2, .nobody: slots - 2])
    #expect(objects(usage).values.reduce(0, +) == 2 * slots)
  }

  @Test("a kernel without control groups charges nobody")
  func none() async throws {
    var kernel = SlabKernel(.slub6_12)
    kernel.addSlab(of: kernel.addCache("filp", objectSize: 256))
    #expect(try await charges(kernel).records == nil)
  }

  @Test("random groups and charges are told again", arguments: eras)
  func random(era: SlabEra) async throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var kernel = SlabKernel(era)
      var groups: [Int] = []
      for number in 0..<12 {
        let parent = groups.randomElement(using: &generator) ?? SlabKernel.rootGroup
        groups.append(kernel.addGroup("g\(number)", in: parent))
      }
      var truth: [Int: Int] = [:]
      var charged: [(group: Int, count: Int)] = []
      var objects = 0
      for _ in 0..<3 {
        let cache = kernel.addCache(
          "cache", objectSize: [64, 192, 256].randomElement(using: &generator) ?? 64)
        let slab = kernel.addSlab(of: cache)
        objects += kernel.slots(of: cache)
        for slot in 0..<kernel.slots(of: cache) where Bool.random(using: &generator) {
          let group = groups.randomElement(using: &generator) ?? 1
          kernel.charge([slot], of: slab, to: group)
          charged.append((group, 1))
        }
      }
      for group in groups where Int.random(in: 0..<3, using: &generator) == 0 {
        kernel.removeGroup(group, references: 1)
      }
      for (group, count) in charged { truth[kernel.heir(of: group), default: 0] += count }
      let (records, _) = try await charges(kernel)
      let found = try #require(records)
      let usage = await found.usage()
      // Groups are listed from the root down, in the order of their parents' lists.
      var told: [String: Int] = [:]
      for (owner, count) in self.objects(usage) {
        if case .group(let index) = owner {
          told[found.groups[index].path?.split(separator: "/").last.map(String.init) ?? "/"] = count
        }
      }
      let expected = Dictionary(
        uniqueKeysWithValues: truth.map { ($0 == 0 ? "/" : "g\($0 - 1)", $1) })
      #expect(told == expected, "seed \(seed)")
      #expect(self.objects(usage).values.reduce(0, +) == objects, "seed \(seed)")
    }
  }
}
