import Evidence
import FixtureKit
import Foundation
import KernelImage
import Memory
import Survey
import Testing

@Suite("Kernels with random slabs")
struct RandomKernelTests {
  /// How many kernels of each era there are in each test; scripts/test asks for more.
  private static let kernels =
    ProcessInfo.processInfo.environment["RANDOM_KERNELS"].flatMap { UInt64($0) } ?? 15

  @Test("The census of an undamaged kernel is the truth", arguments: SlabEra.all)
  func undamaged(era: SlabEra) async throws {
    try await compare(era, isDamaged: false)
  }

  @Test("The census of a damaged kernel says what can still be told", arguments: SlabEra.all)
  func damaged(era: SlabEra) async throws {
    try await compare(era, isDamaged: true)
  }

  @Test("A kernel with random words overwritten has a census all the same", arguments: SlabEra.all)
  func overwritten(era: SlabEra) async throws {
    let start = UInt64.random(in: 0..<1 << 32)
    print("\(era): words overwritten by the seeds from \(start)")
    for seed in start..<start + (Self.kernels + 1) / 2 {
      var random = SeededGenerator(seed: seed)
      let fixture = SlabKernel.random(era, isDamaged: false, using: &random)
      let words = (0..<500).map { _ in
        (Self.place(using: &random), Self.word(using: &random))
      }
      let kernel = fixture.kernel(overwriting: Dictionary(words) { first, _ in first })
      let (census, coverage) = try await SlabSurvey(kernel).census()
      census.checkInvariants()
      #expect(coverage.slabPages >= census.slabs.count)
    }
  }

  /// A word in the page structures, the kernel's own data or the per-CPU areas.
  private static func place(using random: inout SeededGenerator) -> PhysicalAddress {
    let ranges: [Range<UInt64>] = [0x1000..<0x11000, 0x20000..<0x28000, 0x80000..<0x90000]
    let range = ranges[Int.random(in: ranges.indices, using: &random)]
    return PhysicalAddress(UInt64.random(in: range, using: &random) & ~7)
  }

  /// Words that lead somewhere, and some that do not.
  private static func word(using random: inout SeededGenerator) -> UInt64 {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: 0
    case 1: .max
    case 2: UInt64.random(in: 0..<1 << 16, using: &random)
    case 3: 0xffff_8880_0000_0000 | UInt64.random(in: 0..<1 << 22, using: &random) & ~7
    default: random.next()
    }
  }

  private func compare(_ era: SlabEra, isDamaged: Bool) async throws {
    let start = UInt64.random(in: 0..<1 << 32)
    for seed in start..<start + Self.kernels {
      var random = SeededGenerator(seed: seed)
      let fixture = SlabKernel.random(era, isDamaged: isDamaged, using: &random)
      let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
      census.checkInvariants()
      let differences = differences(between: census, and: fixture.truth)
      #expect(differences.isEmpty, "\(era) seed \(seed): \(differences.prefix(3))")
      for (number, cache) in census.caches.enumerated() {
        let index = fixture.number(ofCache: cache.name)
        let hidden = index.map { fixture.hidden(in: $0) } ?? 0
        #expect(cache.overcount >= hidden, "\(era) seed \(seed): cache \(number)")
      }
      if !isDamaged {
        #expect(census.caches.allSatisfy { $0.overcount == 0 })
        let faults = census.caches.indices.flatMap { census.faults(ofCache: $0) }
        #expect(faults.isEmpty, "\(era) seed \(seed): \(faults.prefix(3))")
        #expect(coverage.remarks.isEmpty, "\(era) seed \(seed): \(coverage.remarks)")
        #expect(coverage.isComplete)
      }
    }
  }
}

/// What a census says otherwise than the truth, address by address.
func differences(
  between census: Census, and truth: [VirtualAddress: SlabKernel.Truth]
) -> [String] {
  var differences: [String] = []
  for (address, expected) in truth {
    guard let object = census.object(containing: address), object.offset == 0 else {
      differences.append("\(address) is no object")
      continue
    }
    let state = census.state(of: census.slot(of: object))
    if !state.matches(expected) { differences.append("\(address): \(state), not \(expected)") }
  }
  if census.slotCount != truth.count {
    differences.append("\(census.slotCount) slots, not \(truth.count)")
  }
  return differences.sorted()
}

extension ObjectState {
  /// Whether a state is the one that a fixture knows to be true.
  func matches(_ truth: SlabKernel.Truth) -> Bool {
    switch (self, truth) {
    case (.allocated, .allocated), (.free(.slab), .freeInSlab), (.indeterminate, .unknown): true
    case (.free(let site), .free(let place)): site == place.site
    case (.pending(let site), .pending(let place)): site == place.pendingSite
    case (.allocated, .guarded(.allocated)), (.free(.kfence), .guarded(.freed)): true
    case (.pending(.callRCU), .guarded(.waitingForRCU)): true
    default: false
    }
  }
}

extension SlabKernel.Place {
  /// What the census calls a place of free objects.
  fileprivate var site: FreeSite? {
    switch self {
    case .cpuSlab: .cpuSlab
    case .mainSheaf, .spareSheaf: .cpuSheaf
    case .barn: .barn
    case .cpuArray: .cpuArray
    case .sharedArray: .sharedArray
    case .alienArray: .alienArray
    default: nil
    }
  }

  /// What the census calls a place of objects that are about to be freed.
  fileprivate var pendingSite: PendingSite? {
    switch self {
    case .rcuSheaf, .flyingSheaf: .rcuSheaf
    case .kfreeRCUBlock, .kfreeRCUList, .kfreeRCUCallback: .kfreeRCU
    case .callback, .delayedFree: .callRCU
    case .deferredFree: .deferredFree
    case .quarantine: .quarantine
    default: nil
    }
  }
}
