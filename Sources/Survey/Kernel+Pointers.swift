import ByteKit
import Evidence
import KernelImage
import Memory

extension Kernel {
  /// The `count` pointers of an array, without tags; throws a fault that calls it by `name`.
  func pointers(
    _ name: String, at address: VirtualAddress, _ count: Int
  ) throws(Fault) -> [VirtualAddress] {
    do throws(Absence) {
      let bytes = try memory.bytes(at: address, count: count * 8)
      return (0..<count).compactMap { bytes.load(UInt64.self, at: $0 * 8) }
        .map { machine.untagged(VirtualAddress($0)) }
    } catch {
      throw Fault(.absent, at: address, "\(name) cannot be read: \(error)")
    }
  }
}
