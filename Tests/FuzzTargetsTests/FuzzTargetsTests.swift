import ByteKit
import FixtureKit
import FuzzTargets
import Testing

/// The fuzz targets themselves: `scripts/fuzz` runs them for as long as one likes.
@Suite("Fuzz targets")
struct FuzzTargetsTests {
  @Test("run on their seeds and on damaged seeds", arguments: FuzzTargets.all.indices)
  func smoke(_ index: Int) async throws {
    let target = FuzzTargets.all[index]
    let number = UInt64.random(in: 0 ... .max)
    print("\(target.name): seed \(number)")
    var random = SeededGenerator(seed: number)
    let seeds = try target.seeds()
    #expect(!seeds.isEmpty)
    for seed in seeds { await target.run(Bytes(seed)) }
    for _ in 0..<20 {
      var damaged = seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        guard let place = damaged.indices.randomElement(using: &random) else { break }
        damaged[place] = UInt8.random(in: 0...255, using: &random)
      }
      await target.run(Bytes(damaged))
    }
    await target.run(.empty)
  }

  @Test("have names of their own")
  func names() {
    #expect(Set(FuzzTargets.all.map(\.name)).count == FuzzTargets.all.count)
  }
}
