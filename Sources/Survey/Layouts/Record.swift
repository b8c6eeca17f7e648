import ByteKit
import Evidence
import Memory

/// The bytes of one structure in the dump.
struct Record: Sendable {
  /// Where the structure is.
  let address: VirtualAddress
  private let bytes: Bytes

  /// Reads the first `extent` bytes of a structure; throws `Absence` when any of them is absent.
  init(at address: VirtualAddress, extent: Int, in memory: any VirtualMemory) throws(Absence) {
    self.address = address
    bytes = try memory.bytes(at: address, count: extent)
  }

  /// Reads a structure; throws a fault that calls it by `name`, such as `a sheaf`.
  init(
    _ name: String, at address: VirtualAddress, extent: Int, in memory: any VirtualMemory
  ) throws(Fault) {
    do throws(Absence) {
      try self.init(at: address, extent: extent, in: memory)
    } catch {
      throw Fault(.absent, at: address, "\(name) cannot be read: \(error)")
    }
  }

  /// The value of a field, which must end within the extent that was read.
  subscript(field: Field) -> UInt64 {
    guard let value = bytes.span.load(field, at: 0) else {
      preconditionFailure("a field outside of its record")
    }
    return value
  }
}

extension Sequence<Field> {
  /// How many bytes of a structure hold all of these fields.
  var extent: Int { reduce(0) { Swift.max($0, $1.end) } }
}
