import KernelImage
import Memory

/// The NUMA nodes of a kernel.
enum NUMANodes {
  /// How many entries of per-node arrays the kernel at hand uses, at least 1.
  ///
  /// The arrays are declared for as many nodes as the kernel could have, but allocated for these.
  static func count(in kernel: Kernel) -> Int {
    guard let address = kernel.address(of: "nr_node_ids"),
      let count = try? kernel.memory.load(UInt32.self, at: address)
    else { return 1 }
    return min(max(Int(count), 1), 1024)
  }

  /// Where each `struct pglist_data` is: `contig_page_data` is the only one without CONFIG_NUMA.
  static func addresses(in kernel: Kernel) -> [VirtualAddress] {
    if let only = kernel.address(of: "contig_page_data") { return [only] }
    guard let array = kernel.address(of: "node_data") else { return [] }
    return (0..<count(in: kernel)).compactMap {
      try? kernel.memory.pointer(at: array.advanced(by: $0 * 8))
    }.filter { $0 != VirtualAddress(0) }
  }
}
