import ByteKit
import DebugInfo
import KernelImage
import Memory

/// The kernel's store of call stacks, each under a number of 32 bits.
///
/// Linux cd11016e5f52 ("mm, kasan: stackdepot implementation. Enable stackdepot for SLAB"), v4.6.
struct StackDepot: Sendable {
  private let kernel: Kernel
  /// The array of pointers to the blocks that stacks are stored in.
  private let pools: VirtualAddress
  /// The bits of a number that tell the block.
  private let pool: Field
  /// What is to be taken off them: 3ee34eabac2a ("lib/stackdepot: fix first entry having a
  /// 0-handle"), v6.9.
  private let firstPool: UInt64
  /// The bits that tell where in the block, in units of 16 bytes.
  private let offset: Field
  /// The number that a stored stack has.
  private let handle: Field
  /// How many return addresses it has.
  private let size: Field
  /// Where they begin, in bytes.
  private let entries: Int

  /// `CONFIG_STACKDEPOT_MAX_FRAMES` is 64 by default, at most 256.
  private static let mostFrames: UInt64 = 256
  /// Functions of lib/stackdepot.c.
  private static let anchors = [
    "stack_depot_save_flags", "stack_depot_save", "__stack_depot_save", "depot_save_stack",
  ]

  /// Finds the store; nil in a kernel that has none.
  init?(_ kernel: Kernel) {
    // `stack_slabs` until 961c949b012f ("lib/stackdepot: rename slab to pool"), v6.3.
    let symbols = kernel.symbols
    guard
      let array = symbols.symbol(named: "stack_pools") ?? symbols.symbol(named: "stack_slabs"),
      let number = kernel.types.structure("handle_parts", near: Self.anchors),
      let stack = kernel.types.structure("stack_record", near: Self.anchors),
      let pool = ["pool_index_plus_1", "pool_index", "slabindex"].lazy.compactMap({
        number.field($0)
      }).first,
      let offset = number.field("offset"), let size = stack.field("size"),
      let handle = stack.field("handle"), let entries = stack.place(of: "entries")
    else { return nil }
    self.kernel = kernel
    (self.pool, self.offset) = (pool, offset)
    (self.handle, self.size, self.entries) = (handle, size, entries)
    firstPool = number.field("pool_index_plus_1") == nil ? 0 : 1
    // One word is not the array but points to it: newer kernels take its size from a parameter.
    if array.size == 8 {
      guard let place = try? kernel.memory.pointer(at: array.address) else { return nil }
      pools = kernel.machine.untagged(place)
    } else {
      pools = array.address
    }
  }

  /// The return addresses of the stack with a number, innermost first; empty where there is none.
  func stack(_ number: UInt32) -> [VirtualAddress] {
    let word = UInt64(number)
    let index = value(pool, of: word)
    guard number != 0, index >= firstPool else { return [] }
    do throws(Absence) {
      let slot = pools.advanced(by: (index - firstPool) * 8)
      let block = kernel.machine.untagged(try kernel.memory.pointer(at: slot))
      guard block != VirtualAddress(0) else { return [] }
      let place = block.advanced(by: value(offset, of: word) << 4)
      let record = try Record(
        at: place, extent: [handle, size].extent, in: kernel.memory)
      // The bits that say where it is; users of the store keep some of their own beside them.
      let known = bits(pool) | bits(offset)
      guard record[handle] & known == word & known, record[size] <= Self.mostFrames else {
        return []
      }
      let list = place.advanced(by: entries)
      let bytes = try kernel.memory.bytes(at: list, count: Int(record[size]) * 8)
      return (0..<Int(record[size])).compactMap { bytes.load(UInt64.self, at: $0 * 8) }
        .map { VirtualAddress($0) }
    } catch {
      return []
    }
  }

  /// The bits of a number that a field has.
  private func bits(_ field: Field) -> UInt64 {
    field.mask << (UInt64(field.offset) * 8 + field.shift)
  }

  /// The value of a field of a number, all of whose fields lie in its 32 bits.
  private func value(_ field: Field, of number: UInt64) -> UInt64 {
    number >> (UInt64(field.offset) * 8 + field.shift) & field.mask
  }
}
