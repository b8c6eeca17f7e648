import DebugInfo
import Evidence
import KernelImage
import Memory

/// The inodes of a kernel: each lies in an object of its file system's.
struct InodeInquiries: Sendable {
  /// Where the objects of a cache have their inode.
  private struct Place: Hashable {
    let cache: Int
    let offset: Int
  }

  private let kernel: Kernel
  private let census: Census
  private let dentries: DentryTable
  private let structure: Structure
  private let reader: CountReader
  private let superblock: Field

  /// Functions of fs/inode.c.
  private static let anchors = ["igrab", "ihold", "iput", "new_inode"]
  /// What hash tables and lists lead to.
  private static let links = [
    "i_hash", "i_io_list", "i_lru", "i_sb_list", "i_wb_list", "i_dentry", "i_devices",
  ]
  /// Pointers to inodes that hold nobody: an open file holds the dentry.
  private static let strangers = [
    CountedType.Pointers(
      structures: ["file"], anchors: TaskLayout.anchors, cache: "filp",
      members: ["f_inode", "f_mapping"])
  ]

  /// Finds the type; nil when the debug information lacks it.
  init?(_ kernel: Kernel, census: Census, dentries: DentryTable) {
    guard let structure = kernel.types.structure("inode", near: Self.anchors),
      let reader = CountReader([.number("i_count")], of: structure, in: kernel),
      let superblock = structure.field("i_sb")
    else { return nil }
    self.kernel = kernel
    self.census = census
    self.dentries = dentries
    self.structure = structure
    self.reader = reader
    self.superblock = superblock
  }

  /// The inodes whose counts their dentries do not explain, by where they lie in their objects.
  func inquiries() -> [Inquiry] {
    var names: [UInt32: Int] = [:]
    var places: Set<Place> = []
    for entry in dentries.entries.lazy.compactMap(\.self) {
      guard let object = census.object(containing: entry.inode) else { continue }
      names[UInt32(truncatingIfNeeded: census.slot(of: object)), default: 0] += 1
      places.insert(Place(cache: Int(census.slabs[object.slab].cache), offset: object.offset))
    }
    return places.sorted { ($0.cache, $0.offset) < ($1.cache, $1.offset) }
      .flatMap { inquiries(at: $0, names) }
  }

  /// Those in a cache: first what pages do not hold, then what they may.
  private func inquiries(at place: Place, _ names: [UInt32: Int]) -> [Inquiry] {
    var suspects: [[Suspect]] = [[], []]
    for object in census.allocated(inCache: place.cache) {
      let address = object.advanced(by: place.offset)
      guard let superblock = kernel.pointer(superblock, at: address),
        let fileSystem = dentries.fileSystems[superblock],
        let reference = census.object(containing: object),
        let count = reader.count(at: address), count > 0
      else { continue }
      let slot = UInt32(truncatingIfNeeded: census.slot(of: reference))
      var holders = Overcount.Holders()
      holders.add("dentry", names[slot] ?? 0)
      guard count > holders.total else { continue }
      suspects[fileSystem.pagesMayHold ? 1 : 0].append(
        Suspect(
          slot: slot, address: address, count: count, pins: 0, holders: holders,
          lot: Suspect.Lot(
            type: "inode", fileSystem: fileSystem.name, superblock: superblock)))
    }
    return suspects.enumerated().map { number, suspects in
      var inquiry = Inquiry(
        count: reader.path, expression: reader.expression, type: "inode", suspects: suspects)
      inquiry.links = structure.ranges(of: Self.links).map { $0.moved(by: place.offset) }
      if number == 0 {
        inquiry.pageLinks = structure.ranges(of: ["i_data"]).map { $0.moved(by: place.offset) }
      }
      return inquiry
    }
  }

  /// The words that lead to suspects and hold nobody.
  func strangers(to slots: Set<UInt32>) -> Set<VirtualAddress> {
    Self.strangers.reduce(into: []) { found, pointers in
      found.formUnion(PointerSearch(pointers, kernel, census: census)?.places(to: slots) ?? [])
    }
  }
}

extension Range<Int> {
  fileprivate func moved(by distance: Int) -> Range<Int> {
    (lowerBound + distance)..<(upperBound + distance)
  }
}
