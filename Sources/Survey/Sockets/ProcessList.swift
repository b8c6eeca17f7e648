import ByteKit
import Evidence
import KernelImage
import Memory

/// The processes of a kernel, with the tables of their open files.
struct ProcessList: Sendable {
  /// A process.
  struct Process: Sendable {
    let task: Task
    /// Each `struct files_struct` that any of its threads uses; mostly one.
    let files: [VirtualAddress]
  }

  /// The processes in the order in which they were started.
  private(set) var processes: [Process] = []
  /// What the user should know about what could not be read.
  private(set) var remarks: [String] = []

  private let kernel: Kernel
  private let layout: TaskLayout
  /// How many threads may still be looked at: damaged lists of several processes may be the same.
  private var threadsLeft = mostTasks

  /// No kernel has more threads: PID_MAX_LIMIT.
  private static let mostTasks = 1 << 22

  /// Walks the list of processes.
  init(_ kernel: Kernel, layout: TaskLayout) {
    self.kernel = kernel
    self.layout = layout
    guard let first = kernel.address(of: "init_task") else {
      remarks.append("the processes are not known: there is no symbol init_task")
      return
    }
    let walk = ListWalk(
      circle: first.advanced(by: layout.tasks), offset: layout.tasks, in: kernel.memory,
      of: kernel.machine, limit: Self.mostTasks)
    for address in walk.entries {
      if let process = process(at: address) { processes.append(process) }
    }
    switch walk.end {
    case .complete: break
    case .cyclic, .limit: remarks.append("the list of processes is damaged: it does not end")
    case .absent(let absence, let place):
      remarks.append("the list of processes cannot be read on from \(place): \(absence)")
    }
  }

  private mutating func process(at address: VirtualAddress) -> Process? {
    guard let pid = kernel.count(layout.pid, at: address) else { return nil }
    let parent = kernel.pointer(layout.parent, at: address)
    let place = address.advanced(by: layout.name.lowerBound)
    let name = (try? kernel.memory.string(at: place, limit: layout.name.count)) ?? ""
    var files: [VirtualAddress] = []
    for thread in [address] + threads(of: address) {
      guard let table = kernel.pointer(layout.files, at: thread), !files.contains(table) else {
        continue
      }
      files.append(table)
    }
    let task = Task(
      pid: pid, parent: parent.flatMap { kernel.count(layout.pid, at: $0) }, name: name,
      address: address)
    return Process(task: task, files: files)
  }

  /// The threads of a process, itself among them; the first may have ended before the others.
  private mutating func threads(of address: VirtualAddress) -> [VirtualAddress] {
    guard let node = layout.threads, let head = layout.threadHead,
      let signal = kernel.pointer(layout.signal, at: address)
    else { return [] }
    let walk = ListWalk(
      circle: signal.advanced(by: head), offset: node, in: kernel.memory, of: kernel.machine,
      limit: threadsLeft)
    threadsLeft -= walk.entries.count
    return walk.entries
  }
}
