import Evidence
import FixtureKit
import KernelImage
import Memory
import Survey
import Testing

@Suite("Damaged sockets")
struct DamagedSocketTests {
  private func outcome(
    _ kernel: SocketKernel, without lost: Set<PageFrame> = []
  ) -> SocketSurvey.Outcome {
    let (image, census) = kernel.opened(without: lost)
    return SocketSurvey(image, census: census).outcome()
  }

  /// A kernel with a socket of a process that has three packets.
  private func fixture() -> (
    kernel: SocketKernel, process: SocketKernel.Process, socket: SocketKernel.Socket,
    packets: [VirtualAddress]
  ) {
    var kernel = SocketKernel(.v5_10)
    let process = kernel.addProcess("daemon", pid: 812)
    let socket = kernel.addSocket(family: 2, type: 2, number: 17)
    kernel.open(socket, in: process, descriptor: 3)
    let packets = (0..<3).map { _ in kernel.addPacket(to: socket) }
    return (kernel, process, socket, packets)
  }

  @Test("A queue that leads back into itself is counted once")
  func cyclicQueue() throws {
    var (kernel, _, _, packets) = fixture()
    kernel.memory.set("sk_buff", at: packets[2], "next", to: packets[1])
    let counted = try #require(outcome(kernel).sockets.first?.inspection).packets
    #expect(counted.count == 3 && counted.recorded == 3)
    #expect(counted.interruption != nil && !counted.isWhole)
  }

  @Test("A queue that leads into another socket's queue ends there")
  func crossedQueues() {
    var (kernel, _, _, packets) = fixture()
    let other = kernel.addSocket(family: 2, type: 2, number: 17)
    let own = kernel.addPacket(to: other)
    kernel.memory.set("sk_buff", at: own, "next", to: packets[0])
    #expect(outcome(kernel).sockets.map { $0.inspection?.packets.count } == [3, 1])
  }

  @Test("A length that cannot be is not believed, and what is there is counted")
  func absurdLength() throws {
    for length in [0xffff_ffff, 1] as [UInt64] {
      var (kernel, _, socket, _) = fixture()
      let head = kernel.memory.place("sock", at: socket.sk, "sk_receive_queue")
      kernel.memory.set("sk_buff_head", at: head, "qlen", length)
      let counted = try #require(outcome(kernel).sockets.first?.inspection).packets
      #expect(counted.count == 3 && counted.recorded == Int(length) && !counted.isWhole)
    }
  }

  @Test("A queue that is much longer than it says is cut off")
  func longQueue() throws {
    var kernel = SocketKernel(.v7_2)
    let socket = kernel.addSocket(family: 2, type: 2, number: 17)
    for _ in 0..<200 { kernel.addPacket(to: socket) }
    let head = kernel.memory.place("sock", at: socket.sk, "sk_receive_queue")
    kernel.memory.set("sk_buff_head", at: head, "qlen", 1)
    let counted = try #require(outcome(kernel).sockets.first?.inspection).packets
    #expect((2..<200).contains(counted.count) && counted.interruption != nil)
  }

  @Test("A packet that is not in the dump ends the count, and the charge is still told")
  func absentPacket() throws {
    var (kernel, _, _, packets) = fixture()
    kernel.memory.set("sk_buff", at: packets[1], "next", 0xffff_8880_7000_0000)
    let queue = try #require(outcome(kernel).sockets.first)
    #expect(queue.receiveBytes == 3 * 768)
    #expect(queue.inspection?.packets.count == 2)
    #expect(queue.inspection?.packets.isWhole == false)
  }

  @Test("A queue that ends with NULL breaks off")
  func brokenQueue() throws {
    var (kernel, _, _, packets) = fixture()
    kernel.memory.set("sk_buff", at: packets[1], "next", 0)
    let counted = try #require(outcome(kernel).sockets.first?.inspection).packets
    #expect(counted.count == 2 && counted.interruption != nil)
  }

  @Test("Packets with impossible sizes, parts and data do no harm")
  func absurdPackets() throws {
    var (kernel, _, _, packets) = fixture()
    let block = kernel.memory.allocatePages(order: 0)
    for packet in packets {
      kernel.memory.set("sk_buff", at: packet, "truesize", 0xffff_ffff)
      kernel.memory.set("sk_buff", at: packet, "len", 0xffff_ffff)
    }
    kernel.memory.set("sk_buff", at: packets[0], "end", 0xffff_ffff)
    kernel.memory.set("sk_buff", at: packets[1], "head", .max)
    let info = kernel.memory.pointer(at: kernel.memory.place("sk_buff", at: packets[2], "head"))
      .advanced(by: 512)
    kernel.memory.set("skb_shared_info", at: info, "nr_frags", 255)
    kernel.memory.set("skb_shared_info", at: info, "frag_list", to: packets[2])
    let parts = kernel.memory.place("skb_shared_info", at: info, "frags")
    for part in 0..<17 {
      let place = parts.advanced(by: part * 16)
      kernel.memory.set(
        "skb_frag", at: place, "bv_page", StructureImage.vmemmap.rawValue + block.rawValue * 64)
      kernel.memory.set("skb_frag", at: place, "bv_len", part == 0 ? 4096 : 0xffff_ffff)
      kernel.memory.set("skb_frag", at: place, "bv_offset", part == 0 ? 0 : 0xffff_ffff)
    }
    let counted = try #require(outcome(kernel).sockets.first?.inspection).packets
    #expect(counted.count == 3 && counted.chargedBytes == 3 * 0xffff_ffff)
    #expect(counted.pages == 1)
  }

