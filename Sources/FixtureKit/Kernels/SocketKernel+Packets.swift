public import Memory

extension SocketKernel {
  /// Adds a packet to the receive queue of a socket, charges it, and returns its address.
  @discardableResult public mutating func addPacket(
    to socket: Socket, charge: UInt64 = 768, length: UInt64 = 100, data: PacketData = .slab
  ) -> VirtualAddress {
    let packet = makePacket(charge: charge, length: length, data: data)
    queues[socket.sk, default: []].append(packet)
    linkQueue(of: socket.sk)
    self.charge(charge, to: socket)
    return packet
  }

  /// Makes a packet that is in no queue.
  public mutating func makePacket(
    charge: UInt64 = 768, length: UInt64 = 100, data: PacketData = .slab
  ) -> VirtualAddress {
    let packet = takeSlot(.packets)
    let head: VirtualAddress
    if case .shared(let other) = data {
      head = memory.pointer(at: memory.place("sk_buff", at: other, "head"))
    } else {
      head = takeSlot(.data)
    }
    memory.set("sk_buff", at: packet, "len", length)
    memory.set("sk_buff", at: packet, "truesize", charge)
    memory.set("sk_buff", at: packet, "head", to: head)
    memory.set("sk_buff", at: packet, "end", 512)
    if case .fragment(let block, let page) = data {
      let info = head.advanced(by: 512)
      memory.set("skb_shared_info", at: info, "nr_frags", 1)
      let part = memory.place("skb_shared_info", at: info, "frags")
      let members =
        era.hasPageVectors ? ["bv_page", "bv_offset", "bv_len"] : ["netmem", "offset", "len"]
      let values = [StructureImage.vmemmap.rawValue + block.rawValue * 64, page << 12, length]
      for (member, value) in zip(members, values) {
        memory.set("skb_frag", at: part, member, value)
      }
    }
    return packet
  }

  /// Charges a socket for what it received.
  public mutating func charge(_ bytes: UInt64, to socket: Socket) {
    charges[socket.sk, default: 0] += bytes
    memory.set("sock", at: socket.sk, "sk_backlog.rmem_alloc", charges[socket.sk] ?? 0)
  }

  mutating func linkQueue(of sk: VirtualAddress) {
    let head = memory.place("sock", at: sk, "sk_receive_queue")
    let packets = queues[sk] ?? []
    memory.link(packets, head: head)
    memory.set("sk_buff_head", at: head, "qlen", UInt64(packets.count))
  }
}
