import DebugInfo
import KernelImage
import Memory

/// The memory of per-CPU variables: the first chunk, taken at boot, and those mapped since.
struct PerCPUChunks: Sendable {
  /// The page frames of the first chunk, one run for each CPU.
  private(set) var first: [Range<UInt64>] = []
  /// The caller of the areas that later chunks lie in.
  let caller: VirtualAddress?
  /// How many bytes the kernel counts in all chunks, or nil when it does not tell.
  private(set) var counted: Int?

  /// More pages than a CPU's part of a chunk has.
  private static let largestUnit: UInt64 = 1 << 20
  /// Functions of mm/percpu.c.
  private static let anchors = ["pcpu_alloc", "pcpu_alloc_noprof", "free_percpu"]

  /// Reads where the first chunk is; a kernel for one CPU has none.
  init(_ kernel: Kernel) {
    // pcpu_create_chunk of mm/percpu-vm.c has its areas from there.
    caller = kernel.address(of: "pcpu_get_vm_areas")
    let pages = kernel.pages
    func value(_ name: String) -> UInt64? {
      kernel.address(of: name).flatMap { try? kernel.memory.load(UInt64.self, at: $0) }
    }
    func number(_ name: String) -> UInt64? {
      kernel.address(of: name).flatMap { try? kernel.memory.load(UInt32.self, at: $0) }
        .map(UInt64.init)
    }
    let units = number("pcpu_nr_units") ?? UInt64(kernel.perCPU.possible.count)
    if let populated = value("pcpu_nr_populated"), populated < 1 << 32, units < 1 << 16 {
      counted = Int(populated &* units) &* pages.pageSize.bytes
    }
    guard let start = kernel.address(of: "__per_cpu_start"), let base = value("pcpu_base_addr"),
      let chunk = value("pcpu_first_chunk").map({ kernel.machine.untagged(VirtualAddress($0)) }),
      let layout = kernel.types.structure("pcpu_chunk", near: Self.anchors),
      let address = layout.field("base_addr"), let count = layout.field("nr_pages"),
      let record = try? Record(at: chunk, extent: [address, count].extent, in: kernel.memory)
    else { return }
    // The chunk begins behind the static variables; what is before it belongs to it all the same.
    let shift = UInt64(pages.pageSize.shift)
    let end = VirtualAddress(record[address]).advanced(by: record[count] << shift)
    let size = end.offset(from: VirtualAddress(base)) >> shift
    guard size < Self.largestUnit else { return }
    for copy in kernel.perCPU.possible.lazy.map({ kernel.perCPU.address(of: start, cpu: $0) }) {
      guard let frame = pages.frame(of: copy) else { continue }
      first.append(frame.rawValue..<(frame.rawValue + size))
    }
    first.sort { $0.lowerBound < $1.lowerBound }
  }
}
