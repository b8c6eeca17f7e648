internal import DebugInfo
internal import Evidence

/// The slab objects in use, by the module whose they are.
///
/// A cache that only variables of one module lead to is that module's, with all its objects. Of the
/// other caches' objects those are a module's whose template has a symbol of it.
struct ModuleShares {
  /// What each module has, the kernel itself, and what is not told.
  let shares: [OwnerShare]

  private struct Owner: Hashable {
    let name: String
    let kind: OwnerShare.Kind

    static let kernel = Owner(name: "the kernel", kind: .kernel)
    static let unknown = Owner(name: "not told", kind: .unknown)

    static func module(_ name: String) -> Owner { Owner(name: name, kind: .module) }
  }

  /// Groups the objects of all caches.
  init(_ subject: Subject, _ stock: SlabStock) async {
    var parts: [Owner: [OwnerShare.Part]] = [:]
    let groups = await CacheGrouping.groups(in: subject)
    for (cache, objects) in stock.objects.enumerated() where objects > 0 {
      let maker = Self.maker(of: subject.census.caches[cache])
      var rest = objects
      if maker?.kind != .module {
        var told: [Owner: Int] = [:]
        for group in groups[cache].groups {
          if let owner = Self.owner(of: group) { told[owner, default: 0] += group.slots.count }
        }
        for (owner, count) in told where maker == nil || owner.kind == .module {
          let count = min(count, rest)
          rest -= count
          parts[owner, default: []].append(stock.part(count, of: cache, byContents: count))
        }
      }
      guard rest > 0 else { continue }
      parts[maker ?? .unknown, default: []].append(stock.part(rest, of: cache))
    }
    shares = parts.map { owner, parts in
      OwnerShare(name: owner.name, kind: owner.kind, parts: Self.joined(parts))
    }
  }

  /// Whose variables lead to a cache that has objects of one kind; nil where that is not told.
  private static func maker(of cache: SlabCache) -> Owner? {
    // A cache that others were merged into, or that kmalloc takes from, has objects of many owners.
    guard !cache.variables.isEmpty, cache.variables.count >= cache.sharers else { return nil }
    let owners = Set(cache.variables.map { $0.symbol.module.map { .module($0) } ?? Owner.kernel })
    return owners.count == 1 ? owners.first : nil
  }

  private static func owner(of group: ObjectGroup) -> Owner? {
    let naming = GroupNaming(group)
    if let module = naming.module { return .module(module) }
    return naming.symbols.isEmpty ? nil : .kernel
  }

  /// One part for each cache.
  private static func joined(_ parts: [OwnerShare.Part]) -> [OwnerShare.Part] {
    Dictionary(grouping: parts, by: \.cache).values.compactMap { parts in
      guard var whole = parts.first else { return nil }
      for part in parts.dropFirst() {
        whole.objects += part.objects
        whole.bytes &+= part.bytes
        whole.objectsByContents += part.objectsByContents
      }
      return whole
    }
  }
}
