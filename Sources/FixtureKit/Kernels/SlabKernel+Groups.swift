extension SlabKernel {
  /// A control group.
  struct Group: Sendable {
    let name: String
    let parent: Int?
    /// Whether it was removed, and by how many references it is kept.
    var references: Int?
    /// How many pages the kernel counts as charged to it.
    var pages: UInt64 = 0
  }

  /// An object and the group that it is charged to.
  struct Charge {
    let slab: Int
    let slot: Int
    let group: Int
  }

  /// The group that all others lie in.
  public static let rootGroup = 0

  /// Adds a control group, and the root before the first of them; returns its number.
  public mutating func addGroup(_ name: String, in parent: Int = rootGroup) -> Int {
    if groups.isEmpty { groups.append(Group(name: "", parent: nil)) }
    groups.append(Group(name: name, parent: parent))
    return groups.count - 1
  }

  /// Removes a group, which lives on as long as so many references keep it.
  ///
  /// What is charged to it from then on counts for the group that it was in.
  public mutating func removeGroup(_ group: Int, references: Int) {
    groups[group].references = references
  }

  /// Charges objects to a group, in kernels from v5.9 on.
  public mutating func charge(_ slots: [Int], of slab: Int, to group: Int) {
    charges += slots.map { Charge(slab: slab, slot: $0, group: group) }
  }

  /// Makes a cache that of a group for objects of another cache, in kernels before v5.9.
  public mutating func charge(_ cache: Int, asPartOf root: Int, to group: Int) {
    setRoot(of: cache, to: root)
    caches[cache].group = group
  }

  /// Has a cache's slots keep the pointers to groups in themselves, in kernels from v7.1 on.
  public mutating func keepCharges(of cache: Int, at offset: Int) {
    caches[cache].chargePlace = offset
  }

  /// Charges a page to a group.
  public mutating func charge(frame: UInt64, to group: Int) {
    pageCharges[frame] = group
    groups[group].pages += 1
  }

  /// The group that counts what is charged to a group: itself, or the one it was in.
  public func heir(of group: Int) -> Int {
    guard groups[group].references != nil, let parent = groups[group].parent else { return group }
    return heir(of: parent)
  }
}
