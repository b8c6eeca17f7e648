import DebugInfo
public import Evidence
public import KernelImage
import Memory

/// The audit of the counts in dentries: who holds each, and which are held by nobody.
///
/// A holder is whatever has a pointer to a dentry that lists and hash tables have not: a child, an
/// open file, a mount, a process's directory, anything. So the words that lead to the start of a
/// dentry are the most holders that it can have, apart from the pins of its own file system.
public struct DentryAudit: ReferenceAudit {
  private let kernel: Kernel
  private let census: Census
  private let scan: any ReferenceScan

  /// Fewer of a file system are not looked for: calls in progress hold some.
  private static let fewest = 64
  /// How many names are told.
  private static let mostExamples = 3

  /// Prepares an audit of the kernel that a census was taken of.
  public init(_ kernel: Kernel, census: Census, scan: any ReferenceScan) {
    self.kernel = kernel
    self.census = census
    self.scan = scan
  }

  /// The dentries by file system whose counts exceed their pins and all words that lead to them.
  public func overcounts() async -> [Overcount] {
    guard let layout = try? DentryLayout(kernel.types) else { return [] }
    let table = DentryTable(kernel, census: census, layout: layout)
    let doubtful = Dictionary(
      grouping: table.entries.lazy.compactMap(\.self).filter {
        $0.count > $0.pins + $0.holders.total
      }, by: \.superblock
    ).filter { $0.value.count >= Self.fewest }
    guard !doubtful.isEmpty else { return [] }
    let slots = doubtful.values.flatMap { $0.map(\.slot) }
    let references = await scan.references(to: slots, besides: layout.links)
    let totals = Dictionary(
      zip(references.slots, references.counts.lazy.map(\.total)),
      uniquingKeysWith: { first, _ in first })
    func words(_ entry: DentryTable.Entry) -> Int {
      max(0, (totals[entry.slot] ?? 0) - (entry.isInTree ? 1 : 0))
    }
    let paths = DentryPaths(kernel, table: table, layout: layout)
    return doubtful.sorted { $0.key < $1.key }.compactMap { superblock, entries in
      let held = entries.filter { $0.count > $0.pins + words($0) }
      guard held.count >= Self.fewest, let fileSystem = table.fileSystems[superblock] else {
        return nil
      }
      var found = Overcount(
        type: "dentry", fileSystem: fileSystem.name, superblock: superblock,
        directory: paths.directory(of: held),
        examples: held.prefix(Self.mostExamples).compactMap(paths.name),
        coverage: references.coverage)
      for entry in held { add(entry, words: words(entry), to: &found) }
      found.slots.sort()
      found.kept = Set(found.kept).sorted()
      return found
    }
  }

  private func add(_ entry: DentryTable.Entry, words: Int, to found: inout Overcount) {
    found.slots.append(entry.slot)
    if let inode = census.object(containing: entry.inode) {
      found.kept.append(UInt32(truncatingIfNeeded: census.slot(of: inode)))
    }
    found.references += entry.count
    found.pins += entry.pins
    found.holders.add(entry.holders)
    found.words += words
    found.surplus += entry.count - entry.pins - words
    if !entry.isHashed { found.unhashed += 1 }
  }
}
