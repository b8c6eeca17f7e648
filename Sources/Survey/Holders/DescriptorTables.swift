import ByteKit
import Evidence
import KernelImage
import Memory

/// The tables of open files of all processes, by the cache that their `struct files_struct` is in.
struct DescriptorTables: Sendable {
  private let layout: TaskLayout
  private let kernel: Kernel
  private let census: Census

  /// More descriptors than this, in all processes, are not looked at.
  private static let mostEntries = 1 << 24
  /// How many descriptors are read at a time.
  private static let chunk = 512

  /// Prepares to read the tables; nil when the debug information does not tell of them.
  init?(_ kernel: Kernel, census: Census) {
    guard let layout = try? TaskLayout(kernel.types) else { return nil }
    self.layout = layout
    self.kernel = kernel
    self.census = census
  }

  /// Takes the file of each descriptor.
  func each(_ body: (VirtualAddress) -> Void) {
    var left = Self.mostEntries
    for cache in census.caches(named: "files_cache") {
      for files in census.allocated(inCache: cache) {
        guard let table = kernel.pointer(layout.table, at: files),
          let room = kernel.count(layout.room, at: table),
          let array = kernel.pointer(layout.array, at: table)
        else { continue }
        each(at: array, min(room, left), body)
        left -= min(room, left)
      }
    }
  }

  private func each(at array: VirtualAddress, _ room: Int, _ body: (VirtualAddress) -> Void) {
    var done = 0
    while done < room {
      let count = min(Self.chunk, room - done)
      guard
        let bytes = try? kernel.memory.bytes(at: array.advanced(by: done * 8), count: count * 8)
      else { return }
      for number in 0..<count {
        guard let file = bytes.load(UInt64.self, at: number * 8), file != 0 else { continue }
        body(kernel.machine.untagged(VirtualAddress(file)))
      }
      done += count
    }
  }
}
