import Analysis
import Evidence
import FixtureKit
import Memory
import Testing

@Suite("Sockets of a dump that nobody reads")
struct UnreadQueueTests {
  private func findings(_ sockets: [SocketQueue]) async -> [Finding] {
    var subject = SubjectBuilder().subject
    subject.sockets = sockets
    return await Investigation.findings(in: subject, groups: [])
  }

  /// A socket of ospfd that holds `bytes` in packets of 1 KiB.
  private func socket(
    _ bytes: Int, kind: String = "raw6", reading: SocketInspection.Reading = .never,
    _ change: (inout SocketInspection) -> Void = { _ in }
  ) -> SocketQueue {
    let packets = QueuedPackets(
      count: bytes / 1024, recorded: bytes / 1024, chargedBytes: bytes, payloadBytes: bytes / 2,
      slabBytes: bytes)
    var inspection = SocketInspection(
      protocolName: kind.hasPrefix("raw") ? "ICMPv6" : nil, packets: packets, reading: reading,
      drops: 0, limitBytes: 512 << 20, descriptor: 7, descriptors: 1, hasFile: true)
    change(&inspection)
    return SocketQueue(
      kind: kind, address: VirtualAddress(0xffff_8881_0000_0000), receiveBytes: bytes,
      owner: Task(pid: 812, name: "ospfd"), inspection: inspection)
  }

  @Test("A socket that was never read is named with its process, descriptor and protocol")
  func neverRead() async throws {
    let finding = try #require(await findings([socket(5000 << 10)]).first)
    #expect(
      finding.title == "4.9 MiB wait unread in a raw ICMPv6 socket of ospfd (pid 812, fd 7): "
        + "5,000 packets, never read")
    #expect(finding.certainty == .definite && finding.bytes == 5000 << 10)
    #expect(finding.count == 5000 && finding.type == "sk_buff")
    #expect(finding.verify.map(\.tool) == ["crash", "crash", "drgn"])
    #expect(finding.verify.first?.command == "net -s 812")
  }

  @Test("The certainty follows what is known of reads, and how much was counted")
  func certainty() async {
    let cases: [(SocketQueue, Certainty)] = [
      (socket(2 << 20), .definite),
      (socket(2 << 20) { $0.packets.interruption = "its queue breaks off" }, .probable),
      (socket(2 << 20) { $0.packets.recorded = 7 }, .probable),
      (socket(2 << 20, reading: .before), .possible),
      (socket(2 << 20, reading: .before) { $0.limitBytes = 2 << 20 }, .probable),
      (socket(2 << 20, kind: "unix dgram", reading: .unknown), .possible),
    ]
    for (socket, certainty) in cases {
      #expect(await findings([socket]).map(\.certainty) == [certainty])
    }
  }

  @Test("A count that was cut short is no count of the finding")
  func partial() async throws {
    let cut = socket(2 << 20) { $0.packets.interruption = "its queue breaks off" }
    let finding = try #require(await findings([cut]).first)
    #expect(finding.count == nil && finding.title.contains("2,048 packets or more, never read"))
  }

  @Test("Sockets that are read, or hold little, are not reported")
  func small() async {
    #expect(
      await findings([socket(212_992), socket(0), socket(100_000, reading: .before)]).isEmpty)
  }

  @Test("Many sockets of a process that were never read add up; connections do not")
  func many() async throws {
    let found = await findings(Array(repeating: socket(200 << 10, kind: "udp"), count: 12))
    #expect(
      found.map(\.title) == [
        "2.3 MiB wait unread in 12 udp sockets of ospfd (pid 812): 2,400 packets, never read"
      ])
    #expect(found.map(\.certainty) == [.definite])
    #expect(await findings(Array(repeating: socket(200 << 10, kind: "tcp"), count: 12)).isEmpty)
    let read = socket(200 << 10, kind: "udp", reading: .before)
    #expect(await findings(Array(repeating: read, count: 12)).isEmpty)
  }

  @Test("A socket without a process says why nobody has it")
  func withoutOwner() async throws {
    for hasFile in [true, false] {
      var queue = socket(2 << 20, kind: "udp") { $0.hasFile = hasFile }
      queue.owner = nil
      let finding = try #require(await findings([queue]).first)
      #expect(finding.title.contains("in a udp socket that no process has open"))
      #expect(finding.evidence.contains { $0.contains(hasFile ? "its file exists" : "no file") })
    }
  }

  @Test("A ring is a hint, and only when it is large")
  func ring() async {
    let rings = [1 << 20, 20 << 20].map { bytes in
      socket(0, kind: "packet", reading: .unknown) { $0.ringBytes = bytes }
    }
    let found = await findings(rings)
    #expect(
      found.map(\.title) == ["20.0 MiB are the rings of a packet socket of ospfd (pid 812, fd 7)"])
    #expect(found.map(\.certainty) == [.hint])
  }
}
