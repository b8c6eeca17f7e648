import DebugInfo
import DumpFiles
import KernelImage
import Memory

/// What crash and drgn want of every dump, beyond what an analysis looks at: the kernel's variables,
/// those of the CPUs, the description of NUMA nodes, and the system's names.
struct DebuggerPages {
  private let kernel: Kernel

  init(_ kernel: Kernel) { self.kernel = kernel }

  /// No image, per-CPU area or description of a node is larger.
  private static let longest: UInt64 = 1 << 28
  private static let mostNodes = 64

  /// Looks at the pages.
  func look() {
    if let start = kernel.address(of: "_etext"), let end = kernel.address(of: "_end") {
      look(start, end)
    }
    for region in kernel.regions where region.use == .perCPU {
      look(region.range.lowerBound, region.range.upperBound)
    }
    let near = ["get_page_from_freelist", "__free_pages_ok"]
    guard let nodes = kernel.address(of: "node_data"),
      let size = kernel.types.structure("pglist_data", near: near)?.size
    else { return }
    for number in 0..<Self.mostNodes {
      guard let node = try? kernel.memory.pointer(at: nodes.advanced(by: number * 8)),
        node != VirtualAddress(0)
      else { break }
      look(node, node.advanced(by: size))
    }
  }

  /// Reads every `struct page` as a value: none has text in it.
  func readPageStructs() {
    let pageSize = kernel.memory.pageSize
    for range in kernel.pages.ranges {
      let end = kernel.pages.structPage(of: range.upperBound)
      var next = pageSize.start(of: kernel.pages.structPage(of: range.lowerBound))
      while next < end {
        _ = try? kernel.memory.bytes(at: next, count: pageSize.bytes)
        next = next.advanced(by: pageSize.bytes)
      }
    }
  }

  private func look(_ start: VirtualAddress, _ end: VirtualAddress) {
    let pageSize = kernel.memory.pageSize
    let first = pageSize.start(of: start)
    guard first < end, end.offset(from: first) <= Self.longest else { return }
    for offset in stride(from: 0, to: end.offset(from: first), by: pageSize.bytes) {
      _ = try? kernel.memory.page(at: first.advanced(by: offset))
    }
  }

  /// The system's names without those that somebody gave it.
  var plainUname: Uname {
    let names = uname
    return Uname(
      system: names.system, node: "none", release: names.release, version: "#1",
      machine: names.machine, domain: "none")
  }

  /// The system's names: `struct new_utsname` has six strings of 65 bytes.
  var uname: Uname {
    let place = kernel.address(of: "init_uts_ns")
    let offset = kernel.types.structure("uts_namespace", near: ["copy_utsname"])?.offset("name")
    func name(_ index: Int) -> String {
      guard let place, let offset else { return "" }
      let address = place.advanced(by: offset + index * 65)
      return (try? kernel.memory.string(at: address, limit: 65)) ?? ""
    }
    let machine = kernel.machine == .arm64 ? "aarch64" : "x86_64"
    return Uname(
      system: "Linux", node: name(1), release: kernel.release, version: name(3), machine: machine,
      domain: name(5))
  }
}
