import ByteKit
import Evidence
import KernelImage
import Memory

extension SocketReader {
  /// Tells where a socket is bound to, and what its protocol is.
  mutating func describe(
    _ sk: VirtualAddress, _ kind: SocketKind, _ queue: inout SocketQueue,
    _ inspection: inout SocketInspection
  ) {
    let link = kind.family == SocketKind.packet ? families.packet?.protocolNumber : nil
    inspection.protocolName = kind.protocolName(
      linkProtocol: link.flatMap { kernel.value($0, at: sk) }.map {
        UInt64(UInt16(truncatingIfNeeded: $0).byteSwapped)
      })
    switch kind.family {
    case SocketKind.packet: queue.local = interface(of: sk)
    case SocketKind.inet:
      queue.local = local(bytes(at: layout.address.map { sk.advanced(by: $0.offset) }, 4), sk, kind)
      queue.peer = peer(bytes(at: layout.peerAddress.map { sk.advanced(by: $0.offset) }, 4), sk)
    case SocketKind.inet6:
      queue.local = local(bytes(at: layout.address6.map { sk.advanced(by: $0) }, 16), sk, kind)
      queue.peer = peer(bytes(at: layout.peerAddress6.map { sk.advanced(by: $0) }, 16), sk)
    case SocketKind.netlink:
      queue.local = kernel.count(families.netlinkPort, at: sk).map { "port \($0)" }
    case SocketKind.unix: queue.local = path(of: sk)
    default: break
    }
  }

  /// The interface that a packet socket listens on; nil for all of them.
  private mutating func interface(of sk: VirtualAddress) -> String? {
    guard let packet = families.packet,
      let index = kernel.count(packet.deviceIndex, at: sk), index > 0
    else { return nil }
    guard let place = packet.deviceName, let device = kernel.pointer(packet.device, at: sk),
      let name = try? kernel.memory.string(at: device.advanced(by: place), limit: 16), !name.isEmpty
    else { return "interface \(Int32(truncatingIfNeeded: index))" }
    return name
  }

  private func bytes(at address: VirtualAddress?, _ count: Int) -> [UInt8]? {
    address.flatMap { try? kernel.memory.shown(at: $0, count: count) }?.array
  }

  /// Where a socket is bound to; a raw socket has no port, and no address unless it is bound.
  private func local(_ address: [UInt8]?, _ sk: VirtualAddress, _ kind: SocketKind) -> String? {
    guard let address else { return nil }
    if kind.isRaw {
      return address.contains { $0 != 0 } ? AddressText.text(address) : nil
    }
    return kernel.count(layout.port, at: sk).map { text(address, port: $0) }
  }

  private func peer(_ address: [UInt8]?, _ sk: VirtualAddress) -> String? {
    guard let address, let port = kernel.count(layout.peerPort, at: sk), port != 0 else {
      return nil
    }
    return text(address, port: Int(UInt16(truncatingIfNeeded: port).byteSwapped))
  }

  private func text(_ address: [UInt8], port: Int) -> String {
    let text = AddressText.text(address)
    return address.count == 16 ? "[\(text)]:\(port)" : "\(text):\(port)"
  }

  /// The name of a Unix socket; one that is in no file system begins with `@`.
  private mutating func path(of sk: VirtualAddress) -> String? {
    guard let unix = families.unix, let address = kernel.pointer(unix.address, at: sk),
      let length = kernel.count(unix.length, at: address), (3...110).contains(length)
    else { return nil }
    // The family comes first.
    guard var name = bytes(at: address.advanced(by: unix.name + 2), length - 2) else { return nil }
    if name.first == 0 { name[0] = UInt8(ascii: "@") }
    return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
  }
}
