import Evidence
import KernelImage
import Memory

/// The slab caches of network protocols, which have their sockets.
struct ProtocolCaches: Sendable {
  /// What is allocated in these caches: the sockets, and objects of others that share a cache.
  let objects: [VirtualAddress]

  /// No kernel has more protocols.
  private static let mostProtocols = 1 << 12

  /// Walks the list of protocols.
  init(_ kernel: Kernel, census: Census) {
    guard let layout = try? SocketLayout(kernel.types),
      let head = kernel.address(of: "proto_list")
    else {
      objects = []
      return
    }
    let protocols = ListWalk(
      circle: head, offset: layout.protoList, in: kernel.memory, of: kernel.machine,
      limit: Self.mostProtocols)
    let caches = Set(protocols.entries.compactMap { kernel.pointer(layout.protoCache, at: $0) })
    objects = census.caches.indices.filter { caches.contains(census.caches[$0].address) }
      .flatMap { census.allocated(inCache: $0) }
  }
}
