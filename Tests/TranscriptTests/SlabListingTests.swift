import DebugInfo
import Evidence
import Memory
import Testing
import Transcript

@Suite struct SlabListingTests {
  private let slab = """
    CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
    ffff80007b000000      128    1723323   1723968  53874     4k  kmalloc-128
    SLAB              MEMORY            TOTAL  ALLOCATED  FREE
    ffff7e0000e96c00  ffff80003a5b0000     32         29     3
    FREE / [ALLOCATED]
      [ffff80003a5b0000]
      [ffff80003a5b0080]
       ffff80003a5b0180  (cpu 1 cache)
       ffff80003a5b0200
       ffff80003a5b0280  (shared cache)
      [ffff80003a5b0300]

    """

  @Test func readsSLABWithItsArrayCaches() {
    let facts = facts(slab)
    #expect(facts.slabs.count == 1)
    #expect(facts.slabs[0].descriptor == 0xffff_7e00_00e9_6c00)
    #expect(facts.slabs[0].memory == 0xffff_8000_3a5b_0000)
    #expect(facts.slabs[0].total == 32)
    #expect(facts.slabs[0].allocated == 29)
    #expect(facts.slabs[0].free == 3)
    let marks = (0..<facts.objects.count).map(facts.objects.mark)
    #expect(marks == [.allocated, .allocated, .cpuCache, .free, .sharedCache, .allocated])
    #expect(facts.objects.addresses[3] == 0xffff_8000_3a5b_0200)
    #expect(unread(slab) == 0)
  }

  @Test func readsSLUBWithItsCPUsAndNodes() {
    let facts = facts(
      """
      crash> kmem -S kmalloc-512
      CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
      ffff8d3f07c06c00      512       1916      3680    115    16k  kmalloc-512
      CPU 1 KMEM_CACHE_CPU:
        ffff8d461fa6f140
      CPU 1 SLAB:
        SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
        fffff540df7c4000  ffff8d45df100000     0     32         31     1
        FREE / [ALLOCATED]
         ffff8d45df100000  (cpu 1 cache)
        [ffff8d45df100200]
      CPU 1 PARTIAL:
        (empty)
      CPU 2 [OFFLINE]
      KMEM_CACHE_NODE   NODE  SLABS  PARTIAL  PER-CPU
      ffff8d3f07c01240     0    115       61        4
      NODE 0 PARTIAL:
        SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
        ffffea0031611f80  ffff880c5847e000     0     32          2    30
        ffffea0031611f90  ffff880c58482000     0     32         12    20
      NODE 0 FULL:
        (not tracked)

      """)
    #expect(facts.slabs.map(\.site) == [.cpu(1), .nodePartial, .nodePartial])
    #expect(facts.slabs.map(\.allocated) == [31, 2, 12])
    #expect(facts.objects.count == 2)
    #expect(facts.objects(ofSlab: 0) == 0..<2)
    #expect(facts.objects(ofSlab: 1).isEmpty)
    #expect(facts.hasUntrackedSlabs)
  }

  @Test func errorsInsideOfAListingCostOneSlab() {
    let text = """
      CACHE            NAME                 OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE
      kmem: corrupter_slab_cache: slab: fffff67a41f897c0 invalid freepointer: 11ff9ef7be25f5f8
      ffff9ef7bb8f0100 corrupter_slab_cache     504          6         8      1     4k
      CPU 0 KMEM_CACHE_CPU:
        ffffde397fc010b0
      CPU 0 SLAB:
        SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
      kmem: corrupter_slab_cache: slab: fffff67a41f897c0 invalid freepointer: 11ff9ef7be25f5f8
        fffff67a41f897c0  ffff9ef7be25f000     0      8          6     2
        FREE / [ALLOCATED]
      kmem: corrupter_slab_cache: slab: fffff67a41f897c0 invalid freepointer: 11ff9ef7be25f5f8
      KMEM_CACHE_NODE   NODE  SLABS  PARTIAL  PER-CPU
      """
    let census = evidence(text).subject.census
    #expect(facts(text).errors.count == 3)
    #expect(census.slotCount == 8)
    #expect(census.counts.first?.indeterminate == 8)
    #expect(census.faults(ofCache: 0).contains { $0.summary.contains("invalid freepointer") })
  }

  @Test func aListingCutOffAtBothEndsStillHasItsObjects() {
    let facts = facts(
      """
      b0180
        [ffff80003a5b0200]
         ffff80003a5b0280
        [ffff80003a5b0300]
        [ffff80003a5b03
      """)
    #expect(facts.objects.count == 3)
    #expect(facts.objects.mark(1) == .free)
  }

  @Test func allOnOneLineWithoutIndentation() {
    let line = slab.split(separator: "\n").joined(separator: " ")
    let facts = facts(line)
    #expect(facts.caches.map(\.name) == ["kmalloc-128"])
    #expect(facts.slabs.map(\.total) == [32])
    let marks = (0..<facts.objects.count).map(facts.objects.mark)
    #expect(marks == [.allocated, .allocated, .cpuCache, .free, .sharedCache, .allocated])
  }

