import DebugInfo
import Evidence
import KernelImage
import Memory

/// The stacks of tasks, and how much of each is in use.
///
/// What lies below the stack pointer of a task that sleeps is left of calls that are over. So is all
/// of the stacks that the kernel keeps for tasks to come.
struct TaskStacks: Sendable {
  /// The addresses of stacks that are in use, and those that are not; sorted, none overlapping.
  private struct Part: Sendable {
    let range: Range<VirtualAddress>
    let isLive: Bool
  }

  private var parts: [Part] = []

  /// `pid_max` is 2^22 at most.
  private static let mostTasks = 1 << 22
  /// Functions of kernel/fork.c.
  private static let anchors = ["copy_process", "kernel_clone", "_do_fork"]

  /// Finds the stacks of all tasks; without types of tasks there are none.
  init(_ kernel: Kernel) {
    guard let task = kernel.types.structure("task_struct", near: Self.anchors) else { return }
    if let layout = Layout(task, in: kernel) {
      for task in Self.tasks(of: kernel, task) { add(task, layout, in: kernel) }
    }
    addSpare(kernel)
    parts.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// Whether the word at an address lies in a stack, and if so, whether in the part that is in use.
  func isLive(_ address: VirtualAddress) -> Bool? {
    var low = 0
    var high = parts.count
    while low < high {
      let middle = (low + high) / 2
      if parts[middle].range.upperBound <= address { low = middle + 1 } else { high = middle }
    }
    guard low < parts.count, parts[low].range.contains(address) else { return nil }
    return parts[low].isLive
  }

  /// Where a task keeps what matters.
  private struct Layout {
    let stack: Int
    let pointer: Int
    let running: Field?
    let size: Int

    init?(_ task: Structure, in kernel: Kernel) {
      guard let stack = task.place(of: "stack"),
        let pointer = task.place(of: "thread.sp") ?? task.place(of: "thread.cpu_context.sp"),
        let size = Self.stackSize(in: kernel)
      else { return nil }
      self.stack = stack
      self.pointer = pointer
      self.size = size
      running = task.field("on_cpu")
    }

    /// THREAD_SIZE: the stack of the first task is between two symbols of the linker script, which
    /// had another name before 8f69cba096b5 ("x86: Rename __{start,end}_init_task to
    /// __{start,end}_init_stack"), v6.9.
    private static func stackSize(in kernel: Kernel) -> Int? {
      for name in ["stack", "task"] {
        guard let start = kernel.address(of: "__start_init_\(name)"),
          let end = kernel.address(of: "__end_init_\(name)"), start < end
        else { continue }
        let size = end.offset(from: start)
        if size.nonzeroBitCount == 1, (4096...(1 << 20)).contains(size) { return Int(size) }
      }
      return nil
    }
  }

  private mutating func add(_ task: VirtualAddress, _ layout: Layout, in kernel: Kernel) {
    let memory = kernel.memory
    guard let stack = try? memory.pointer(at: task.advanced(by: layout.stack)),
      stack.rawValue & 7 == 0, stack.rawValue >> 63 == 1
    else { return }
    let base = kernel.machine.untagged(stack)
    let end = base.advanced(by: layout.size)
    let top = try? memory.pointer(at: task.advanced(by: layout.pointer))
    var isRunning = true
    if let running = layout.running,
      let record = try? Record(at: task, extent: running.end, in: memory)
    {
      isRunning = record[running] != 0
    }
    guard base < end else { return }
    if !isRunning, let top, top > base, top < end {
      parts.append(Part(range: base..<top, isLive: false))
      parts.append(Part(range: top..<end, isLive: true))
    } else {
      parts.append(Part(range: base..<end, isLive: true))
    }
  }

  /// Adds the stacks of tasks that ended, which each CPU keeps for the next ones.
  private mutating func addSpare(_ kernel: Kernel) {
    guard let variable = kernel.address(of: "cached_stacks"),
      let area = kernel.types.structure("vm_struct", near: Self.anchors),
      let address = area.place(of: "addr"), let size = area.field("size")
    else { return }
    for cpu in kernel.perCPU.possible {
      let array = kernel.perCPU.address(of: variable, cpu: cpu)
      // NR_CACHED_STACKS: Linux ac496bf48d97 ("fork: Optimize task creation by caching two thread
      // stacks per CPU if CONFIG_VMAP_STACK=y"), v4.9.
      for slot in 0..<2 {
        guard let found = try? kernel.memory.pointer(at: array.advanced(by: slot * 8)),
          found != VirtualAddress(0),
          let start = try? kernel.memory.pointer(at: found.advanced(by: address)),
          let record = try? Record(at: found, extent: size.end, in: kernel.memory),
          record[size] <= 1 << 20
        else { continue }
        let end = start.advanced(by: record[size])
        if start < end { parts.append(Part(range: start..<end, isLive: false)) }
      }
    }
  }

  /// All tasks but those that CPUs have for having nothing to do.
  private static func tasks(of kernel: Kernel, _ task: Structure) -> [VirtualAddress] {
    guard let first = kernel.address(of: "init_task"), let tasks = task.place(of: "tasks") else {
      return []
    }
    let memory = kernel.memory
    let leaders = ListWalk(
      circle: first.advanced(by: tasks), offset: tasks, in: memory, of: kernel.machine,
      limit: mostTasks
    ).entries
    guard let signal = task.place(of: "signal"), let node = task.place(of: "thread_node"),
      let head = kernel.types.structure("signal_struct", near: anchors)?.place(of: "thread_head")
    else { return leaders }
    var all: Set<VirtualAddress> = Set(leaders)
    for leader in leaders where all.count < mostTasks {
      guard let shared = try? memory.pointer(at: leader.advanced(by: signal)) else { continue }
      let threads = ListWalk(
        circle: shared.advanced(by: head), offset: node, in: memory, of: kernel.machine,
        limit: mostTasks)
      all.formUnion(threads.entries)
    }
    return all.sorted()
  }
}
