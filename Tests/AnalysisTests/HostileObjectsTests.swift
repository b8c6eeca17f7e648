import DebugInfo
import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Objects of any contents")
struct HostileObjectsTests {
  /// Words that an attacker or a stray write would leave: addresses of everything, and noise.
  private func word(_ generator: inout SeededGenerator, _ own: VirtualAddress) -> UInt64 {
    let random = generator.next()
    let base: UInt64 =
      switch random % 10 {
      case 0: 0
      case 1: own.rawValue
      case 2: SubjectBuilder.directMap.rawValue + 0x10_0000
      case 3: LeakyModule.singleStart.rawValue
      case 4: LeakyModule.timeout.rawValue
      case 5: LeakyModule.thisModule.rawValue
      case 6: 0xffff_ffff_ffff_ffff
      case 7: 0xdead_0000_0000_0000
      case 8: 0x2e30_2e30_312e_3031
      default: generator.next()
      }
    return base &+ (random >> 32) % 0x200 &* (random >> 60 & 1)
  }

  @Test("Nothing traps, and every object is in one group or counted as unread", arguments: 1...12)
  func random(seed: Int) async {
    var generator = SeededGenerator(seed: UInt64(seed))
    var kernel = SubjectBuilder(types: seed % 3 == 0 ? nil : LeakyModule.types)
    kernel.symbols = LeakyModule.types.symbols
    kernel.machine = seed % 2 == 0 ? .arm64 : .x86_64
    for (name, size) in [("kmalloc-32", 32), ("kmalloc-96", 96), ("odd", 20), ("filp", 1000)] {
      let cache = kernel.cache(name, objectSize: size, slotSize: (size + 7) / 8 * 8)
      for _ in 0..<Int(generator.next() % 400) {
        let address = kernel.object(in: cache) { address in
          (0..<(size / 8)).map { _ in word(&generator, address) }
        }
        switch generator.next() % 100 {
        case 0: kernel.memory.removePage(at: address)
        case 1: kernel.memory.showOnly(3..<200, ofPageAt: address)
        default: break
        }
      }
    }
    let subject = kernel.subject
    let investigation = await Investigation(of: subject)
    #expect(investigation.groups.count == subject.census.caches.count)
    for groups in investigation.groups {
      let slots = groups.groups.flatMap(\.slots)
      #expect(Set(slots).count == groups.grouped)
      #expect(
        groups.grouped + groups.unread == subject.census.counts[groups.cache].allocated)
      for group in groups.groups {
        #expect((1...group.slots.count).contains(group.identical))
        #expect(group.slots.allSatisfy { subject.census.stateKind(of: Int($0)) == .allocated })
      }
    }
    let again = await Investigation(of: subject)
    #expect(again.groups.map(\.groups) == investigation.groups.map(\.groups))
    #expect(again.findings == investigation.findings)
  }
}