  @Test func slabsLineUpInTheCensus() throws {
    let subject = evidence(slab).subject
    subject.census.checkInvariants()
    let counts = try #require(subject.census.counts.first)
    #expect(counts.allocated == 3)
    #expect(counts.free == 3)
    #expect(counts.indeterminate == 26)
    let array = try #require(subject.census.object(containing: .init(0xffff_8000_3a5b_0184)))
    #expect(subject.census.state(of: subject.census.slot(of: array)) == .free(.cpuArray))
    #expect(subject.counters.first??.allocated == 1_723_323)
    #expect(
      subject.coverage.remarks.first
        == "3 of 1,723,323 allocated objects of kmalloc-128 are in this text; the content of none "
        + "is known")
  }

  @Test func aSlabThatClaimsTooMuchTakesNoMemory() {
    let claim = """
      ffff80007b000000      8    1723323   1723968  53874     1048576k  kmalloc-8
      ffff7e0000e96c00  ffff80003a5b0000     999999999         29     999999970
      """
    #expect(evidence(claim).subject.census.slotCount <= 1 << 16)
  }
}

extension SlabListingTests {
  @Test func countsThatTheListingContradictsAreAFault() throws {
    let text = """
      ffff80007b000000      2048    9    20  10     4k  kmalloc-2k
      SLAB              MEMORY            TOTAL  ALLOCATED  FREE
      ffff7e0000e96c00  ffff80003a5b0000      2          2     0
      FREE / [ALLOCATED]
        [ffff80003a5b0000]
         ffff80003a5b0800
      """
    let census = evidence(text).subject.census
    #expect(census.counts.first?.allocated == 1)
    #expect(
      census.faults(ofCache: 0).map(\.summary) == ["its row says 2 allocated, its listing 1"])
  }

  @Test func anObjectListedAgainInAnotherStateIsSaid() {
    let row = "ffff80007b000000 2048 9 20 10 4k kmalloc-2k\n"
    let slab =
      "ffff7e0000e96c00 ffff80003a5b0000 2 1 1\nFREE / [ALLOCATED]\n"
    let text =
      row + slab + "[ffff80003a5b0000]\n ffff80003a5b0800\n" + row + slab + " ffff80003a5b0000\n"
    let subject = evidence(text).subject
    #expect(subject.census.counts.first?.free == 2)
    #expect(subject.coverage.remarks.contains { $0.hasPrefix("1 object listed several times") })
  }

  @Test(arguments: [
    "[    0.403211] PCI: Using configuration type 1", "<6>[    0.403211] PCI: Using configuration",
    "[Sat Apr  4 07:41:09 UTC 2020] PCI: Using configuration",
  ])
  func messagesOfTheKernelAreUnderstood(line: String) {
    #expect(unread(line) == 0)
  }

  @Test func framesOfAStackBehindAListingAreNoObjects() {
    let text = """
      CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
      ff27b829011b1e00     8384         57        64     16    32k  task_struct
        SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
        ffb02df140049600  ff27b82901258000     0      3          3     0
        FREE / [ALLOCATED]
        [ff27b82901258000]
      PID: 0      TASK: ff27b82901262100  CPU: 1    COMMAND: "swapper/1"
       #0 [ff4ca5884009bed8] amd_e400_idle at ffffffff8343eccd
       #1 [ff4ca5884009bee0] default_idle_call at ffffffff83e4ea18
      ff27b8290125a100

      """
    #expect(facts(text).objects.addresses == [0xff27_b829_0125_8000])
  }

  /// crash 7.2.9 sees one free object of this slab of Linux 5.10, whose count says seven.
  @Test(arguments: [("126", "seem"), ("121", "may seem")])
  func freelistsThatCrashCannotDecodeAreAFault(listed: String, verb: String) {
    let objects = (0..<8).map { index in
      let digits = String(UInt64(0xffff_9589_5c78_c000) + UInt64(index) * 32, radix: 16)
      return index < (listed == "126" ? 7 : 5) ? "  [\(digits)]" : "   \(digits)"
    }
    let text = """
      crash 7.2.9
           RELEASE: 5.10.0-32-amd64
      CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
      ffff958941042600       32      61555     61824    483     4k  kmalloc-32
      CPU 0 PARTIAL:
        SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
        fffff719c071e300  ffff95895c78c000     0      8          5     3
        FREE / [ALLOCATED]
      \(objects.joined(separator: "\n"))

      """
    let faults = evidence(text).subject.census.caches.first?.faults ?? []
    #expect(
      faults.contains {
        $0.summary
          == "crash before 7.3.1 does not decode hardened freelists of Linux 5.7 and later: free "
          + "objects \(verb) allocated"
      })
  }
}
