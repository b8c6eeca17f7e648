import ByteKit
import DebugInfo
import KernelImage
import Memory

/// What the kernel itself counts: the numbers behind `/proc/meminfo`.
struct PageCounters: Sendable {
  /// The sums of zones' and nodes' counters by the names of their enumerators, in bytes.
  private var sums: [String: Int] = [:]
  /// `MemTotal`: the bytes that the page allocator was given, or nil.
  let total: Int?
  private let pageSize: Int

  /// Functions of mm/vmstat.c that have the enumerations of counters for parameters.
  private static let anchors = ["mod_zone_page_state", "mod_node_page_state"]
  /// There are fewer than a hundred counters.
  private static let most = 512

  /// Reads the counters, and what each CPU has not yet added to them.
  init(_ kernel: Kernel) {
    pageSize = kernel.pages.pageSize.bytes
    func word(_ name: String) -> Int? {
      kernel.address(of: name).flatMap { try? kernel.memory.load(Int64.self, at: $0) }
        .flatMap { Int(exactly: $0) }
    }
    total = (word("_totalram_pages") ?? word("totalram_pages")).flatMap { [pageSize] in
      let (bytes, overflow) = $0.multipliedReportingOverflow(by: pageSize)
      return overflow ? nil : bytes
    }
    guard let zone = kernel.types.structure("zone", near: Self.anchors) else { return }
    for (array, items, differences) in Self.arrays(zone) {
      add(array, items: items, differences, of: zone.table, in: kernel)
    }
    if let pages = word("nr_vmalloc_pages") { set("NR_VMALLOC", pages: pages) }
    if let pages = word("num_poisoned_pages") { set("poisoned", pages: pages) }
  }

  /// An array of sums, the enumeration of its indices, and where each CPU has its part.
  private static func arrays(
    _ zone: Structure
  ) -> [(array: String, items: String, differences: (pointer: String, array: String))] {
    // Linux 28f836b6777b ("mm/page_alloc: split per cpu page lists and zone stats"), v5.14.
    let pointer = zone.member("per_cpu_zonestats") == nil ? "pageset" : "per_cpu_zonestats"
    return [
      ("vm_zone_stat", "zone_stat_item", (pointer, "vm_stat_diff")),
      ("vm_node_stat", "node_stat_item", ("per_cpu_nodestats", "vm_node_stat_diff")),
    ]
  }

  private mutating func add(
    _ array: String, items: String, _ differences: (pointer: String, array: String),
    of table: TypeTable, in kernel: Kernel
  ) {
    guard let address = kernel.address(of: array),
      let enumeration = table.enumerations.first(where: { $0.name == items })
    else { return }
    let named = enumeration.enumerators.filter { (0..<Int64(Self.most)).contains($0.value) }
    let count = Int(named.map(\.value).max() ?? 0)
    guard count > 0, let bytes = try? kernel.memory.bytes(at: address, count: count * 8) else {
      return
    }
    var values = (0..<count).map { bytes.load(Int64.self, at: $0 * 8) ?? 0 }
    let holder = items == "zone_stat_item" ? "zone" : "pglist_data"
    for base in Self.holders(holder, in: kernel) {
      add(differences, of: holder, at: base, to: &values, in: kernel)
    }
    for item in named where item.value < count {
      set(item.name, pages: Int(clamping: values[Int(item.value)]))
    }
  }

  /// Where the zones or nodes are.
  private static func holders(_ name: String, in kernel: Kernel) -> [VirtualAddress] {
    let nodes = NUMANodes.addresses(in: kernel)
    guard name == "zone" else { return nodes }
    guard let node = kernel.types.structure("pglist_data", near: anchors),
      let zones = node.place(of: "node_zones"), let count = node.elementCount(of: "node_zones"),
      let zone = node.target(of: "node_zones")
    else { return [] }
    return nodes.flatMap { node in
      (0..<min(count, 8)).map { node.advanced(by: zones + $0 * zone.size) }
    }
  }

  /// Adds what CPUs have counted since they last added it: a signed byte for each counter.
  private func add(
    _ differences: (pointer: String, array: String), of holder: String, at base: VirtualAddress,
    to values: inout [Int64], in kernel: Kernel
  ) {
    guard let structure = kernel.types.structure(holder, near: Self.anchors),
      let field = structure.field(differences.pointer),
      let target = structure.target(of: differences.pointer),
      let place = target.place(of: differences.array),
      let count = target.elementCount(of: differences.array), count <= Self.most,
      let pointer = try? kernel.memory.pointer(at: base.advanced(by: field.offset)),
      pointer != VirtualAddress(0)
    else { return }
    for cpu in kernel.perCPU.possible {
      let start = kernel.perCPU.address(of: pointer, cpu: cpu).advanced(by: place)
      guard let bytes = try? kernel.memory.bytes(at: start, count: count) else { continue }
      for index in 0..<min(count, values.count) {
        values[index] &+= Int64(bytes.load(Int8.self, at: index) ?? 0)
      }
    }
  }

  private mutating func set(_ name: String, pages: Int) {
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: pageSize)
    if !overflow { sums[name] = bytes }
  }

  /// The sum of some counters less that of others, in bytes; nil unless all are there.
  func bytes(_ names: [String], less others: [String] = []) -> Int? {
    var sum = 0
    for name in names {
      guard let value = sums[name] else { return nil }
      sum &+= value
    }
    for name in others {
      guard let value = sums[name] else { return nil }
      sum &-= value
    }
    return sum
  }

  /// The bytes of kernel stacks: NR_KERNEL_STACK_KB is in KiB, not in pages.
  var stacks: Int? { bytes(["NR_KERNEL_STACK_KB"]).map { $0 / pageSize * 1024 } }
}
