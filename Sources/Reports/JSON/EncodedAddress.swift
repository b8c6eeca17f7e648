internal import Memory

/// An address as programs read it: `0x` and sixteen lower-case digits.
struct EncodedAddress: Encodable, Sendable {
  let address: VirtualAddress

  init(_ address: VirtualAddress) { self.address = address }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(address.description)
  }
}
