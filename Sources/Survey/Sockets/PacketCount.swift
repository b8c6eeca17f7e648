import ByteKit
import Evidence
import KernelImage
import Memory

/// Counts packets in queues, each packet in one queue only, and what memory they keep.
struct PacketCount: Sendable {
  private let kernel: Kernel
  private let census: Census
  private let layout: PacketLayout
  private var blocks: PageBlocks
  /// The packets counted in any queue: what leads to one of them again does not end.
  private var seen: Set<VirtualAddress> = []
  /// Where the data of all packets begin: packets that were cloned share them.
  private var heads: Set<VirtualAddress> = []
  /// What the packets that are counted next may carry, if anything.
  var carried: FamilyLayouts.CarriedFiles?
  /// The files that packets were found to carry.
  private var files: [VirtualAddress] = []
  /// The page frames outside of slabs that hold data of any packet.
  private var frames: Set<PageFrame> = []

  /// A queue may have grown or shrunk by so many while the machine stopped.
  private static let leeway = 64
  /// A packet has no more packets as further parts: a chain of merged segments.
  private static let longestChain = 1 << 12

  /// A packet carries no more files: SCM_MAX_FD.
  private static let mostFiles = 253
  /// More packets than this are not counted.
  private static let mostPackets = 1 << 24

  /// Begins to count.
  init(_ kernel: Kernel, census: Census, layout: PacketLayout) {
    self.kernel = kernel
    self.census = census
    self.layout = layout
    blocks = PageBlocks(kernel)
  }

  /// How many packets a `struct sk_buff_head` says it has, or nil when it cannot be read.
  func length(ofQueue queue: VirtualAddress) -> Int? { kernel.count(layout.queueLength, at: queue) }

  /// Adds the packets of a queue, a ring through its `struct sk_buff_head`.
  mutating func addQueue(_ queue: VirtualAddress, to packets: inout QueuedPackets) {
    guard let length = length(ofQueue: queue) else {
      return interrupt(&packets, "its queue cannot be read")
    }
    packets.recorded = packets.recorded.map { $0 + length }
    guard length > 0 else { return }
    // The link to the first packet is where a packet has its link to the next.
    guard let first = kernel.pointer(layout.next, at: queue) else {
      return interrupt(&packets, "the start of its queue cannot be read")
    }
    addChain(first, until: queue, atMost: length + Self.leeway, to: &packets)
  }

  /// Adds the packets of a chain that ends with NULL, whose length nobody keeps.
  mutating func addChain(_ first: VirtualAddress?, to packets: inout QueuedPackets) {
    let before = packets.count
    if let first { addChain(first, until: nil, atMost: Int(Int32.max), to: &packets) }
    packets.recorded = packets.recorded.map { $0 + packets.count - before }
  }

  /// Adds the packets of a tree, whose size nobody keeps.
  mutating func addTree(root: VirtualAddress?, to packets: inout QueuedPackets) {
    guard let root, let place = layout.treeNode, let left = layout.left, let right = layout.right
    else { return }
    let before = packets.count
    var nodes = [root]
    while let node = nodes.popLast(), packets.interruption == nil {
      guard add(node.advanced(by: -place), to: &packets) != nil else { break }
      nodes += [left, right].compactMap { kernel.pointer($0, at: node) }
    }
    packets.recorded = packets.recorded.map { $0 + packets.count - before }
  }

  private mutating func addChain(
    _ first: VirtualAddress, until end: VirtualAddress?, atMost limit: Int,
    to packets: inout QueuedPackets
  ) {
    var next: VirtualAddress? = first
    var left = limit
    while let packet = next, packet != end {
      guard left > 0 else { return interrupt(&packets, "its queue is longer than it says") }
      left -= 1
      guard let record = add(packet, to: &packets) else { return }
      let link = record[layout.next]
      next = link == 0 ? nil : kernel.machine.untagged(VirtualAddress(link))
    }
    if next == nil, end != nil { interrupt(&packets, "its queue breaks off") }
  }

