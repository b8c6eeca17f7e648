internal import DebugInfo
public import Evidence
internal import Memory

/// Tells which of the names of a merged cache objects belong to.
///
/// Merged caches share all of their memory; what the kernel calls them by is the name of the one that
/// was made first. An object is given a name only where something in it tells.
public struct CacheNames: Sendable {
  /// A structure of functions that knows the cache it allocates from, and what that is called.
  private struct Operations: Sendable {
    let structure: String
    let cache: String
    let name: String
    /// A function whose unit has the structure.
    let anchor: String
  }

  /// Sockets of all kinds are told apart by what they point to.
  private static let operations = [
    Operations(structure: "proto", cache: "slab", name: "name", anchor: "sk_alloc"),
    Operations(
      structure: "request_sock_ops", cache: "slab", name: "slab_name", anchor: "proto_register"),
    Operations(
      structure: "timewait_sock_ops", cache: "twsk_slab", name: "twsk_slab_name",
      anchor: "proto_register"),
  ]
  /// No name of a cache is longer.
  private static let longestName = 64

  private let subject: Subject

  /// Prepares to tell names of a kernel's caches.
  public init(_ subject: Subject) { self.subject = subject }

  /// The name that the members of a group belong to, of those that a merged cache has; nil where
  /// nothing tells, and for a cache of its own.
  public func alias(of group: ObjectGroup) -> String? {
    let cache = subject.census.caches[group.cache]
    guard cache.isMerged else { return nil }
    if let name = operationsName(of: group, in: cache) { return name }
    guard case .known(let type, _) = group.type else { return nil }
    return alias(ofType: type, in: cache)
  }

  /// The only name of a merged cache that has objects of a type; nil where none or several may.
  public func alias(ofType type: String, in cache: SlabCache) -> String? {
    guard cache.isMerged else { return nil }
    let fitting = cache.names.filter { CacheContents.isOf(type, cacheNamed: $0) }
    return fitting.count == 1 ? fitting.first : nil
  }

  /// What to call the place where objects are: the cache, or a name of it and the cache that it was
  /// merged into.
  func place(of groups: [ObjectGroup], in cache: SlabCache) -> String {
    Self.place(alias(of: groups), in: cache)
  }

  /// The name that the members of all of some groups belong to.
  func alias(of groups: [ObjectGroup]) -> String? {
    let aliases = Set(groups.map { alias(of: $0) })
    return aliases.count == 1 ? aliases.first ?? nil : nil
  }

  /// What to call the part of a cache that has this name.
  static func place(_ alias: String?, in cache: SlabCache) -> String {
    guard let alias, alias != cache.name else { return cache.name }
    return "\(alias) (merged into \(cache.name))"
  }

  /// The name that the static operations of objects give to the cache they allocate from.
  private func operationsName(of group: ObjectGroup, in cache: SlabCache) -> String? {
    for word in group.template.words {
      guard case .symbol(let name, let offset, let module) = word.shared,
        let held = cache.variables.first(where: {
          $0.symbol.name == name && $0.symbol.module == module && $0.offset >= offset
        })
      else { continue }
      let start = held.symbol.address.advanced(by: offset)
      for operations in Self.operations {
        guard
          let structure = subject.types?.structure(
            operations.structure, near: [operations.anchor]),
          let place = structure.offset(operations.cache), place >= 0,
          cache.variables.contains(where: {
            $0.symbol == held.symbol && $0.offset == offset &+ UInt64(place)
          }),
          let name = self.name(operations.name, of: structure, at: start),
          cache.names.contains(name)
        else { continue }
        return name
      }
    }
    return nil
  }

  /// The string that is a member of a structure, or that it points to.
  private func name(
    _ member: String, of structure: Structure, at start: VirtualAddress
  ) -> String? {
    guard let member = structure.member(member), member.offset >= 0 else { return nil }
    var place = start.advanced(by: UInt64(member.offset))
    if case .pointer = structure.table[structure.table.resolved(member.type)] {
      guard let target = try? subject.memory.pointer(at: place) else { return nil }
      place = target
    }
    return try? subject.memory.string(at: place, limit: Self.longestName)
  }
}

extension SlabCache {
  /// Whether other caches were merged into it; what has the objects of one cgroup only has not.
  public var isMerged: Bool { root == nil && (sharers > 1 || aliases.contains { $0 != name }) }

  /// Its own name and those of the caches that were merged into it.
  public var names: [String] { [name] + aliases.filter { $0 != name } }
}
