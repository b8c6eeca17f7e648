internal import Evidence

/// The slab objects in use, by the control group that they are charged to.
struct GroupShares {
  /// What each group has, and what is charged to nobody or not known.
  let shares: [OwnerShare]

  /// Asks for the charges of all objects.
  init(_ subject: Subject, _ stock: SlabStock) async {
    guard let charges = subject.charges else {
      let parts = stock.objects.indices.compactMap { cache in
        stock.objects[cache] > 0 ? stock.part(stock.objects[cache], of: cache) : nil
      }
      shares = [OwnerShare(name: "unknown", kind: .unknown, parts: parts)]
      return
    }
    let usage = await charges.usage()
    var parts: [ChargeOwner: [OwnerShare.Part]] = [:]
    var own = [OwnerShare.Charge](
      charges.groups.indices.map {
        OwnerShare.Charge(group: $0, bytes: 0, bytesWithBelow: 0, inherited: 0)
      })
    for entry in usage.entries {
      let part = stock.part(entry.objects, of: entry.cache)
      parts[entry.owner, default: []].append(part)
      guard case .group(let group) = entry.owner else { continue }
      own[group].bytes &+= part.bytes &+ entry.objects &* usage.overhead
      own[group].inherited += entry.inherited
    }
    for index in own.indices.reversed() {
      own[index].bytesWithBelow &+= own[index].bytes
      if let parent = charges.groups[index].parent {
        own[parent].bytesWithBelow &+= own[index].bytesWithBelow
      }
    }
    var shares: [OwnerShare] = []
    for (index, group) in charges.groups.enumerated() where own[index].bytesWithBelow > 0 {
      shares.append(
        OwnerShare(
          name: group.name, kind: .controlGroup, parts: parts[.group(index)] ?? [],
          charge: own[index]))
    }
    if let free = parts[.nobody] {
      shares.append(OwnerShare(name: "not charged", kind: .nobody, parts: free))
    }
    if let unknown = parts[.unknown] {
      shares.append(OwnerShare(name: "unknown", kind: .unknown, parts: unknown))
    }
    self.shares = shares
  }
}
