import ByteKit
import Codecs
import DumpFiles
import Evidence
import FixtureKit
import Foundation
import KernelImage
import Memory
import Survey
import Synchronization
import Testing

@Suite("A dump of a large machine")
struct VastDumpTests {
  /// As many page frames has a machine of 4 GiB; where all tests are to be thorough, of 64 GiB.
  private static let frames: UInt64 =
    ProcessInfo.processInfo.environment["RANDOM_KERNELS"] == nil ? 1 << 20 : 16 << 20

  /// A random kernel in a large machine, of which the dump has little, with a cache of 2.5 million
  /// objects beside the random ones.
  private struct Machine {
    let fixture: SlabKernel
    let vastness: SlabKernel.Vastness
    let dump: DumpFile
    let cache: String

    init(seed: UInt64) throws {
      var random = SeededGenerator(seed: seed)
      var fixture = SlabKernel.random(.slub6_1, isDamaged: false, using: &random)
      while !fixture.hasRoom(forOrder: 0) {
        fixture = SlabKernel.random(.slub6_1, isDamaged: false, using: &random)
      }
      cache = "vast-32"
      let number = fixture.addCache(cache, objectSize: 32)
      fixture.addSlab(of: number)
      let words = (0..<512).map { UInt64($0 % 4) &+ 0xffff_ffff_8100_0000 }
      let page = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
      }
      vastness = SlabKernel.Vastness(frameCount: VastDumpTests.frames, slabs: 20_000, page: page)
      var builder = fixture.dump(vastness)
      builder.codec = .lzo
      dump = try DumpFile.open(bytes: Bytes(builder.bytes()))
      self.fixture = fixture
    }
  }

  /// Counts how often pages of slabs are read.
  private final class Watched: PhysicalMemory {
    let whole: any PhysicalMemory
    let frames: [Range<PageFrame>]
    let slabs: Range<PageFrame>
    let reads = Atomic<Int>(0)

    init(_ whole: any PhysicalMemory, slabs: Range<PageFrame>) {
      self.whole = whole
      self.slabs = slabs
      frames = whole.frames
    }

    var pageSize: PageSize { whole.pageSize }

    func page(_ frame: PageFrame) throws(Absence) -> Bytes {
      if slabs.contains(frame) { reads.add(1, ordering: .relaxed) }
      return try whole.page(frame)
    }

    func absence(of frame: PageFrame) -> Absence? { whole.absence(of: frame) }
  }

  @Test("is small when little is in it, and its census is the truth, from the struct pages alone")
  func census() async throws {
    let seed = UInt64.random(in: 0..<1 << 32)
    print("a vast machine by the seed \(seed)")
    let machine = try Machine(seed: seed)
    let memory = Watched(machine.dump.memory, slabs: machine.vastness.slabFrames)
    let kernel = machine.fixture.kernel(machine.vastness, in: memory)
    let (census, coverage) = try await SlabSurvey(kernel).census()
    let cache = try #require(census.caches(named: machine.cache).first)
    let slabs = Int(machine.vastness.slabs) + 1
    #expect(census.slabsOfCache[cache].count == slabs)
    #expect(census.counts[cache].allocated == slabs * 128)
    #expect(coverage.isComplete)
    #expect(coverage.unknownFrames == 0)
    #expect(memory.reads.load(ordering: .relaxed) == 0)
    let truth = machine.fixture.truth
    let objects = (0..<census.caches.count).reduce(0) { $0 + census.counts[$1].total }
    #expect(objects == truth.count + (slabs - 1) * 128)
  }

  @Test("has each of its page frames in one condition, counted many at a time")
  func conditions() throws {
    let machine = try Machine(seed: 1)
    let memory = machine.dump.memory
    let counts = memory.statusCounts(of: PageFrame(0)..<PageFrame(Self.frames))
    #expect(counts.values.reduce(0, +) == Int(Self.frames))
    #expect(counts[.absent(.excluded)] ?? 0 > Self.frames / 10 * 9)
    #expect(counts[.present] ?? 0 >= Int(machine.vastness.slabs))
    var random = SeededGenerator(seed: 2)
    for _ in 0..<20 {
      let start = UInt64.random(in: 0..<Self.frames - 500, using: &random)
      var single: [PageStatus: Int] = [:]
      for frame in start..<start + 500 {
        single[memory.status(of: PageFrame(frame)), default: 0] += 1
      }
      #expect(memory.statusCounts(of: PageFrame(start)..<PageFrame(start + 500)) == single)
    }
  }
}
