import ByteKit
import KernelImage
import Memory

/// A file system with its `struct super_block`.
struct FileSystem: Sendable {
  /// The name of its type, such as `tmpfs`.
  let name: String
  /// Its root, which it holds once itself.
  let root: VirtualAddress
  /// Whether it may keep dentries itself, with a count and no pointer.
  let mayPin: Bool

  /// Whether directories may have trees of the places of their entries; others keep something else
  /// in `d_fsdata`, as overlay does flags.
  let hasPlaces: Bool
  /// Whether pages with the contents of a file may hold its inode.
  let pagesMayHold: Bool

  /// `FS_REQUIRES_DEV`: what is on a disk can be read again, and need not be kept in memory.
  private static let requiresDevice: UInt64 = 1
  /// File systems without a disk that can look up everything again, and keep nothing.
  private static let unpinned: Set<String> = [
    "9p", "ceph", "cgroup", "cgroup2", "cifs", "fuse", "nfs", "nfs4", "overlay", "proc", "smb3",
    "sysfs", "virtiofs",
  ]

  /// File systems whose files are shared memory's.
  private static let withPlaces: Set<String> = ["devtmpfs", "rootfs", "tmpfs"]
  /// File systems in memory; those that are not on a disk and not among these may be on another
  /// machine, and hold an inode while it has pages to send there.
  private static let inMemory: Set<String> = [
    "anon_inodefs", "bdev", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs",
    "devpts", "devtmpfs", "hugetlbfs", "mqueue", "nsfs", "overlay", "pidfs", "pipefs", "proc",
    "pstore", "ramfs", "rootfs", "securityfs", "selinuxfs", "sockfs", "sysfs", "tmpfs", "tracefs",
  ]

  /// Reads a `struct super_block`, or returns nil where there is none.
  init?(at address: VirtualAddress, _ layout: DentryLayout, in kernel: Kernel) {
    guard let root = kernel.pointer(layout.root, at: address),
      kernel.pointer(layout.superblock, at: root) == address,
      let type = kernel.pointer(layout.type, at: address),
      let flags = kernel.value(layout.typeFlags, at: type),
      let text = kernel.pointer(layout.typeName, at: type),
      let name = try? kernel.memory.name(at: text, limit: 32), !name.isEmpty
    else { return nil }
    self.name = name
    self.root = root
    let isOnDisk = flags & Self.requiresDevice != 0
    mayPin = !isOnDisk && !Self.unpinned.contains(name)
    hasPlaces = Self.withPlaces.contains(name)
    pagesMayHold = !isOnDisk && !Self.inMemory.contains(name)
  }
}
