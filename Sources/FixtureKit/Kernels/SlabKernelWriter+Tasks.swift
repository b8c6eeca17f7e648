import DebugInfo
import Memory

extension SlabKernelWriter {
  /// THREAD_SIZE of x86_64 and of arm64 with pages of 4 KiB.
  private static let stackSize = 4 * 4096

  /// Writes the tasks, as far as their stacks go.
  mutating func writeTasks() {
    guard !kernel.records.tasks.isEmpty else { return }
    let first = allocate(size(of: "task_struct"))
    define("init_task", at: first, size: UInt64(size(of: "task_struct")))
    // The first task's own stack is no memory here: its bounds tell how large all stacks are.
    let stack = kernel.text.advanced(by: 0x10_0000)
    define("__start_init_stack", stack)
    define("__end_init_stack", stack.advanced(by: Self.stackSize))
    let nodes = kernel.records.tasks.map { task in
      let place = allocate(size(of: "task_struct"))
      let stack = kernel.address(0, inFrame: task.stack)
      set("task_struct", at: place, "stack", stack.rawValue)
      // What a task that runs left here when it last slept.
      let used = task.bytesInUse ?? 256
      set("task_struct", at: place, "thread.sp", stack.rawValue + UInt64(Self.stackSize - used))
      set("task_struct", at: place, "on_cpu", task.bytesInUse == nil ? 1 : 0)
      return self.place("task_struct", at: place, "tasks")
    }
    link(nodes, head: place("task_struct", at: first, "tasks"))
  }

  /// Writes the stacks that CPUs keep for tasks to come.
  mutating func writeSpareStacks() {
    guard !kernel.records.spareStacks.isEmpty else { return }
    let array = allocatePerCPU(2 * 8)
    define("cached_stacks", VirtualAddress(array))
    var taken: [Int: UInt64] = [:]
    for (cpu, frame) in kernel.records.spareStacks {
      let area = allocate(size(of: "vm_struct"))
      set("vm_struct", at: area, "addr", kernel.address(0, inFrame: frame).rawValue)
      set("vm_struct", at: area, "size", UInt64(Self.stackSize))
      let slot = taken[cpu, default: 0]
      image.write(pointer(area), at: perCPU(array, cpu: cpu).advanced(by: slot * 8))
      taken[cpu] = slot + 1
    }
  }
}
