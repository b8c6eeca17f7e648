import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Survey of sockets")
struct SocketSurveyTests {
  private func outcome(
    _ kernel: SocketKernel, without lost: Set<PageFrame> = []
  ) -> SocketSurvey.Outcome {
    let (image, census) = kernel.opened(without: lost)
    return SocketSurvey(image, census: census).outcome()
  }

  private func only(
    _ kernel: SocketKernel, _ location: SourceLocation = #_sourceLocation
  ) throws -> (queue: SocketQueue, inspection: SocketInspection) {
    let sockets = outcome(kernel).sockets
    #expect(sockets.count == 1, sourceLocation: location)
    let queue = try #require(sockets.first, sourceLocation: location)
    return (queue, try #require(queue.inspection, sourceLocation: location))
  }

  @Test(
    "A socket is told with its owner, its descriptor, its port and its packets",
    arguments: SocketEra.all)
  func owner(_ era: SocketEra) throws {
    var kernel = SocketKernel(era)
    _ = kernel.addProcess("init", pid: 1)
    let daemon = kernel.addProcess("mdnsd", pid: 812)
    kernel.openFile(in: daemon, descriptor: 0)
    let socket = kernel.addSocket(family: 2, type: 2, number: 17, port: 5353)
    kernel.memory.set("sock", at: socket.sk, "__sk_common.skc_rcv_saddr", 0x0100_007f)
    kernel.memory.set("sock", at: socket.sk, "sk_drops", 17)
    kernel.open(socket, in: daemon, descriptor: 7)
    for _ in 0..<5 { kernel.addPacket(to: socket, charge: 2304, length: 900) }
    let survey = outcome(kernel)
    #expect(survey.tasks.map(\.name) == ["init", "mdnsd"])
    #expect(survey.tasks.map(\.pid) == [1, 812])
    #expect(survey.tasks.map(\.parent) == [0, 0])
    #expect(survey.remarks.isEmpty)
    let (queue, inspection) = try only(kernel)
    #expect(queue.address == socket.sk && queue.kind == "udp")
    #expect(queue.local == "127.0.0.1:5353" && queue.owner?.name == "mdnsd")
    #expect(queue.receiveBytes == 5 * 2304 && queue.sendBytes == 0)
    #expect(inspection.descriptor == 7 && inspection.descriptors == 1 && inspection.hasFile)
    #expect(inspection.reading == .never && inspection.drops == 17)
    #expect(inspection.limitBytes == 1 << 20)
    #expect(inspection.packets.isWhole && inspection.packets.count == 5)
    #expect(inspection.packets.chargedBytes == 5 * 2304 && inspection.packets.payloadBytes == 4500)
    #expect(inspection.packets.slabBytes == 5 * (256 + 1024) && inspection.packets.pages == 0)
  }

  @Test("Tags that KASAN has in pointers do not matter")
  func tags() throws {
    var kernel = SocketKernel(.v7_2)
    kernel.memory.tag = 0xf3
    let daemon = kernel.addProcess("tagged", pid: 5)
    let socket = kernel.addSocket(family: 17, type: 3, number: 0)
    kernel.open(socket, in: daemon, descriptor: 3)
    let first = kernel.addPacket(to: socket)
    kernel.addPacket(to: socket, data: .shared(with: first))
    let (queue, inspection) = try only(kernel)
    #expect(queue.owner?.pid == 5 && inspection.hasFile && inspection.descriptor == 3)
    #expect(inspection.packets.isWhole && inspection.packets.count == 2)
    #expect(inspection.packets.slabBytes == 2 * 256 + 1024 && inspection.packets.shared == 1)
  }

  @Test("A thread with files of its own counts, and so do descriptors of several processes")
  func threads() throws {
    var kernel = SocketKernel(.v7_2)
    let parent = kernel.addProcess("parent", pid: 10)
    let child = kernel.addProcess("child", pid: 11)
    let thread = kernel.addThread("worker", pid: 12, to: parent)
    let (shared, own) = (
      kernel.addSocket(family: 2, type: 2, number: 17),
      kernel.addSocket(family: 2, type: 2, number: 17)
    )
    kernel.open(shared, in: parent, descriptor: 3)
    kernel.open(shared, in: child, descriptor: 4)
    kernel.open(own, in: thread, descriptor: 5)
    for socket in [shared, own] { kernel.addPacket(to: socket) }
    let survey = outcome(kernel)
    #expect(survey.tasks.map(\.pid) == [10, 11])
    #expect(survey.sockets.map(\.owner?.pid) == [10, 10])
    #expect(survey.sockets.map(\.inspection?.descriptor) == [3, 5])
    #expect(survey.sockets.map(\.inspection?.descriptors) == [2, 1])
  }

  @Test("Sockets that no process has open are found by their inode or their protocol's cache")
  func withoutProcess() {
    var kernel = SocketKernel(.v5_10)
    let inFlight = kernel.addSocket(family: 2, type: 2, number: 17)
    let orphan = kernel.addSocket(family: 2, type: 1, number: 6, hasInode: false)
    _ = kernel.addSocket(family: 2, type: 2, number: 17)
    for socket in [inFlight, orphan] { kernel.addPacket(to: socket) }
    let sockets = outcome(kernel).sockets
    #expect(sockets.map(\.address) == [inFlight.sk, orphan.sk])
    #expect(sockets.map(\.owner) == [nil, nil])
    #expect(sockets.map(\.inspection?.hasFile) == [true, false])
  }

  @Test("A socket on its way between processes is found in the packet that carries it")
  func inFlight() throws {
    for era in SocketEra.all {
      var kernel = SocketKernel(era)
      let daemon = kernel.addProcess("flightd", pid: 175)
      // The one that carries comes before or after the one that is carried.
      let first = kernel.addSocket(family: 1, type: 2, number: 0)
      let socket = kernel.addSocket(family: 2, type: 2, number: 17)
      let last = kernel.addSocket(family: 1, type: 2, number: 0)
      for (carrier, descriptor) in [(first, 3), (last, 4)] {
        var kernel = kernel
        kernel.open(carrier, in: daemon, descriptor: descriptor)
        kernel.addPacket(to: socket)
        let packet = kernel.addPacket(to: carrier)
        let list = kernel.memory.allocate("scm_fp_list")
        kernel.memory.set("scm_fp_list", at: list, "count", 2)
        let files = kernel.memory.place("scm_fp_list", at: list, "fp")
        kernel.memory.write(pointer: socket.file, at: files.advanced(by: 8))
        kernel.memory.set(
          "unix_skb_parms", at: kernel.memory.place("sk_buff", at: packet, "cb"), "fp", to: list)
        let carried = try #require(outcome(kernel).sockets.first { $0.address == socket.sk })
        #expect(carried.owner == nil)
        #expect(carried.inspection?.carrier?.socket == carrier.sk)
        #expect(carried.inspection?.carrier?.owner?.pid == 175)
      }
    }
  }

  @Test("A connection that waits to be accepted belongs to who listens")
  func notAccepted() throws {
    var kernel = SocketKernel(.v7_2)
    let daemon = kernel.addProcess("httpd", pid: 5)
    let listener = kernel.addSocket(family: 2, type: 1, number: 6)
    let connection = kernel.addSocket(family: 2, type: 1, number: 6, hasInode: false)
    kernel.open(listener, in: daemon, descriptor: 3)
    kernel.memory.set("sock", at: listener.sk, "__sk_common.skc_state", 10)
    let request = kernel.memory.allocate("request_sock")
    kernel.memory.set("request_sock", at: request, "sk", to: connection.sk)
    kernel.memory.set(
      "inet_connection_sock", at: listener.sk, "icsk_accept_queue.rskq_accept_head", to: request)
    kernel.addPacket(to: connection)
    let (queue, inspection) = try only(kernel)
    #expect(queue.address == connection.sk && queue.owner?.pid == 5)
    #expect(!inspection.isAccepted && !inspection.hasFile)
  }

  // MARK: Whether it was read

  @Test(
    "A stamp, or a reason for none, decides whether a socket was never read",
    arguments: [
      (17, 3, -1_000_000_000, 0, 0, SocketInspection.Reading.never),
      (17, 3, 0, 0, 0, .before),
      (2, 3, 1_700_000_000_000_000_000, 0, 0, .before),
      (10, 2, -1_000_000_000, 1 << 8, 0, .never),
      // SO_TIMESTAMP, SO_TIMESTAMPING: then no read changes the stamp.
      (10, 2, -1_000_000_000, 1 << 11, 0, .unknown),
      (10, 2, -1_000_000_000, 0, 0x10, .unknown),
      // Unix and netlink sockets never change it.
      (1, 2, -1_000_000_000, 0, 0, .unknown), (16, 3, -1_000_000_000, 0, 0, .unknown),
    ])
  func stamp(
    _ family: UInt64, _ type: UInt64, _ stamp: Int64, _ flags: UInt64, _ times: UInt64,
    _ reading: SocketInspection.Reading
  ) throws {
    var kernel = SocketKernel(.v5_10)
    let socket = kernel.addSocket(family: family, type: type, number: family == 2 ? 89 : 0)
    kernel.memory.set("sock", at: socket.sk, "sk_stamp", UInt64(bitPattern: stamp))
    kernel.memory.set("sock", at: socket.sk, "__sk_common.skc_flags", flags)
    kernel.memory.set("sock", at: socket.sk, "sk_tsflags", times)
    kernel.addPacket(to: socket)
    #expect(try only(kernel).inspection.reading == reading)
  }

  @Test(
    "TCP was never read when all it received still waits, across the wrap of sequence numbers",
    arguments: [
      (5000, 5000, SocketInspection.Reading.never), (9000, 5000, .before), (0, 0, .unknown),
      (100, 5000, .unknown),
    ])
  func tcp(_ received: UInt64, _ waiting: UInt64, _ reading: SocketInspection.Reading) throws {
    var kernel = SocketKernel(.v7_2)
    let socket = kernel.addSocket(family: 10, type: 1, number: 6, port: 80)
    let copied: UInt64 = 0xffff_f000
    kernel.memory.set("tcp_sock", at: socket.sk, "bytes_received", received)
    kernel.memory.set("tcp_sock", at: socket.sk, "copied_seq", copied)
    kernel.memory.set("tcp_sock", at: socket.sk, "rcv_nxt", (copied + waiting) & 0xffff_ffff)
    kernel.addPacket(to: socket)
    let (queue, inspection) = try only(kernel)
    #expect(queue.kind == "tcp6" && queue.local == "[::]:80")
    #expect(inspection.reading == reading)
  }

  @Test("Packets that a reader of UDP took aside are counted, and tell of the reader")
  func readerQueue() throws {
    var kernel = SocketKernel(.v5_10)
    let socket = kernel.addSocket(family: 2, type: 2, number: 17)
    kernel.addPacket(to: socket)
    let queue = kernel.memory.place("udp_sock", at: socket.sk, "reader_queue")
    kernel.memory.link([kernel.makePacket(), kernel.makePacket()], head: queue)
    kernel.memory.set("sk_buff_head", at: queue, "qlen", 2)
    let inspection = try only(kernel).inspection
    #expect(inspection.packets.count == 3 && inspection.packets.isWhole)
    #expect(inspection.reading == .before)
  }

  @Test("Packets out of order and those that arrived while the socket was locked are counted")
  func treeAndBacklog() throws {
    var kernel = SocketKernel(.v7_2)
    let socket = kernel.addSocket(family: 2, type: 1, number: 6)
    kernel.addPacket(to: socket)
    let tree = (0..<3).map { _ in kernel.makePacket(charge: 1000) }
    let nodes = tree.map { kernel.memory.place("sk_buff", at: $0, "rbnode") }
    kernel.memory.set("tcp_sock", at: socket.sk, "out_of_order_queue.rb_node", to: nodes[0])
    kernel.memory.set("rb_node", at: nodes[0], "rb_left", to: nodes[1])
    kernel.memory.set("rb_node", at: nodes[0], "rb_right", to: nodes[2])
    let chain = [kernel.makePacket(), kernel.makePacket()]
    kernel.memory.set("sock", at: socket.sk, "sk_backlog.head", to: chain[0])
    kernel.memory.set("sk_buff", at: chain[0], "next", to: chain[1])
    let packets = try only(kernel).inspection.packets
    #expect(packets.count == 6 && packets.isWhole)
    #expect(packets.chargedBytes == 768 + 3000 + 2 * 768)
  }

  // MARK: What packets occupy

  @Test(
    "Blocks of pages count once, and data that packets share is not counted again",
    arguments: SocketEra.all)
  func data(_ era: SocketEra) throws {
    var kernel = SocketKernel(era)
    let socket = kernel.addSocket(family: 17, type: 3, number: 0)
    let (block, other) = (
      kernel.memory.allocatePages(order: 3), kernel.memory.allocatePages(order: 0)
    )
    let first = kernel.addPacket(to: socket, data: .fragment(of: block, page: 1))
    kernel.addPacket(to: socket, data: .fragment(of: block, page: 6))
    kernel.addPacket(to: socket, data: .fragment(of: other, page: 0))
    kernel.addPacket(to: socket, data: .shared(with: first))
    let packets = try only(kernel).inspection.packets
    #expect(packets.pages == 8 + 1)
    #expect(packets.shared == 1)
    #expect(packets.slabBytes == 4 * 256 + 3 * 1024)
  }

  @Test("What a Unix socket holds is told by its packets: their sender is charged")
  func unix() throws {
    var kernel = SocketKernel(.v5_10)
    let socket = kernel.addSocket(family: 1, type: 2, number: 0)
    let address = kernel.memory.allocate(64)
    kernel.memory.set("unix_address", at: address, "len", 10)
    kernel.memory.write(
      [1, 0] + Array("/tmp/dgX".utf8), at: kernel.memory.place("unix_address", at: address, "name"))
    kernel.memory.set("unix_sock", at: socket.sk, "addr", to: address)
    for _ in 0..<3 { kernel.addPacket(to: socket, charge: 4096) }
    kernel.memory.set("sock", at: socket.sk, "sk_backlog.rmem_alloc", 0)
    let (queue, inspection) = try only(kernel)
    #expect(queue.kind == "unix dgram" && queue.local == "/tmp/dgX")
    #expect(queue.receiveBytes == 3 * 4096 && queue.sendBytes == nil)
    #expect(inspection.packets.isWhole)
  }

  @Test("A packet socket has an interface, a protocol and rings, if its type is known")
  func packet() throws {
    for era in SocketEra.all {
      var kernel = SocketKernel(era)
      let socket = kernel.addSocket(family: 17, type: 3, number: 0)
      kernel.addPacket(to: socket)
      let device = kernel.memory.allocate(16)
      kernel.memory.write(Array("eth0".utf8), at: device)
      kernel.memory.set("packet_sock", at: socket.sk, "ifindex", 2)
      kernel.memory.set("packet_sock", at: socket.sk, "num", 0xcc88)
      kernel.memory.set("packet_sock", at: socket.sk, "prot_hook.dev", to: device)
      kernel.memory.set("packet_sock", at: socket.sk, "rx_ring.pg_vec", to: device)
      kernel.memory.set("packet_sock", at: socket.sk, "rx_ring.pg_vec_order", 4)
      kernel.memory.set("packet_sock", at: socket.sk, "rx_ring.pg_vec_len", 3)
      let (queue, inspection) = try only(kernel)
      #expect(queue.kind == "packet" && inspection.packets.count == 1)
      #expect(inspection.reading == .never)
      let isKnown = era.hasPacketSockets
      #expect(queue.local == (isKnown ? "eth0" : nil))
      #expect(inspection.protocolName == (isKnown ? "LLDP" : nil))
      #expect(inspection.ringBytes == (isKnown ? 3 << 16 : 0))
      #expect(outcome(kernel).remarks.isEmpty == isKnown)
    }
  }

  @Test("Drops are summed where there are several counters")
  func drops() throws {
    var kernel = SocketKernel(.v7_2)
    let socket = kernel.addSocket(family: 10, type: 3, number: 58)
    let counters = kernel.memory.allocate("numa_drop_counters")
    kernel.memory.set("numa_drop_counters", at: counters, "drops0", 4000)
    kernel.memory.set("numa_drop_counters", at: counters, "drops1", 999)
    kernel.memory.set("sock", at: socket.sk, "sk_drop_counters", to: counters)
    kernel.addPacket(to: socket)
    let (queue, inspection) = try only(kernel)
    #expect(queue.kind == "raw6" && queue.local == nil)
    #expect(inspection.protocolName == "ICMPv6" && inspection.drops == 4999)
  }

  @Test("A socket that is no file is told, with its two objects", arguments: SocketEra.all)
  func fileless(_ era: SocketEra) throws {
    var kernel = SocketKernel(era)
    let open = kernel.addSocket(family: 2, type: 2, number: 17)
    let own = kernel.addSocket(family: 2, type: 1, number: 6)
    kernel.memory.set("socket", at: own.socket, "file", 0)
    _ = kernel.addSocket(family: 2, type: 2, number: 17, hasInode: false)
    let (image, census) = kernel.opened()
    let found = SocketSurvey(image, census: census).outcome().fileless
    let inode = try #require(census.object(containing: own.socket))
    let sock = try #require(census.object(containing: own.sk))
    #expect(open.socket != own.socket)
    #expect(
      found == [
        FilelessSocket(
          kind: "tcp", inode: UInt32(census.slot(of: inode)), sock: UInt32(census.slot(of: sock)))
      ])
  }
}
