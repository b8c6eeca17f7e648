import DebugInfo

/// Where `struct dst_entry` and what protocols add to it keep what is needed.
struct RouteLayout: Sendable {
  /// How often a route is held.
  enum Count: Sendable {
    /// `atomic_t`.
    case plain(Field)
    /// `rcuref_t`, one less than the count, since bc9d3a9f2afc ("net: dst: Switch to rcuref_t
    /// reference counting"), v6.4.
    case lessOne(Field)
  }

  /// `struct rt6_info`.
  struct SixRoute: Sendable {
    let address: Int
    let length: Field
    /// The route it was made from, and that one's destination: since the routing table of IPv6 has a
    /// structure of its own, v4.18.
    let origin: Field?
    let originAddress: Int?
    let originLength: Field?
  }

  /// `struct rtable`.
  struct FourRoute: Sendable {
    /// Whether packets go to a gateway.
    let usesGateway: Field
    /// `AF_INET` or `AF_INET6`; before 1550c171935d ("ipv4: Prepare rtable for IPv6 gateway"), v5.2,
    /// there are gateways of the first only.
    let family: Field?
    let gateway: Int
    let sixGateway: Int?
    /// `RTN_UNICAST` and so on.
    let kind: Field
  }

  let count: Count
  let operations: Field
  let device: Field
  let deviceName: Int
  /// How many bytes the name of a device takes at most.
  let deviceNameSize: Int
  /// `dst_ops.kmem_cachep`.
  let cache: Field
  /// Where a network namespace keeps operations of its own, in bytes.
  let ownOperations: [(name: String, place: Int)]
  let six: SixRoute?
  let four: FourRoute?

  /// Functions of net/core/dst.c.
  private static let anchors = ["dst_alloc", "dst_release", "dst_init"]

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ types: any TypeSource) throws(LayoutFailure) {
    guard let route = types.structure("dst_entry", near: Self.anchors) else {
      throw LayoutFailure(missing: "struct dst_entry")
    }
    if let field = route.field("__rcuref.refcnt.counter") {
      count = .lessOne(field)
    } else {
      count = .plain(try route.require("__refcnt.counter"))
    }
    operations = try route.require("ops")
    device = try route.require("dev")
    let deviceStructure = try route.requireTarget(of: "dev")
    deviceName = try deviceStructure.requirePlace(of: "name")
    deviceNameSize = deviceStructure.elementCount(of: "name") ?? 16
    cache = try route.requireTarget(of: "ops").require("kmem_cachep")
    let space = types.structure("net", near: Self.anchors)
    ownOperations = ["ipv6.ip6_dst_ops", "xfrm.xfrm4_dst_ops", "xfrm.xfrm6_dst_ops"].compactMap {
      path in
      space?.place(of: path).map { (String(path.drop { $0 != "." }.dropFirst()), $0) }
    }
    six = types.structure("rt6_info", near: ["ip6_pol_route", "ip6_route_output_flags"])
      .flatMap { Self.six($0) }
    four = types.structure("rtable", near: ["rt_dst_alloc", "ip_route_output_key_hash"])
      .flatMap { Self.four($0) }
  }

  private static func six(_ route: Structure) -> SixRoute? {
    guard let address = route.place(of: "rt6i_dst.addr"),
      let length = route.field("rt6i_dst.plen")
    else { return nil }
    let origin = route.target(of: "from")
    return SixRoute(
      address: address, length: length, origin: route.field("from"),
      originAddress: origin?.place(of: "fib6_dst.addr"),
      originLength: origin?.field("fib6_dst.plen"))
  }

  private static func four(_ route: Structure) -> FourRoute? {
    guard let usesGateway = route.field("rt_uses_gateway"), let kind = route.field("rt_type"),
      let gateway = route.place(of: "rt_gw4") ?? route.place(of: "rt_gateway")
    else { return nil }
    return FourRoute(
      usesGateway: usesGateway, family: route.field("rt_gw_family"), gateway: gateway,
      sixGateway: route.place(of: "rt_gw6"), kind: kind)
  }
}
