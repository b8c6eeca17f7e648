import ByteKit
import KernelImage
import Memory

/// What people call routes and the devices that they lead to.
struct RouteNames: Sendable {
  private let kernel: Kernel
  private let layout: RouteLayout

  /// `AF_INET6`.
  private static let sixFamily: UInt64 = 10
  /// The names of `enum` RTN_UNSPEC and so on, as `ip route` has them.
  private static let kinds = [
    "unspecified", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole",
    "unreachable", "prohibit",
  ]

  /// Prepares to name the routes of a kernel.
  init(_ kernel: Kernel, layout: RouteLayout) {
    self.kernel = kernel
    self.layout = layout
  }

  /// The structure that routes with these operations are.
  static func type(of operations: String) -> String {
    if operations.hasPrefix("ip6_dst") { return "rt6_info" }
    if operations.hasPrefix("ipv4_dst") { return "rtable" }
    return operations.hasPrefix("xfrm") ? "xfrm_dst" : "dst_entry"
  }

  /// The name of a `struct net_device`, or nil when it has none.
  func device(at address: VirtualAddress) -> String? {
    let place = address.advanced(by: layout.deviceName)
    guard let name = try? kernel.memory.string(at: place, limit: layout.deviceNameSize),
      !name.isEmpty
    else { return nil }
    return name
  }

  /// Where a route leads to: a network, a gateway, or what `ip route` calls its kind.
  func destination(of entry: RouteTable.Entry, type: String) -> String? {
    switch type {
    case "rt6_info": layout.six.flatMap { network(of: entry.address, $0) }
    case "rtable": layout.four.flatMap { gateway(of: entry.address, $0) }
    default: nil
    }
  }

  /// A route for one destination was made from the one to its network, which is the one to tell.
  private func network(of route: VirtualAddress, _ layout: RouteLayout.SixRoute) -> String? {
    if let origin = kernel.pointer(layout.origin, at: route), let address = layout.originAddress,
      let length = layout.originLength,
      let text = network(at: origin.advanced(by: address), kernel.value(length, at: origin))
    {
      return text
    }
    return network(
      at: route.advanced(by: layout.address), kernel.value(layout.length, at: route))
  }

  private func network(at address: VirtualAddress, _ length: UInt64?) -> String? {
    guard let length, length <= 128, let text = text(at: address, count: 16) else { return nil }
    return "\(text)/\(length)"
  }

  private func gateway(of route: VirtualAddress, _ layout: RouteLayout.FourRoute) -> String? {
    guard let uses = kernel.value(layout.usesGateway, at: route), uses != 0 else {
      return kernel.value(layout.kind, at: route).flatMap { Int(exactly: $0) }
        .flatMap { Self.kinds.indices.contains($0) ? "\(Self.kinds[$0]) addresses" : nil }
    }
    let isSix = layout.family.flatMap { kernel.value($0, at: route) } == Self.sixFamily
    let place = isSix ? layout.sixGateway ?? layout.gateway : layout.gateway
    return text(at: route.advanced(by: place), count: isSix ? 16 : 4).map { "the gateway \($0)" }
  }

  private func text(at address: VirtualAddress, count: Int) -> String? {
    guard let bytes = try? kernel.memory.shown(at: address, count: count) else { return nil }
    return AddressText.text((0..<count).compactMap { bytes.load(UInt8.self, at: $0) })
  }
}
