import ByteKit
import Evidence
import KernelImage
import Memory

/// Finds every `struct sock` that a process, an inode or a protocol's slab cache leads to.
struct SocketSearch: Sendable {
  /// Each `struct sock`, by address, with the `struct socket` that it belongs to, if it has one.
  private(set) var sockets: [(key: VirtualAddress, value: VirtualAddress?)] = []

  private let kernel: Kernel
  private let census: Census
  private let layout: SocketLayout

  /// No kernel has more protocols.
  private static let mostProtocols = 1 << 12

  /// Searches open files and slab caches.
  init(_ kernel: Kernel, census: Census, layout: SocketLayout, open: OpenSockets) {
    self.kernel = kernel
    self.census = census
    self.layout = layout
    var found: [VirtualAddress: VirtualAddress?] = [:]
    for socket in Array(open.holders.keys) + inodes {
      if let sk = kernel.pointer(layout.sock, at: socket) { found[sk] = .some(socket) }
    }
    for sk in ofProtocols where found[sk] == nil { found[sk] = .some(nil) }
    sockets = found.sorted { $0.key < $1.key }
  }

  /// The `struct socket` in each inode of a socket.
  private var inodes: [VirtualAddress] {
    census.caches(named: "sock_inode_cache").flatMap { cache in
      objects(of: cache).map { $0.advanced(by: layout.socketInInode) }
    }
  }

  /// Each `struct sock` in the cache of its protocol.
  private var ofProtocols: [VirtualAddress] {
    guard let head = kernel.address(of: "proto_list") else { return [] }
    let protocols = ListWalk(
      circle: head, offset: layout.protoList, in: kernel.memory, of: kernel.machine,
      limit: Self.mostProtocols)
    let numbers = Dictionary(
      census.caches.enumerated().map { ($1.address, $0) }, uniquingKeysWith: { first, _ in first })
    let caches = Set(
      protocols.entries.compactMap { kernel.pointer(layout.protoCache, at: $0) }
        .compactMap { numbers[$0] })
    return caches.sorted().flatMap { cache in
      // Something else may share the cache of a protocol.
      objects(of: cache).filter { isSocket($0, inCache: census.caches[cache].address) }
    }
  }

  private func isSocket(_ sk: VirtualAddress, inCache cache: VirtualAddress) -> Bool {
    kernel.pointer(layout.proto, at: sk).map { kernel.pointer(layout.protoCache, at: $0) == cache }
      ?? false
  }

  private func objects(of cache: Int) -> [VirtualAddress] {
    census.slabsOfCache[cache].flatMap { number -> [VirtualAddress] in
      let slab = census.slabs[number]
      return (0..<Int(slab.slots)).compactMap { index in
        census.stateKind(of: slab.firstSlot + index) == .allocated ? slab.object(index) : nil
      }
    }
  }
}
