import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Audit of the counts in routes")
struct RouteCountsTests {
  private typealias Network = RouteKernel.Network

  private static let network = Network([0xfd] + Array(repeating: 0, count: 15), length: 64)

  private func surpluses(
    _ kernel: RouteKernel, without lost: Set<PageFrame> = []
  ) async -> [RouteSurplus] {
    let (image, census) = kernel.opened(without: lost)
    let scan = MemoryScan(image, census: census)
    return await RouteCounts(image, census: census, scan: scan).surpluses()
  }

  /// One address of `network`.
  private func host(_ number: UInt8) -> Network {
    Network([0xfd] + Array(repeating: 0, count: 14) + [number], length: 128)
  }

  @Test(
    "routes that nobody released are told apart from those of sockets, and from files",
    arguments: RouteEra.all)
  func many(_ era: RouteEra) async throws {
    var kernel = RouteKernel(era)
    let device = kernel.addDevice("eth0")
    let origin = kernel.addOrigin(to: Self.network)
    for number in 0..<200 {
      let route = kernel.addSixRoute(on: device, to: host(UInt8(number)), from: origin)
      kernel.addFile()
      if number % 2 == 0 { kernel.hold(route) } else { kernel.keep(route) }
    }
    let found = try #require(await surpluses(kernel).first)
    #expect(found.type == "rt6_info" && found.operations == "ip6_dst_ops")
    #expect(found.device == "eth0" && !found.isOfRemovedDevice)
    #expect(found.destinations == ["fd00::/64"] && found.otherDestinations == 0)
    #expect(found.slots.count == 100 && found.surplus == 100)
    #expect(found.references == 100 && found.words == 0 && found.coverage.isComplete)
  }

  @Test("one route that all lookups share is found by its count", arguments: RouteEra.all)
  func one(_ era: RouteEra) async throws {
    var kernel = RouteKernel(era)
    let device = kernel.addDevice("eth0")
    let route = kernel.addFourRoute(on: device, gateway: [10, 5, 0, 254])
    for _ in 0..<300 { kernel.keep(route) }
    kernel.hold(route, times: 2000)
    let found = try #require(await surpluses(kernel).first)
    #expect(found.type == "rtable" && found.operations == "ipv4_dst_ops")
    #expect(found.destinations == ["the gateway 10.5.0.254"])
    #expect(found.slots.count == 1 && found.references == 2300)
    #expect(found.words == 300 && found.surplus == 2000)
  }

  @Test("whatever has a pointer to a route may hold it", arguments: RouteEra.all)
  func holders(_ era: RouteEra) async {
    var kernel = RouteKernel(era)
    let device = kernel.addDevice("lo")
    let four = kernel.addFourRoute(on: device, kind: 2)
    let six = kernel.addSixRoute(on: device, to: Self.network)
    for _ in 0..<200 {
      kernel.keep(four)
      kernel.keep(six)
    }
    #expect(await surpluses(kernel).isEmpty)
  }

  @Test("a packet that borrows a route and says so holds nobody")
  func borrowed() async {
    var kernel = RouteKernel(.v6_12)
    let route = kernel.addFourRoute(on: kernel.addDevice("eth0"))
    for _ in 0..<100 { kernel.keep(route, isBorrowed: true) }
    kernel.hold(route, times: 100)
    let found = await surpluses(kernel)
    #expect(found.map(\.surplus) == [100] && found.map(\.words) == [0])
    #expect(found.first?.destinations == ["unicast addresses"])
  }

  @Test("a few are no finding: calls in progress hold some")
  func few() async {
    var kernel = RouteKernel(.v5_10)
    let route = kernel.addFourRoute(on: kernel.addDevice("eth0"))
    for _ in 0..<100 { kernel.keep(route) }
    kernel.hold(route, times: 63)
    #expect(await surpluses(kernel).isEmpty)
  }

  @Test("destinations with few references each are told of together, by device")
  func spread() async {
    var kernel = RouteKernel(.v5_10)
    for device in [kernel.addDevice("eth0"), kernel.addDevice("eth1")] {
      for number in 0..<20 {
        let route = kernel.addSixRoute(on: device, to: host(UInt8(number)))
        kernel.hold(route, times: number == 7 ? 6 : 5)
      }
    }
    let found = await surpluses(kernel)
    #expect(Set(found.map(\.device)) == ["eth0", "eth1"])
    #expect(found.map(\.surplus) == [101, 101])
    #expect(
      found.map(\.destinations)
        == Array(repeating: ["fd00::7/128", "fd00::/128", "fd00::1/128"], count: 2))
    #expect(found.map(\.otherDestinations) == [17, 17])
  }

  @Test("routes of other namespaces have operations of their own")
  func namespaces() async {
    var kernel = RouteKernel(.v6_12)
    let device = kernel.addDevice("lo")
    let space = kernel.addSpace()
    let route = kernel.addSixRoute(on: device, to: Self.network, in: space)
    kernel.hold(route, times: 90)
    let found = await surpluses(kernel)
    #expect(found.map(\.operations) == ["ip6_dst_ops"] && found.map(\.surplus) == [90])
  }

  @Test("what routes of removed devices are moved to is told")
  func removed() async {
    var kernel = RouteKernel(.v6_12)
    let device = kernel.addDevice("blackhole_dev", isBlackhole: true)
    kernel.hold(kernel.addFourRoute(on: device), times: 80)
    #expect(await surpluses(kernel).map(\.isOfRemovedDevice) == [true])
  }

  @Test("a count that is saturated or dead is none")
  func dead() async {
    for (era, counts) in [
      (RouteEra.v6_12, [0xffff_ffff, 0xe000_0000, 0xa000_0000, 0x7fff_ffff] as [UInt32]),
      (.v5_10, [0, 0xffff_ffff, 0x7fff_ffff]),
    ] {
      var kernel = RouteKernel(era)
      let device = kernel.addDevice("eth0")
      for count in counts {
        kernel.setCount(of: kernel.addFourRoute(on: device), to: count)
      }
      #expect(await surpluses(kernel).isEmpty, "\(era)")
    }
  }

  @Test("memory that is not in the dump makes a scan incomplete")
  func missing() async {
    var kernel = RouteKernel(.v5_10)
    kernel.hold(kernel.addFourRoute(on: kernel.addDevice("eth0")), times: 100)
    let found = await surpluses(kernel, without: [PageFrame(900)])
    #expect(found.map(\.coverage.isComplete) == [false])
  }

  @Test("a device whose memory is gone has no name")
  func noDevice() async {
    var kernel = RouteKernel(.v5_10)
    let nowhere = VirtualAddress(0xffff_8880_7000_0000)
    kernel.hold(kernel.addFourRoute(on: nowhere), times: 100)
    let found = await surpluses(kernel)
    #expect(found.map(\.device) == [nil] && found.map(\.surplus) == [100])
  }

  @Test("a kernel without the type has nothing to audit")
  func noType() async {
    let (image, census) = DentryKernel(.v6_1).opened()
    let scan = MemoryScan(image, census: census)
    #expect(await RouteCounts(image, census: census, scan: scan).surpluses().isEmpty)
  }
}
