import KernelImage
import Memory

/// Names of dentries, and the directories that some of them have in common.
struct DentryPaths: Sendable {
  private let kernel: Kernel
  private let table: DentryTable
  private let name: Field
  /// What is mounted where, by the root of what is mounted.
  private let mountOfRoot: [VirtualAddress: DentryTable.Mount]
  private let mounts: [VirtualAddress: DentryTable.Mount]

  /// Deeper trees than this are circles in damaged memory.
  private static let deepest = 128

  /// Prepares to name the dentries of a table.
  init(_ kernel: Kernel, table: DentryTable, layout: DentryLayout) {
    self.kernel = kernel
    self.table = table
    name = layout.name
    // The first mount of a root is the one that others were made of.
    mountOfRoot = Dictionary(
      table.mounts.filter { $0.parent != $0.address }.map { ($0.root, $0) },
      uniquingKeysWith: { first, _ in first })
    mounts = Dictionary(
      table.mounts.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The last part of an entry's path, as the kernel keeps it; nil when it has none.
  func name(of entry: DentryTable.Entry) -> String? {
    guard let text = kernel.pointer(name, at: entry.address),
      let name = try? kernel.memory.string(at: text, limit: 256), !name.isEmpty
    else { return nil }
    return name
  }

  /// The deepest directory that all entries lie in, or nil when they lie in none.
  func directory(of entries: [DentryTable.Entry]) -> String? {
    guard let first = entries.first else { return nil }
    var common = directories(of: first)
    for entry in entries where !common.isEmpty {
      let other = directories(of: entry)
      let count = zip(common, other).prefix { $0 == $1 }.count
      common.removeLast(common.count - count)
    }
    return common.last.flatMap { path(of: $0) }
  }

  /// The directories that an entry lies in, from the root of its file system on.
  private func directories(of entry: DentryTable.Entry) -> [VirtualAddress] {
    var directories: [VirtualAddress] = []
    var current = entry
    while current.parent != current.address, directories.count < Self.deepest,
      let parent = table.entry(at: current.parent)
    {
      directories.append(current.parent)
      current = parent
    }
    return directories.reversed()
  }

  /// The path of a dentry through all mounts above it.
  func path(of address: VirtualAddress) -> String? {
    var parts: [String] = []
    var place = address
    for _ in 0..<Self.deepest {
      guard let entry = table.entry(at: place) else { return nil }
      if entry.parent != place {
        guard let name = name(of: entry) else { return nil }
        parts.append(name)
        place = entry.parent
      } else if let mount = mountOfRoot[place], mount.point != place {
        place = mount.point
      } else {
        return "/" + parts.reversed().joined(separator: "/")
      }
    }
    return nil
  }
}
