import Evidence
import KernelImage
import Memory

/// Makes evidence of objects that are held by nobody: where they are, and what they keep.
struct OvercountAssembly: Sendable {
  private let census: Census
  private let dentries: DentryTable?
  private let paths: DentryPaths?

  /// How many names are told.
  private static let mostExamples = 3

  /// Prepares to name objects.
  init(_ kernel: Kernel, census: Census, dentries: DentryTable?, layout: DentryLayout?) {
    self.census = census
    self.dentries = dentries
    paths = dentries.flatMap { dentries in
      layout.map { DentryPaths(kernel, table: dentries, layout: $0) }
    }
  }

  /// The evidence for each lot.
  func overcounts(_ held: HeldObjects) -> [Overcount] {
    held.lots.map { lot in
      var found = Overcount(
        type: lot.lot.type, count: lot.count, fileSystem: lot.lot.fileSystem,
        operations: lot.lot.operations, label: lot.lot.label, coverage: held.coverage)
      found.mountReferences = lot.mountReferences
      found.expression = lot.expression
      found.first = lot.objects.first?.suspect.address
      for object in lot.objects { add(object, to: &found) }
      name(lot, &found)
      if lot.lot.type == "file" { addKept(lot, to: &found) }
      found.slots = Set(found.slots).sorted()
      found.kept = Set(found.kept).sorted()
      return found
    }
  }

  private func add(_ object: HeldObjects.Object, to found: inout Overcount) {
    let suspect = object.suspect
    found.slots.append(suspect.slot)
    found.kept += suspect.kept
    found.references += suspect.count
    found.pins += min(suspect.pins, suspect.count)
    found.holders.add(suspect.holders)
    found.words += object.words
    found.surplus += object.surplus
    found.explained += object.explained
    guard suspect.lot.type == "dentry", let entry = entry(of: suspect) else { return }
    if let inode = slot(of: entry.inode) { found.kept.append(inode) }
    if !entry.isHashed { found.unhashed += 1 }
  }

  private func entry(of suspect: Suspect) -> DentryTable.Entry? {
    suspect.dentry.flatMap { dentries?.entry(at: $0) }
  }

  private func slot(of address: VirtualAddress) -> UInt32? {
    census.object(containing: address).map { UInt32(truncatingIfNeeded: census.slot(of: $0)) }
  }

  /// Adds the directory that all are in, and some names.
  private func name(_ lot: HeldObjects.Lot, _ found: inout Overcount) {
    guard let paths else { return }
    let entries = lot.objects.compactMap { entry(of: $0.suspect) }
    guard !entries.isEmpty else { return }
    if lot.lot.type == "mount" {
      // What is mounted nowhere any more is its own mount point.
      let places = lot.objects.filter { $0.suspect.pins > 0 }.compactMap(\.suspect.dentry)
      found.examples = places.prefix(Self.mostExamples).compactMap(paths.path)
    } else {
      let isPlace = lot.lot.type == "dentry" || lot.lot.type == "file"
      if isPlace, entries.count == lot.objects.count {
        found.directory = paths.directory(of: entries)
      }
      found.examples = entries.prefix(Self.mostExamples).compactMap(paths.name)
    }
  }

  /// Adds the dentries that nobody but files of a lot holds, and the inodes that have no other name.
  private func addKept(_ lot: HeldObjects.Lot, to found: inout Overcount) {
    var files: [VirtualAddress: Int] = [:]
    for dentry in lot.objects.compactMap(\.suspect.dentry) { files[dentry, default: 0] += 1 }
    for (dentry, count) in files {
      guard let entry = dentries?.entry(at: dentry), entry.count <= count else { continue }
      found.kept.append(entry.slot)
      if !entry.isHashed, let inode = slot(of: entry.inode) { found.kept.append(inode) }
    }
  }
}
