import DebugInfo

/// What distinguishes the routes of different kernels, as data.
public struct RouteEra: Hashable, Sendable, CustomStringConvertible {
  /// The kernel version that stands for the era.
  public let description: String
  /// Whether counts are `rcuref_t`, since v6.4, or `atomic_t`.
  public let hasRCUCounts: Bool
  /// Whether gateways of IPv4 may be of IPv6, since v5.2.
  public let hasGatewayFamilies: Bool

  /// Linux 4.19.
  public static let v4_19 = RouteEra(
    description: "4.19", hasRCUCounts: false, hasGatewayFamilies: false)
  /// Linux 5.10.
  public static let v5_10 = RouteEra(
    description: "5.10", hasRCUCounts: false, hasGatewayFamilies: true)
  /// Linux 6.12.
  public static let v6_12 = RouteEra(
    description: "6.12", hasRCUCounts: true, hasGatewayFamilies: true)

  /// All of them.
  public static let all: [RouteEra] = [.v4_19, .v5_10, .v6_12]

  /// The debug information of a kernel of this era.
  var types: FixtureTypes {
    FixtureTypes.unit("net/core/dst.c") { unit in
      unit.structure("page", size: 64) { $0.member("flags", .unsignedLong) }
      unit.structure("net_device") {
        $0.member("name", .array(.char, 16))
        $0.member("flags", .unsignedInt)
      }
      unit.structure("dst_ops", size: 128) {
        $0.member("family", .unsignedShort)
        $0.member("kmem_cachep", .voidPointer, at: 0x78)
      }
      declareRoute(&unit)
      declareProtocols(&unit)
      unit.structure("netns_ipv6") {
        $0.member("sysctl", .unsignedLong)
        $0.member("ip6_dst_ops", .structure("dst_ops"))
      }
      unit.structure("net") {
        $0.member("passive", .unsignedLong)
        $0.member("ipv6", .structure("netns_ipv6"))
      }
    }
  }

  private func declareRoute(_ unit: inout FixtureUnit) {
    unit.structure("atomic_t") { $0.member("counter", .int) }
    unit.structure("rcuref") { $0.member("refcnt", .structure("atomic_t")) }
    unit.structure("list_head") {
      $0.member("next", .voidPointer)
      $0.member("prev", .voidPointer)
    }
    unit.structure("dst_entry") {
      if hasRCUCounts {
        $0.union { union in
          union.member("dev", .pointer(.structure("net_device")))
          union.member("dev_rcu", .pointer(.structure("net_device")))
        }
      } else {
        $0.member("dev", .pointer(.structure("net_device")))
      }
      $0.member("ops", .pointer(.structure("dst_ops")))
      if hasRCUCounts {
        $0.member("__rcuref", .structure("rcuref"))
      } else {
        $0.member("__refcnt", .structure("atomic_t"))
      }
      $0.member("flags", .unsignedInt)
      $0.member("rt_uncached", .structure("list_head"))
    }
  }

  private func declareProtocols(_ unit: inout FixtureUnit) {
    unit.structure("in6_addr") { $0.member("bytes", .array(.unsignedChar, 16)) }
    unit.structure("rt6key") {
      $0.member("addr", .structure("in6_addr"))
      $0.member("plen", .int)
    }
    unit.structure("fib6_info") {
      $0.member("fib6_table", .voidPointer)
      $0.member("fib6_dst", .structure("rt6key"))
    }
    unit.structure("rt6_info", size: 232) {
      $0.member("dst", .structure("dst_entry"))
      $0.member("from", .pointer(.structure("fib6_info")))
      $0.member("rt6i_dst", .structure("rt6key"))
    }
    unit.structure("rtable", size: 176) {
      $0.member("dst", .structure("dst_entry"))
      $0.member("rt_type", .unsignedShort)
      $0.member("rt_uses_gateway", .unsignedChar)
      if hasGatewayFamilies {
        $0.member("rt_gw_family", .unsignedChar)
        $0.union { union in
          union.member("rt_gw4", .unsignedInt)
          union.member("rt_gw6", .structure("in6_addr"))
        }
      } else {
        $0.member("rt_gateway", .unsignedInt)
      }
    }
  }
}
