public import Analysis
public import Evidence
internal import Memory

/// The slab objects in use by their owners: control groups, modules, or sizes of `kmalloc`.
public struct OwnersReport: Report {
  private let subject: Subject
  private let ownership: SlabOwnership

  /// A report on how objects are divided.
  public init(_ subject: Subject, ownership: SlabOwnership) {
    self.subject = subject
    self.ownership = ownership
  }

  /// The schema `slabscope.owners/1`.
  public func json() throws -> String {
    try EncodedOwners(subject, ownership: ownership).jsonDocument()
  }

  private static let rowsShown = 60
  private static let partsShown = 3

  /// A table, the largest owner first, then the total and what limits the answer.
  public func text(style: TextStyle) -> String {
    guard !ownership.shares.isEmpty else {
      return "The kernel's slab caches could not be found.\n" + CoverageText.remarks(subject)
    }
    return table.rendered(style: style) + more + "\n" + totals + dying
      + CoverageText.remarks(subject)
  }

  private var table: TextTable {
    var columns: [TextTable.Column] = [
      .text(heading), .number("OBJECTS"), .number("BYTES"),
    ]
    switch ownership.division {
    case .cgroup: columns += [.number("WITH BELOW"), .text("LARGEST CACHES")]
    case .module: columns += [.number("OF ITS CACHES"), .number("BY CONTENTS"), .text("CACHES")]
    case .size: columns += [.text("CACHES")]
    }
    var table = TextTable(columns)
    for share in shown {
      table.add(
        [share.name + note(share), share.objects.grouped, share.bytes.byteSize] + extra(share)
          + [parts(share)])
    }
    return table
  }

  private var heading: String {
    switch ownership.division {
    case .cgroup: "CGROUP"
    case .module: "MODULE"
    case .size: "SIZE"
    }
  }

  /// Of very many owners the largest, and always what has none.
  private var shown: [OwnerShare] {
    let owners = ownership.shares.filter { isOwner($0) }
    return owners.prefix(Self.rowsShown) + ownership.shares.filter { !isOwner($0) }
  }

  private func isOwner(_ share: OwnerShare) -> Bool {
    switch share.kind {
    case .controlGroup, .module, .size: true
    case .nobody, .kernel, .other, .unknown: false
    }
  }

  private var more: String {
    let hidden = ownership.shares.count - shown.count
    return hidden > 0 ? "and \(hidden.grouped) smaller ones: --format json has them\n" : ""
  }

  private func note(_ share: OwnerShare) -> String {
    guard let charge = share.charge, let groups = subject.charges?.groups,
      groups[charge.group].isDying
    else { return "" }
    return " (dying)"
  }

  private func extra(_ share: OwnerShare) -> [String] {
    switch ownership.division {
    case .cgroup: [share.charge.map { $0.bytesWithBelow.byteSize } ?? ""]
    case .module:
      share.kind == .module
        ? [(share.bytes &- share.bytesByContents).byteSize, share.bytesByContents.byteSize]
        : ["", ""]
    case .size: []
    }
  }

  /// The largest caches of an owner, those that differ by chance only told as one.
  private func parts(_ share: OwnerShare) -> String {
    var names: [String] = []
    var bytes: [String: (bytes: Int, caches: Int)] = [:]
    for part in share.parts {
      let name = Self.family(subject.census.caches[part.cache].name)
      if bytes[name] == nil { names.append(name) }
      bytes[name, default: (0, 0)].bytes &+= part.bytes
      bytes[name, default: (0, 0)].caches += 1
    }
    let sorted = names.sorted { (bytes[$0]?.bytes ?? 0, $1) > (bytes[$1]?.bytes ?? 0, $0) }
    let limit = ownership.division == .size && share.kind == .size ? sorted.count : Self.partsShown
    let told = sorted.prefix(limit).map { name in
      let known = bytes[name] ?? (0, 0)
      let count = known.caches > 1 ? " (\(known.caches) caches)" : ""
      return "\(name)\(count) \(known.bytes.byteSize)"
    }
    return told.joined(separator: ", ") + (sorted.count > limit ? ", …" : "")
  }

  /// The name of a cache, without the number that the kernel picks at random.
  private static func family(_ name: String) -> String {
    var words = name.split(separator: "-")
    guard let place = words.firstIndex(where: { $0 == "rnd" || $0 == "part" }),
      words.first == "kmalloc", words.indices.contains(place + 2)
    else { return name }
    words[place + 1] = "…"
    return words.joined(separator: "-")
  }

  private var totals: String {
    let parts = ownership.shares.filter { !isOwner($0) && $0.bytes > 0 }
      .map { " + \($0.bytes.byteSize) \($0.name)" }
    let owned = ownership.shares.filter { isOwner($0) }
    let what =
      switch ownership.division {
      case .cgroup: owned.count.counted("cgroup")
      case .module: owned.count.counted("module")
      case .size: owned.count.counted("size")
      }
    let bytes = owned.reduce(0) { $0 &+ $1.bytes }
    return "\(ownership.objects.counted("object")) in use, \(ownership.bytes.byteSize) = "
      + "\(bytes.byteSize) of \(what)\(parts.joined())\n"
  }

  private var dying: String {
    guard ownership.division == .cgroup else { return "" }
    guard let charges = subject.charges else {
      return
        "Which cgroups objects are charged to is not known: this kernel keeps no record of it, "
        + "or there is no dump.\n"
    }
    return DyingGroups(charges, pageSize: subject.memory.pageSize.bytes).sentences
      .map { $0 + "\n" }.joined()
  }
}

extension OwnerShare {
  /// The slots of the objects that their contents tell the owner of, in bytes.
  var bytesByContents: Int {
    parts.reduce(0) { sum, part in
      sum &+ (part.objects > 0 ? part.bytes / part.objects &* part.objectsByContents : 0)
    }
  }
}
