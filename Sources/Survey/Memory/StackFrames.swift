import DebugInfo
import Evidence
import KernelImage
import Memory

/// The kernel stacks of all tasks.
struct StackFrames: Sendable {
  /// The callers of the areas that tasks' stacks lie in: what else they asked for is a stack that is
  /// kept for the next task.
  private(set) var callers: Set<VirtualAddress> = []
  /// The frames of stacks in the direct map: without CONFIG_VMAP_STACK.
  private(set) var frames: Set<UInt64> = []

  /// Functions of kernel/fork.c.
  private static let anchors = ["copy_process", "fork_init", "kernel_clone"]
  /// No stack is larger: 64 KiB with pages of that size.
  private static let largestStack: UInt64 = 1 << 18

  /// Looks at every task that is allocated.
  init(_ kernel: Kernel, census: Census, areas: KernelAreas) {
    let types = kernel.types
    guard let stack = types.structure("task_struct", near: Self.anchors)?.field("stack") else {
      return
    }
    let pages = Self.size(in: kernel) >> kernel.pages.pageSize.shift
    for cache in census.caches(named: "task_struct") {
      for slab in census.slabsOfCache[cache].lazy.map({ census.slabs[$0] }) {
        for index in 0..<Int(slab.slots)
        where census.stateKind(of: slab.firstSlot + index) == .allocated {
          let place = slab.object(index).advanced(by: stack.offset)
          guard let address = try? kernel.memory.pointer(at: place) else { continue }
          add(kernel.machine.untagged(address), pages: pages, in: kernel.pages, areas)
        }
      }
    }
  }

  /// The size of a stack in bytes, THREAD_SIZE, or 0 when it is not known: that of the first task's.
  private static func size(in kernel: Kernel) -> Int {
    // INIT_TASK_DATA of include/asm-generic/vmlinux.lds.h; since v6.11 the names are of the stack.
    let size = [
      ("__start_init_task", "__end_init_task"), ("__start_init_stack", "__end_init_stack"),
    ]
    .lazy.compactMap { start, end in
      kernel.address(of: start).flatMap { start in
        kernel.address(of: end).map { $0.offset(from: start) }
      }
    }.first
    return size.flatMap { (1...Self.largestStack).contains($0) ? Int($0) : nil } ?? 0
  }

  private mutating func add(
    _ address: VirtualAddress, pages: Int, in map: PageMap, _ areas: KernelAreas
  ) {
    if let area = areas.index(of: address) {
      callers.insert(areas.areas[area].caller)
    } else if let frame = map.frame(of: address) {
      for page in 0..<UInt64(pages) { frames.insert(frame.rawValue + page) }
    }
  }
}
