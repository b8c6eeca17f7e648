public import Memory

extension SlabKernel {
  /// Memory that is told apart by records of the kernel's, not by its `struct page` alone.
  struct Records: Sendable {
    /// Areas of `vmalloc`, and the functions that asked for them.
    var areas: [(frames: [UInt64], caller: String)] = []
    /// Blocks on a CPU's lists of free pages.
    var cpuLists: [(cpu: Int, frame: UInt64, order: Int)] = []
    /// First pages in the pool of huge pages of four pages each.
    var hugePages: [UInt64] = []
    /// Tasks by the first page frame of their stacks; those that run use no bytes that are known.
    var tasks: [(stack: UInt64, bytesInUse: Int?)] = []
    /// Stacks of tasks that ended, by their first page frames.
    var spareStacks: [(cpu: Int, stack: UInt64)] = []
    /// What the zones and nodes count, in pages.
    var counters: [String: Int64] = [:]
  }

  /// Maps page frames one behind the other where `vmalloc` gives addresses, for a function.
  public mutating func addArea(_ frames: [UInt64], for caller: String) {
    for frame in frames { setUse(ofFrame: frame, to: .kernel) }
    records.areas.append((frames, caller))
  }

  /// Puts a free block on a list of a CPU's.
  public mutating func addFreeBlock(_ frame: UInt64, order: Int, onCPU cpu: Int) {
    records.cpuLists.append((cpu, frame, order))
  }

  /// Adds a task with a stack of four pages; it runs unless it sleeps with so many bytes in use.
  public mutating func addTask(stack frame: UInt64, asleepWith bytes: Int? = nil) {
    for page in 0..<4 { setUse(ofFrame: frame + UInt64(page), to: .kernel) }
    records.tasks.append((frame, bytes))
  }

  /// Gives a CPU the stack of four pages of a task that ended, for a task to come.
  public mutating func addSpareStack(_ frame: UInt64, onCPU cpu: Int) {
    for page in 0..<4 { setUse(ofFrame: frame + UInt64(page), to: .kernel) }
    records.spareStacks.append((cpu, frame))
  }

  /// Puts a huge page of four pages into the pool of huge pages.
  public mutating func addHugePage(_ frame: UInt64) { records.hugePages.append(frame) }

  /// Makes a counter of the zones' or nodes' count so many pages; it need not be true.
  public mutating func count(_ counter: String, pages: Int64) {
    records.counters[counter] = pages
  }

  /// The address of the `struct page` of a frame in the direct map.
  public func vmemmapAddress(ofFrame frame: UInt64) -> VirtualAddress {
    directMap.advanced(by: Self.vmemmapStart.rawValue + frame * 64)
  }

  /// The address of an area, by the order in which they were added.
  public func area(_ number: Int) -> VirtualAddress {
    vmalloc.advanced(by: UInt64(number) << 16)
  }

  /// Where `vmalloc` gives addresses.
  var vmalloc: VirtualAddress {
    VirtualAddress(machine == .x86_64 ? 0xffff_c900_0000_0000 : 0xffff_8000_1000_0000)
  }

  /// The functions that areas were asked for by.
  static let callers = ["pcpu_get_vm_areas", "dup_task_struct", "load_elf"]

  /// The address of a function that areas were asked for by.
  func caller(_ name: String) -> VirtualAddress {
    text.advanced(by: 0x8_0000 + (Self.callers.firstIndex(of: name) ?? 0) * 0x100)
  }
}
