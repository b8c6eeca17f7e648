internal import ByteKit
internal import Evidence
internal import FixtureKit
internal import KernelImage
internal import Memory
internal import Survey

/// Slabs of every era with wrong words in freelists, page structures and caches.
struct FreelistsTarget: FuzzTarget {
  var name: String { "freelists" }

  /// A kernel of each era without damage, and with some.
  func seeds() -> [[UInt8]] {
    SlabEra.all.indices.flatMap { era in
      [
        [UInt8(era), 0],
        Overwriting.input([UInt8(era), 1], [(0x5000, 0), (0x10_0040, .max), (0x10_1000, 8)]),
      ]
    }
  }

  /// Takes the census.
  func run(_ input: Bytes) async {
    guard let kernel = Self.kernel(input) else { return }
    guard let survey = try? SlabSurvey(kernel) else { return }
    let (census, coverage) = await survey.census()
    census.checkInvariants()
    precondition(coverage.slabPages >= census.slabs.count)
  }

  /// A random kernel of the era and seed in the first two bytes, the rest written over its memory.
  static func kernel(_ input: Bytes) -> Kernel? {
    guard let era = input.load(UInt8.self, at: 0), let seed = input.load(UInt8.self, at: 1) else {
      return nil
    }
    var random = SeededGenerator(seed: UInt64(seed))
    let fixture = SlabKernel.random(
      SlabEra.all[Int(era) % SlabEra.all.count], isDamaged: false, using: &random)
    let damage = Overwriting(input, from: 2, limit: fixture.frameCount << 12)
    return fixture.kernel(overwriting: damage.byAddress)
  }
}
