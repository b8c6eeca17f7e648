import DebugInfo
import KernelImage
import Memory

/// The network devices of all network namespaces.
struct DeviceList: Sendable {
  /// Each `struct net_device`.
  private(set) var devices: [VirtualAddress] = []

  /// No kernel has more namespaces or devices.
  private static let most = 1 << 20
  /// Functions of net/core/dev.c and net/core/net_namespace.c.
  private static let anchors = ["register_netdevice", "dev_get_by_name", "setup_net"]

  /// Walks the lists of namespaces, and of the devices of each.
  init(_ kernel: Kernel) {
    guard let head = kernel.address(of: "net_namespace_list"),
      let net = kernel.types.structure("net", near: Self.anchors), let node = net.place(of: "list"),
      let first = net.place(of: "dev_base_head"),
      let device = kernel.types.structure("net_device", near: Self.anchors),
      let link = device.place(of: "dev_list")
    else { return }
    let namespaces = ListWalk(
      circle: head, offset: node, in: kernel.memory, of: kernel.machine, limit: Self.most)
    for namespace in namespaces.entries {
      let walk = ListWalk(
        circle: namespace.advanced(by: first), offset: link, in: kernel.memory, of: kernel.machine,
        limit: Self.most - devices.count)
      devices += walk.entries
    }
  }
}
