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
}
