import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Kernels with random slabs")
struct RandomKernelTests {
  @Test("The census of an undamaged kernel is the truth", arguments: SlabEra.all)
  func undamaged(era: SlabEra) async throws {
    try await compare(era, isDamaged: false)
  }

  @Test("The census of a damaged kernel says what can still be told", arguments: SlabEra.all)
  func damaged(era: SlabEra) async throws {
    try await compare(era, isDamaged: true)
  }

  private func compare(_ era: SlabEra, isDamaged: Bool) async throws {
    let start = UInt64.random(in: 0..<1 << 32)
    for seed in start..<start + 15 {
      var random = SeededGenerator(seed: seed)
      let fixture = SlabKernel.random(era, isDamaged: isDamaged, using: &random)
      let (census, coverage) = try await SlabSurvey(fixture.kernel()).census()
      census.checkInvariants()
      let differences = differences(between: census, and: fixture.truth)
      #expect(differences.isEmpty, "\(era) seed \(seed): \(differences.prefix(3))")
      if !isDamaged {
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
    case .kfreeRCUBlock, .kfreeRCUList: .kfreeRCU
    case .callback: .callRCU
    case .deferredFree: .deferredFree
    case .quarantine: .quarantine
    default: nil
    }
  }
}
