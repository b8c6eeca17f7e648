import Evidence
import Memory

/// The objects whose counts exceed all words that may be a holder's, by what they have in common.
struct HeldObjects: Sendable {
  /// An object that is held by nobody, once or more.
  struct Object: Sendable {
    let suspect: Suspect
    /// How many words may be a holder's, those to what stands for it included.
    let words: Int
    /// How many references are left over.
    var surplus: Int
    /// How many more were taken with others that are left over: with those of dentries.
    var explained = 0
  }

  /// The objects of one lot.
  struct Lot: Sendable {
    let lot: Suspect.Lot
    /// The member with the count.
    let count: String
    /// How drgn computes the count of an object `o`.
    let expression: String
    var objects: [Object] = []
    /// How many references of mounts were taken with those of these dentries.
    var mountReferences = 0
    /// How many references are left over.
    var surplus: Int { objects.reduce(0) { $0 &+ $1.surplus } }
  }

  /// The lots with enough references left over, in the order of the inquiries.
  private(set) var lots: [Lot] = []
  /// How much of memory was looked at.
  let coverage: ScanCoverage

  /// Compares the counts with the words that a scan found.
  init(_ inquiries: [Inquiry], _ references: [References], _ proxies: ProxyBudget) {
    coverage = references.first?.coverage ?? ScanCoverage()
    var words: [UInt32: Int] = [:]
    for found in references {
      for (slot, counts) in zip(found.slots, found.counts) { words[slot] = counts.total }
    }
    var budgets: [UInt32: Int] = [:]
    var numbers: [Suspect.Lot: Int] = [:]
    for inquiry in inquiries {
      for suspect in inquiry.suspects {
        guard let object = Self.object(suspect, words, proxies, &budgets) else { continue }
        let number = numbers[suspect.lot] ?? lots.count
        if number == lots.count {
          numbers[suspect.lot] = number
          lots.append(Lot(lot: suspect.lot, count: inquiry.count, expression: inquiry.expression))
        }
        lots[number].objects.append(object)
      }
    }
    lots.removeAll { $0.surplus < ReferenceCounts.fewest }
    explainMounts()
  }

  /// The object, if it is held more often than all words that may be a holder's.
  private static func object(
    _ suspect: Suspect, _ words: [UInt32: Int], _ proxies: ProxyBudget,
    _ budgets: inout [UInt32: Int]
  ) -> Object? {
    let direct = max(0, (words[suspect.slot] ?? 0) - suspect.otherWords)
    let surplus = suspect.count - suspect.pins - direct
    guard surplus > 0, !(suspect.mayBeNumbered && direct > 0) else { return nil }
    guard let proxy = suspect.proxy else {
      return Object(suspect: suspect, words: direct, surplus: surplus)
    }
    // Each word to what stands for several objects may hold one of them.
    let budget = budgets[proxy] ?? proxies.budget(of: proxy, words: words[proxy] ?? 0)
    let indirect = min(budget, surplus)
    budgets[proxy] = budget - indirect
    guard surplus > indirect else { return nil }
    return Object(suspect: suspect, words: direct + indirect, surplus: surplus - indirect)
  }

  /// Who takes a path takes a dentry and its mount: what is told of the one is not told of the other.
  private mutating func explainMounts() {
    var dentries: [VirtualAddress: Int] = [:]
    for lot in lots where lot.lot.type == "dentry" {
      if let superblock = lot.lot.superblock { dentries[superblock, default: 0] &+= lot.surplus }
    }
    var explained: [VirtualAddress: Int] = [:]
    for number in lots.indices where lots[number].lot.type == "mount" {
      for index in lots[number].objects.indices {
        let object = lots[number].objects[index]
        guard let superblock = object.suspect.superblock, let left = dentries[superblock] else {
          continue
        }
        let count = min(left, object.surplus)
        lots[number].objects[index].surplus -= count
        lots[number].objects[index].explained = count
        dentries[superblock] = left - count
        explained[superblock, default: 0] += count
      }
      lots[number].objects.removeAll { $0.surplus == 0 }
    }
    lots.removeAll { $0.surplus < ReferenceCounts.fewest }
    for number in lots.indices where lots[number].lot.type == "dentry" {
      let superblock = lots[number].lot.superblock
      lots[number].mountReferences = superblock.flatMap { explained[$0] } ?? 0
    }
  }
}