  @Test("Pages that all claim to be later parts of blocks are looked at in bounded time")
  func endlessBlock() throws {
    var kernel = SocketKernel(.v5_10)
    let socket = kernel.addSocket(family: 17, type: 3, number: 0)
    let block = kernel.memory.allocatePages(order: 0)
    for frame in 0..<kernel.memory.frameCount {
      kernel.memory.set(
        "page", at: StructureImage.directMap.advanced(by: 0x1000 + frame * 64), "compound_head", 1)
    }
    kernel.addPacket(to: socket, data: .fragment(of: block, page: 0))
    let counted = try #require(outcome(kernel).sockets.first?.inspection).packets
    #expect(counted.count == 1 && counted.pages <= Int(kernel.memory.frameCount))
  }

  @Test("A table of 2^31 descriptors is looked at as far as it goes")
  func absurdTable() {
    for room in [1 << 31, 0xffff_ffff] as [UInt64] {
      var (kernel, process, _, _) = fixture()
      kernel.memory.set("fdtable", at: process.table, "max_fds", room)
      let survey = outcome(kernel)
      #expect(survey.sockets.first?.owner?.pid == 812)
      #expect(survey.remarks.contains { $0.contains("open files") })
    }
  }

  @Test("Descriptors that lead to nothing, and a table that is absent, cost only themselves")
  func wildDescriptors() {
    var (kernel, process, socket, _) = fixture()
    let other = kernel.addProcess("other", pid: 900)
    kernel.memory.write(0xdead_beef, at: process.table.advanced(by: 64))
    kernel.memory.set("fdtable", at: other.table, "fd", 0xffff_8880_7000_0000)
    kernel.open(socket, in: process, descriptor: 63)
    let survey = outcome(kernel)
    #expect(survey.sockets.first?.inspection?.descriptors == 2)
    #expect(survey.remarks.contains { $0.contains("1 process") })
  }

  @Test("A list of processes that runs in a circle or breaks off ends with what was seen")
  func damagedProcesses() {
    for target in [0, 0xffff_8880_7000_0000] as [UInt64] {
      var (kernel, process, _, _) = fixture()
      _ = kernel.addProcess("second", pid: 900)
      let link = kernel.memory.place("task_struct", at: process.task, "tasks")
      kernel.memory.write(target == 0 ? link.rawValue : target, at: link)
      let survey = outcome(kernel)
      #expect(survey.tasks.first?.pid == 812)
      #expect(survey.sockets.first?.owner?.pid == 812)
      #expect(survey.remarks.contains { $0.contains("list of processes") })
    }
  }

  @Test("Pages lost at random leave a survey that ends, with sockets that are there")
  func lostPages() {
    for seed in 0..<40 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let (kernel, _, _, _) = fixture()
      let lost = Set(
        (0..<400).map { _ in PageFrame(UInt64.random(in: 0..<600, using: &generator)) })
      let survey = outcome(kernel, without: lost)
      #expect(survey.sockets.count <= 1, "seed \(seed)")
      #expect(survey.sockets.allSatisfy { $0.inspection?.packets.count ?? 0 <= 3 }, "seed \(seed)")
    }
  }

  @Test("Words overwritten at random do not stop a survey")
  func randomWords() {
    for seed in 0..<60 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var (kernel, process, socket, packets) = fixture()
      let targets =
        [process.task, process.files, process.table, socket.sk, socket.socket] + packets
      for _ in 0..<4 {
        guard let target = targets.randomElement(using: &generator) else { continue }
        let word =
          [0, 1, .max, target.rawValue, packets[0].rawValue, socket.sk.rawValue]
          .randomElement(using: &generator) ?? 0
        kernel.memory.write(
          word, at: target.advanced(by: Int.random(in: 0..<28, using: &generator) * 8))
      }
      let counted = outcome(kernel).sockets.map { $0.inspection?.packets.count ?? 0 }
      #expect(counted.reduce(0, +) <= 64, "seed \(seed)")
    }
  }
}
