import Evidence
import Memory

/// What kind of target each slot is of, and which words do not count for it.
struct TargetKinds: Sendable {
  /// The kinds, in the order in which they were asked for.
  let kinds: [ReferenceTargets]
  /// For each target, the number of its kind, in the order of the target set.
  private(set) var numbers: [UInt8]
  private let targets: TargetSet
  private let words: Set<VirtualAddress>
  private let isPlain: Bool

  /// Sorts the targets of a set by kind; kinds beyond the 255th are taken for the last.
  init(_ kinds: [ReferenceTargets], of targets: TargetSet, besides words: Set<VirtualAddress>) {
    self.kinds = kinds
    self.targets = targets
    self.words = words
    isPlain = kinds.allSatisfy {
      $0.links.isEmpty && $0.pageLinks.isEmpty && $0.tables.isEmpty
    }
    numbers = Array(repeating: 0, count: targets.slots.count)
    for (number, kind) in kinds.enumerated().reversed() {
      for slot in kind.slots {
        if let index = targets.index(of: slot) { numbers[index] = UInt8(clamping: number) }
      }
    }
  }

  /// Whether a word at an address does not count, whatever it leads to.
  func leavesOut(_ address: VirtualAddress) -> Bool {
    !words.isEmpty && words.contains(address)
  }

  /// Whether a word that leads so far into a target does not count.
  func isLink(_ slot: UInt32, _ offset: Int) -> Bool {
    kind(of: slot)?.links.contains { $0.contains(offset) } ?? false
  }

  /// Whether a word in a `struct page` that leads so far into a target does not count.
  func isPageLink(_ slot: UInt32, _ offset: Int) -> Bool {
    kind(of: slot)?.pageLinks.contains { $0.contains(offset) } ?? false
  }

  /// Whether a word in an object of a cache does not count for a target.
  func isTable(_ cache: Int, of slot: UInt32) -> Bool {
    kind(of: slot)?.tables.contains(cache) ?? false
  }

  private func kind(of slot: UInt32) -> ReferenceTargets? {
    guard !isPlain, let index = targets.index(of: slot) else { return nil }
    return kinds[Int(numbers[index])]
  }
}
