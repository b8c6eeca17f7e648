import DebugInfo
import KernelImage
import Memory
import Synchronization

/// Tells whose pages are that `struct page.mapping` leads to a file from, by the type of its file
/// system.
final class FileOwners: Sendable {
  private struct Known {
    var systems: [UInt64: Int32] = [:]
    var names: [String] = []
    /// The number of a file system type, by the address of its structure.
    var types: [UInt64: Int32] = [:]
  }

  private struct Layout {
    let host: Field
    let own: Int
    let used: Field
    let superblock: Field
    let type: Field
    let name: Field
  }

  private let kernel: Kernel
  private let layout: Layout?
  private let known = Mutex(Known())

  /// A file's pages are told one by one, so what was found out is kept, for this many files.
  private static let mostKept = 1 << 20
  /// Functions of mm/filemap.c and fs/inode.c.
  private static let anchors = ["filemap_fault", "inode_init_always", "__filemap_add_folio"]

  /// Resolves the layouts; without them no page is a file's.
  init(_ kernel: Kernel) {
    self.kernel = kernel
    let types = kernel.types
    if let mapping = types.structure("address_space", near: Self.anchors),
      let inode = types.structure("inode", near: Self.anchors),
      let superblock = types.structure("super_block", near: Self.anchors),
      let system = types.structure("file_system_type", near: Self.anchors),
      let host = mapping.field("host"), let own = inode.place(of: "i_data"),
      let used = inode.field("i_mapping"), let sb = inode.field("i_sb"),
      let type = superblock.field("s_type"), let name = system.field("name")
    {
      layout = Layout(
        host: host, own: own, used: used, superblock: sb, type: type, name: name)
    } else {
      layout = nil
    }
  }

  /// The names of the types of file systems, by their numbers.
  var names: [String] { known.withLock { $0.names } }

  /// The number of the type of the file system whose file a mapping is of; nil when it is of none.
  func system(ofMapping mapping: UInt64) -> Int32? {
    if let found = known.withLock({ $0.systems[mapping] }) { return found < 0 ? nil : found }
    let found = find(mapping)
    known.withLock { known in
      if known.systems.count < Self.mostKept { known.systems[mapping] = found ?? -1 }
    }
    return found
  }

  private func find(_ mapping: UInt64) -> Int32? {
    let address = kernel.machine.untagged(VirtualAddress(mapping))
    guard let layout, mapping & 7 == 0 else { return nil }
    func pointer(_ field: Field, _ base: VirtualAddress) -> VirtualAddress? {
      (try? kernel.memory.pointer(at: base.advanced(by: field.offset)))
        .map(kernel.machine.untagged)
    }
    guard let host = pointer(layout.host, address) else { return nil }
    // The address space of swap belongs to no file.
    if host == VirtualAddress(0) { return isSwap(address) ? number(ofType: 0, "swap") : nil }
    guard host.advanced(by: layout.own) == address || pointer(layout.used, host) == address,
      let superblock = pointer(layout.superblock, host), let type = pointer(layout.type, superblock)
    else { return nil }
    let name = pointer(layout.name, type).flatMap { try? kernel.memory.name(at: $0, limit: 64) }
    return number(ofType: type.rawValue, name ?? "unknown")
  }

  /// Whether an address is that of one of mm/swap_state.c's address spaces.
  private func isSwap(_ address: VirtualAddress) -> Bool {
    // The one there is since Linux 8578e0c00dcf ("mm, swap: use the swap table for the swap cache"),
    // v6.18.
    if kernel.address(of: "swap_space") == address { return true }
    guard let variable = kernel.address(of: "swapper_spaces") else { return false }
    return (0..<Self.mostSwapFiles).contains {
      guard let spaces = try? kernel.memory.pointer(at: variable.advanced(by: $0 * 8)),
        spaces != VirtualAddress(0)
      else { return false }
      // One space for each 64 MiB of swap.
      return address.offset(from: spaces) < Self.largestSpaces
    }
  }

  /// `MAX_SWAPFILES`, and a bound for the size of one file's address spaces in bytes.
  private static let mostSwapFiles = 32
  private static let largestSpaces: UInt64 = 1 << 24

  private func number(ofType type: UInt64, _ name: String) -> Int32 {
    known.withLock { known in
      if let number = known.types[type] { return number }
      let number = Int32(known.names.firstIndex(of: name) ?? known.names.count)
      if number == known.names.count { known.names.append(name) }
      known.types[type] = number
      return number
    }
  }
}
