import Evidence
import Memory

extension DentryTable {
  /// The dentries whose counts the holders that were found and their pins do not explain.
  func inquiry(_ layout: DentryLayout) -> Inquiry {
    var inquiry = Inquiry(
      count: "d_lockref.count", expression: "o.d_lockref.count", type: "dentry", suspects: [])
    inquiry.links = layout.links
    for entry in entries.lazy.compactMap(\.self)
    where entry.count > entry.pins + entry.holderCount {
      var suspect = Suspect(
        slot: entry.slot, address: entry.address, count: entry.count, pins: entry.pins,
        holders: entry.holders,
        lot: Suspect.Lot(
          type: "dentry", fileSystem: fileSystems[entry.superblock]?.name,
          superblock: entry.superblock),
        dentry: entry.address)
      suspect.otherWords = entry.isInTree ? 1 : 0
      inquiry.suspects.append(suspect)
    }
    return inquiry
  }
}
