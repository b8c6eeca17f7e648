import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Account of memory")
struct MemorySurveyTests {
  /// A kernel with two slabs of one page, whose spare pages are used for this and that.
  private func kernel(
    _ era: SlabEra, machine: Machine = .x86_64, _ uses: [UInt64: SlabKernel.PageUse] = [:]
  ) -> SlabKernel {
    var kernel = SlabKernel(era, machine: machine)
    let cache = kernel.addCache("filp", objectSize: 256)
    for _ in 0..<2 { kernel.addSlab(of: cache) }
    for (number, use) in uses { kernel.setUse(ofFrame: SlabKernel.spareFrame(number), to: use) }
    return kernel
  }

  private func account(
    _ fixture: SlabKernel
  ) async throws -> (account: MemoryAccount, ghosts: GhostPages) {
    let kernel = fixture.kernel()
    let (census, _) = try await SlabSurvey(kernel).census()
    return try await MemorySurvey(kernel, census: census).account()
  }

  /// The pages of each part; the pages that nothing was said of are `unheld`.
  private func pages(_ account: MemoryAccount) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: account.parts.map { ($0.id, ($0.bytes ?? 0) / 4096) })
  }

  private static let frames = 1024

  @Test("every page is in the class that its state says", arguments: SlabEra.all)
  func classes(era: SlabEra) async throws {
    let (account, ghosts) = try await account(
      kernel(
        era,
        [
          0: .free(order: 2), 4: .anonymous, 5: .file(fileSystem: "ext4", isShared: false),
          6: .file(fileSystem: "tmpfs", isShared: true), 7: .reserved, 8: .pageTable,
          9: .offline, 10: .poisoned, 11: .listed, 13: .kernel,
        ]))
    var expected = [
      "free": 4, "anonymous": 1, "page_cache": 1, "shared": 1, "reserved": 1, "page_tables": 1,
      "offline": 1, "hardware_poisoned": 1, "detached": 1, "slab": 2,
    ]
    let named = expected.values.reduce(1, +)
    expected["unheld"] = Self.frames - named
    #expect(pages(account) == expected)
    #expect(account.total == Self.frames * 4096)
    #expect(account.unexplained == 4096)
    #expect(ghosts.blocks.map(\.pages) == [1])
    let owners = account.parts.filter { ["slab", "page_cache", "shared"].contains($0.id) }
      .flatMap(\.parts).map(\.id)
    #expect(Set(owners) == ["filp", "ext4", "tmpfs"])
    #expect(account.remarks.isEmpty)
  }

  @Test("a page pool's pages are told by its signature", arguments: [SlabEra.slub6_1, .slub7_1])
  func pagePool(era: SlabEra) async throws {
    let (account, _) = try await account(kernel(era, [0: .pagePool]))
    #expect(pages(account)["page_pool"] == 1)
  }

  @Test("blocks are as long as their size says, or as nobody holds the pages behind the first")
  func blocks() async throws {
    let uses: [UInt64: SlabKernel.PageUse] = [
      0: .block(order: 2), 4: .kernel, 5: .kernel, 6: .block(order: 1), 8: .compound(order: 2),
      12: .block(order: 2),
    ]
    let kernel = kernel(.slub6_1, uses)
    let (account, ghosts) = try await account(kernel)
    #expect(ghosts.blocks.map(\.pages) == [4, 1, 1, 2, 4, 4])
    #expect(ghosts.blocks.map(\.isCompound) == [false, false, false, false, true, false])
    #expect(
      ghosts.blocks.first?.start == kernel.address(0, inFrame: SlabKernel.spareFrame(0)))
    #expect(account.unexplained == 12 * 4096)
    #expect(pages(account)["compound"] == 4)
  }

  @Test("objects of kmalloc too large for slabs are told where kernels mark them")
  func largeObjects() async throws {
    let uses: [UInt64: SlabKernel.PageUse] = [0: .largeObject(order: 2), 8: .compound(order: 2)]
    let marked = try await account(kernel(.slub7_1, uses))
    #expect(pages(marked.account)["slab"] == 6)
    #expect(marked.account.unexplained == 4 * 4096)
    #expect(marked.ghosts.pages == 4 && marked.ghosts.largeObjects == nil)

    var older = kernel(.slub6_1, uses)
    older.count("NR_SLAB_UNRECLAIMABLE_B", pages: 6)
    let counted = try await account(older)
    #expect(pages(counted.account)["slab"] == 2 && pages(counted.account)["compound"] == 8)
    #expect(counted.ghosts.largeObjects == 4 * 4096)
    #expect(counted.account.remarks.count == 1)
  }

  @Test("pages of CPUs' lists are free, as many as the list is for", arguments: SlabEra.all)
  func cpuLists(era: SlabEra) async throws {
    var kernel = kernel(era)
    kernel.addFreeBlock(SlabKernel.spareFrame(1), order: 0, onCPU: 1)
    // Blocks of more pages have lists since v5.14.
    let order = era.hasStructSlab ? 2 : 0
    kernel.addFreeBlock(SlabKernel.spareFrame(4), order: order, onCPU: 0)
    let (account, _) = try await account(kernel)
    #expect(pages(account)["free_on_cpus"] == 1 + 1 << order)
  }

  @Test("the pool of huge pages, free or in use", arguments: [SlabEra.slub5_10, .slub7_1])
  func hugePages(era: SlabEra) async throws {
    var kernel = kernel(era)
    for number in [0, 4, 8] as [UInt64] { kernel.addHugePage(SlabKernel.spareFrame(number)) }
    let (account, _) = try await account(kernel)
    let part = try #require(account.parts.first { $0.id == "huge_pages" })
    #expect(part.bytes == 12 * 4096)
    #expect(part.counter == MemoryAccount.Counter(name: "Hugetlb", bytes: 12 * 4096))
  }

  @Test(
    "what vmalloc maps is told by who asked for it", arguments: SlabEra.all, Machine.allCases)
  func areas(era: SlabEra, machine: Machine) async throws {
    var kernel = kernel(era, machine: machine)
    let tasks = kernel.addCache("task_struct", objectSize: 512)
    let slab = kernel.addSlab(of: tasks)
    func frames(_ numbers: ClosedRange<UInt64>) -> [UInt64] { numbers.map(SlabKernel.spareFrame) }
    kernel.addArea(frames(0...1), for: "pcpu_get_vm_areas")
    kernel.addArea(frames(2...5), for: "dup_task_struct")
    // A stack that no task has any more.
    kernel.addArea(frames(6...9), for: "dup_task_struct")
    kernel.addArea(Array(frames(10...12).reversed()), for: "load_elf")
    kernel.write(kernel.area(1).rawValue, at: kernel.object(3, of: slab).advanced(by: 8))
    let (account, ghosts) = try await account(kernel)
    #expect(pages(account)["per_cpu"] == 2)
    #expect(pages(account)["kernel_stacks"] == 8)
    #expect(pages(account)["vmalloc"] == 3)
    let vmalloc = account.parts.first { $0.id == "vmalloc" }
    #expect(vmalloc?.parts == [.init(id: "load_elf", bytes: 3 * 4096)])
    #expect(ghosts.blocks.isEmpty)
  }

  @Test("counters that differ from the pages are told, those that agree are shown")
  func counters() async throws {
    var kernel = kernel(.slub6_1, [0: .free(order: 3), 8: .anonymous])
    kernel.count("NR_FREE_PAGES", pages: 8)
    kernel.count("NR_ANON_MAPPED", pages: 100_000)
    kernel.count("NR_SLAB_UNRECLAIMABLE_B", pages: 2)
    let (account, _) = try await account(kernel)
    func counter(_ id: String) -> MemoryAccount.Counter? {
      account.parts.first { $0.id == id }?.counter
    }
    #expect(counter("free") == .init(name: "MemFree", bytes: 8 * 4096))
    #expect(counter("slab") == .init(name: "Slab", bytes: 2 * 4096))
    #expect(account.remarks.count == 1)
    #expect(account.remarks.first?.contains("AnonPages") == true)
  }

  @Test("a struct page that is not in the dump leaves its pages unknown")
  func lostStructPage() async throws {
    var kernel = kernel(.slub6_1)
    kernel.loseStructPage(ofFrame: 512)
    let (account, _) = try await account(kernel)
    #expect(pages(account)["unknown"] == 64)
    #expect(account.total == Self.frames * 4096)
    #expect(account.remarks.count == 1)
  }

  @Test("orders, counts and pointers that cannot be do no harm")
  func hostile() async throws {
    var kernel = kernel(
      .slub6_1, [0: .free(order: 60), 1: .free(order: 3), 2: .strayFile, 4: .block(order: 3)])
    let place = kernel.vmemmapAddress(ofFrame: SlabKernel.spareFrame(8))
    kernel.write(0x8000_0000_7fff_ffff, at: place.advanced(by: 48))
    let (account, ghosts) = try await account(kernel)
    // An order that no block has, and one that the frame is not aligned for, are of one page.
    #expect(pages(account)["free"] == 2)
    #expect(account.total == Self.frames * 4096)
    #expect(ghosts.pages * 4096 == account.unexplained)
  }

  @Test("all pages of random kernels are in one class each", arguments: SlabEra.all)
  func random(era: SlabEra) async throws {
    let start = UInt64.random(in: 0..<1 << 32)
    print("\(era): memory of the kernels with the seeds from \(start)")
    for seed in start..<start + 10 {
      var random = SeededGenerator(seed: seed)
      var fixture = SlabKernel.random(era, isDamaged: seed % 2 == 0, using: &random)
      for number in 0..<UInt64(32) where Bool.random(using: &random) {
        let uses: [SlabKernel.PageUse] = [
          .kernel, .reserved, .listed, .anonymous, .free(order: 1), .block(order: 2),
          .compound(order: 1), .largeObject(order: 3), .pageTable, .offline, .pagePool,
          .file(fileSystem: "ext4", isShared: number % 2 == 0), .strayFile,
        ]
        fixture.setUse(
          ofFrame: SlabKernel.spareFrame(number),
          to: uses[Int.random(in: uses.indices, using: &random)])
      }
      for _ in 0..<Int.random(in: 0...200, using: &random) where seed % 3 == 0 {
        let offset = Int.random(in: 0..<(Self.frames * 8), using: &random) * 8
        fixture.write(
          random.next(), at: fixture.address(offset % 4096, inFrame: 1 + UInt64(offset / 4096)))
      }
      let (account, ghosts) = try await account(fixture)
      let sum = account.parts.reduce(0) { $0 + ($1.bytes ?? 0) }
      #expect(account.total == Self.frames * 4096, "\(era) seed \(seed)")
      #expect(sum + (account.unexplained ?? -1) == account.total, "\(era) seed \(seed)")
      let compound = account.parts.first { $0.id == "compound" }?.bytes ?? 0
      #expect(
        ghosts.pages * 4096 == compound + (account.unexplained ?? 0), "\(era) seed \(seed)")
    }
  }
}