  /// Adds one packet; nil when it cannot be read or was counted before.
  private mutating func add(_ packet: VirtualAddress, to packets: inout QueuedPackets) -> Record? {
    guard let record = try? Record(at: packet, extent: layout.extent, in: kernel.memory) else {
      interrupt(&packets, "packet \(packets.count + 1) in its queue cannot be read")
      return nil
    }
    guard seen.count < Self.mostPackets else {
      interrupt(&packets, "there are too many packets to count")
      return nil
    }
    guard seen.insert(packet).inserted else {
      interrupt(&packets, "its queue leads back to a packet that was counted before")
      return nil
    }
    packets.count += 1
    packets.chargedBytes += Int(truncatingIfNeeded: record[layout.charge])
    packets.payloadBytes += Int(truncatingIfNeeded: record[layout.length])
    packets.slabBytes += slotSize(at: packet)
    addData(of: record, to: &packets)
    addFiles(of: packet)
    return record
  }

  /// Notes the files that a packet carries.
  private mutating func addFiles(of packet: VirtualAddress) {
    guard let carried, let control = layout.control,
      let list = kernel.pointer(carried.list, at: packet.advanced(by: control)),
      let count = kernel.count(carried.count, at: list),
      let pointers = try? kernel.pointers(
        "files", at: list.advanced(by: carried.files), min(count, Self.mostFiles))
    else { return }
    files += pointers
  }

  /// Hands over the files that were found and begins anew.
  mutating func takeFiles() -> [VirtualAddress] {
    defer { files = [] }
    return files
  }

  /// Adds the data of a packet unless another packet has the same.
  private mutating func addData(of packet: Record, to packets: inout QueuedPackets) {
    let head = kernel.machine.untagged(VirtualAddress(packet[layout.head]))
    guard heads.insert(head).inserted else { return packets.shared += 1 }
    let end = Int(truncatingIfNeeded: packet[layout.end])
    let inSlab = slotSize(at: head)
    packets.slabBytes += inSlab
    if inSlab == 0, let frame = kernel.pages.frame(of: head) {
      addPages(from: frame, offset: kernel.pages.pageSize.offset(of: head), end, &packets)
    }
    let info = head.advanced(by: end)
    guard let bytes = try? kernel.memory.bytes(at: info, count: layout.infoSize) else { return }
    let count = min(Int(bytes.span.load(layout.partCount, at: 0) ?? 0), layout.mostParts)
    for part in 0..<count {
      let base = layout.parts + part * layout.partStride
      guard let page = bytes.span.load(layout.page, at: base),
        let frame = kernel.pages.frame(ofStructPage: kernel.machine.untagged(VirtualAddress(page))),
        let offset = bytes.span.load(layout.offset, at: base),
        let size = bytes.span.load(layout.size, at: base)
      else { continue }
      addPages(
        from: frame, offset: Int(truncatingIfNeeded: offset), Int(truncatingIfNeeded: size),
        &packets)
    }
    addParts(bytes.span.load(layout.chain, at: 0) ?? 0, to: &packets)
  }

  /// Adds the memory of the packets that a packet consists of, which its own charge covers.
  private mutating func addParts(_ first: UInt64, to packets: inout QueuedPackets) {
    var next = first
    for _ in 0..<Self.longestChain {
      let part = kernel.machine.untagged(VirtualAddress(next))
      guard next != 0, seen.count < Self.mostPackets, seen.insert(part).inserted,
        let record = try? Record(at: part, extent: layout.extent, in: kernel.memory)
      else { return }
      packets.slabBytes += slotSize(at: part)
      addData(of: record, to: &packets)
      next = record[layout.next]
    }
  }

  private func slotSize(at address: VirtualAddress) -> Int {
    census.object(containing: address).map { Int(census.slabs[$0.slab].slotSize) } ?? 0
  }

  /// Adds the blocks of pages that a run of bytes touches.
  private mutating func addPages(
    from frame: PageFrame, offset: Int, _ size: Int, _ packets: inout QueuedPackets
  ) {
    let shift = UInt64(kernel.pages.pageSize.shift)
    let start = UInt64(max(offset, 0))
    let last = start + UInt64(max(size, 1)) - 1
    // No part of a packet is larger than a block of pages.
    guard last >> shift - start >> shift < 1 << 10 else { return }
    for number in (start >> shift)...(last >> shift) {
      let page = PageFrame(frame.rawValue &+ number)
      guard kernel.pages.contains(page), !frames.contains(page) else { continue }
      let block = blocks.block(of: page)
      for number in block.lowerBound.rawValue..<block.upperBound.rawValue
      where frames.insert(PageFrame(number)).inserted {
        packets.pages += 1
      }
    }
  }

  private func interrupt(_ packets: inout QueuedPackets, _ reason: String) {
    packets.interruption = packets.interruption ?? reason
  }
}
