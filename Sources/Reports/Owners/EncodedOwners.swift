internal import Analysis
internal import Evidence

/// The schema `slabscope.owners/1`.
struct EncodedOwners: Encodable, Sendable {
  let schema = "slabscope.owners/1"
  /// `cgroup`, `module` or `size`.
  let by: String
  let coverage: EncodedCoverage
  let objects: Int
  let bytes: Int
  let owners: [EncodedOwner]
  /// Groups that were removed and live on; null where owners are no groups, or none are known.
  @OrNull var dying: EncodedDyingGroups?

  init(_ subject: Subject, ownership: SlabOwnership) {
    by = ownership.division.rawValue
    coverage = EncodedCoverage(subject.coverage)
    objects = ownership.objects
    bytes = ownership.bytes
    owners = ownership.shares.map { EncodedOwner($0, in: subject) }
    dying =
      ownership.division == .cgroup ? subject.charges.map { EncodedDyingGroups($0) } : nil
  }
}

/// What an owner has in `slabscope.owners/1`.
struct EncodedOwner: Encodable, Sendable {
  /// What is of one cache.
  struct Part: Encodable, Sendable {
    let cache: String
    @OrNull var cacheAddress: EncodedAddress?
    let objects: Int
    let bytes: Int
    let objectsByContents: Int
  }

  /// What a control group is charged.
  struct Charge: Encodable, Sendable {
    let memCgroup: EncodedAddress
    let dying: Bool
    let bytes: Int
    let bytesWithBelow: Int
    let inheritedObjects: Int
  }

  let owner: String
  let kind: String
  let objects: Int
  let bytes: Int
  @OrNull var charge: Charge?
  let caches: [Part]

  init(_ share: OwnerShare, in subject: Subject) {
    owner = share.name
    kind = share.kind.rawValue
    objects = share.objects
    bytes = share.bytes
    let groups = subject.charges?.groups ?? []
    charge = share.charge.flatMap { charge in
      guard groups.indices.contains(charge.group) else { return nil }
      let group = groups[charge.group]
      return Charge(
        memCgroup: EncodedAddress(group.address), dying: group.isDying, bytes: charge.bytes,
        bytesWithBelow: charge.bytesWithBelow, inheritedObjects: charge.inherited)
    }
    caches = share.parts.map { part in
      let cache = subject.census.caches[part.cache]
      return Part(
        cache: cache.name, cacheAddress: cache.knownAddress.map { EncodedAddress($0) },
        objects: part.objects, bytes: part.bytes, objectsByContents: part.objectsByContents)
    }
  }
}

/// The groups that were removed and live on.
struct EncodedDyingGroups: Encodable, Sendable {
  /// Pages of one kind.
  struct Pages: Encodable, Sendable {
    let kind: String
    let count: Int
  }

  /// One such group.
  struct Group: Encodable, Sendable {
    let memCgroup: EncodedAddress
    @OrNull var path: String?
    @OrNull var chargedPages: Int?
    @OrNull var swappedPages: Int?
    @OrNull var references: Int?
    @OrNull var pages: [Pages]?
    @OrNull var sockets: Int?
    @OrNull var processes: Int?
  }

  /// How many there are by the kernel's own count.
  @OrNull var count: Int?
  let groups: [Group]

  init(_ charges: any ChargeRecords) {
    count = charges.dyingGroups
    groups = charges.groups.filter(\.isDying).map { group in
      Group(
        memCgroup: EncodedAddress(group.address), path: group.path, chargedPages: group.charged,
        swappedPages: group.swapped, references: group.references,
        pages: group.pages?.map { Pages(kind: $0.kind, count: $0.count) },
        sockets: group.sockets, processes: group.processes)
    }
  }
}
