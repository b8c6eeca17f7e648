import DebugInfo
public import Memory

/// A small kernel with processes, open files, sockets and packets.
///
///     var kernel = SocketKernel(.v5_10)
///     let daemon = kernel.addProcess("mdnsd", pid: 812)
///     let socket = kernel.addSocket(family: 2, type: 2, number: 17)
///     kernel.open(socket, in: daemon, descriptor: 7)
///     kernel.addPacket(to: socket)
///     let (image, census) = kernel.opened()
///
/// Everything is charged as the kernel does it; afterwards a test may overwrite any member of
/// `memory`.
public struct SocketKernel: Sendable {
  /// A socket.
  public struct Socket: Hashable, Sendable {
    /// The address of its `struct sock`.
    public let sk: VirtualAddress
    /// The address of its `struct socket`.
    public let socket: VirtualAddress
    /// The address of its `struct file`.
    public let file: VirtualAddress
  }

  /// A process, or a thread with files of its own.
  public struct Process: Hashable, Sendable {
    /// The address of its `struct task_struct`.
    public let task: VirtualAddress
    /// The address of its `struct files_struct`.
    public let files: VirtualAddress
    /// The address of its `struct fdtable`.
    public let table: VirtualAddress
    let array: VirtualAddress
    let signal: VirtualAddress
  }

  /// Where the data of a packet are.
  public enum PacketData: Hashable, Sendable {
    /// In a slab object of 1 KiB.
    case slab
    /// In a slab object, and the rest in a page of a block of two to the power of `order`.
    case fragment(of: PageFrame, page: UInt64)
    /// Where those of another packet are.
    case shared(with: VirtualAddress)
  }

  /// The kernel's memory.
  public var memory: StructureImage
  /// The head of the list of processes: `init_task`.
  public let firstTask: VirtualAddress
  let era: SocketEra
  var symbols = SymbolTableBuilder()
  private var tasks: [VirtualAddress] = []
  private var threads: [VirtualAddress: [VirtualAddress]] = [:]
  var queues: [VirtualAddress: [VirtualAddress]] = [:]
  var charges: [VirtualAddress: UInt64] = [:]
  var slabs: [SlabRun]
  private let operations: VirtualAddress
  private let protocols: VirtualAddress

  /// A run of pages that is a slab, and how many of its objects are in use.
  struct SlabRun {
    let name: String
    let cache: VirtualAddress
    let start: VirtualAddress
    let slotSize: Int
    let slots: Int
    var used = 0
  }

  /// Which slab is for what.
  enum Run: Int, CaseIterable {
    case inodes, sockets, packets, data

    var layout: (name: String, slotSize: Int, slots: Int) {
      switch self {
      case .inodes: ("sock_inode_cache", 128, 256)
      case .sockets: ("UDP", 1024, 64)
      case .packets: ("skbuff_head_cache", 256, 1024)
      case .data: ("kmalloc-1k", 1024, 1024)
      }
    }
  }

  /// A machine without processes.
  public init(_ era: SocketEra) {
    self.era = era
    var memory = StructureImage(era.types, frameCount: 2048)
    firstTask = memory.allocate("task_struct")
    operations = memory.allocate(16)
    let head = memory.allocate(16)
    protocols = memory.allocate("proto")
    slabs = Run.allCases.map { run in
      let (name, slotSize, slots) = run.layout
      return SlabRun(
        name: name, cache: memory.allocate(64),
        start: memory.allocate(slotSize * slots, alignment: 4096), slotSize: slotSize, slots: slots)
    }
    memory.set("proto", at: protocols, "slab", to: slabs[Run.sockets.rawValue].cache)
    memory.write(Array("UDP".utf8), at: memory.place("proto", at: protocols, "name"))
    memory.link([memory.place("proto", at: protocols, "node")], head: head)
    memory.link([], head: memory.place("task_struct", at: firstTask, "tasks"))
    self.memory = memory
    for (name, address) in [
      ("init_task", firstTask), ("socket_file_ops", operations), ("proto_list", head),
    ] {
      symbols.add(Symbol(name: name, address: address, size: 16, kind: .object))
    }
  }

  // MARK: Processes

  /// Adds a process that has room for `room` descriptors.
  public mutating func addProcess(_ name: String, pid: UInt64, room: Int = 64) -> Process {
    let signal = memory.allocate("signal_struct")
    let process = makeTask(name, pid: pid, room: room, signal: signal)
    memory.set("task_struct", at: process.task, "real_parent", to: firstTask)
    tasks.append(memory.place("task_struct", at: process.task, "tasks"))
    memory.link(tasks, head: memory.place("task_struct", at: firstTask, "tasks"))
    return process
  }

  /// Adds a thread to a process, with files of its own.
  public mutating func addThread(_ name: String, pid: UInt64, to process: Process) -> Process {
    makeTask(name, pid: pid, room: 64, signal: process.signal)
  }

  private mutating func makeTask(
    _ name: String, pid: UInt64, room: Int, signal: VirtualAddress
  ) -> Process {
    let process = Process(
      task: memory.allocate("task_struct"), files: memory.allocate("files_struct"),
      table: memory.allocate("fdtable"), array: memory.allocate(room * 8), signal: signal)
    memory.set("task_struct", at: process.task, "pid", pid)
    memory.write(Array(name.utf8), at: memory.place("task_struct", at: process.task, "comm"))
    memory.set("task_struct", at: process.task, "files", to: process.files)
    memory.set("task_struct", at: process.task, "signal", to: signal)
    memory.set("files_struct", at: process.files, "fdt", to: process.table)
    memory.set("fdtable", at: process.table, "max_fds", UInt64(room))
    memory.set("fdtable", at: process.table, "fd", to: process.array)
    threads[signal, default: []].append(
      memory.place("task_struct", at: process.task, "thread_node"))
    memory.link(
      threads[signal] ?? [], head: memory.place("signal_struct", at: signal, "thread_head"))
    return process
  }

  /// Gives a process a descriptor for a socket.
  public mutating func open(_ socket: Socket, in process: Process, descriptor: Int) {
    memory.write(pointer: socket.file, at: process.array.advanced(by: descriptor * 8))
  }

  /// Gives a process a descriptor for a file that is no socket.
  public mutating func openFile(in process: Process, descriptor: Int) {
    let file = memory.allocate("file")
    memory.set("file", at: file, "f_op", to: operations.advanced(by: 8))
    memory.set("file", at: file, "private_data", to: process.task)
    memory.write(pointer: file, at: process.array.advanced(by: descriptor * 8))
  }

  // MARK: Sockets

  /// Adds a socket that was never read; without an inode, only its cache leads to it.
  public mutating func addSocket(
    family: UInt64, type: UInt64, number: UInt64, port: UInt64 = 0, hasInode: Bool = true
  ) -> Socket {
    let sk = takeSlot(.sockets)
    let inode = hasInode ? takeSlot(.inodes) : VirtualAddress(0)
    let socket =
      hasInode && era.hasDropCounters
      ? memory.place("sockfs_inode", at: inode, "socket") : inode
    let file = hasInode ? memory.allocate("file") : VirtualAddress(0)
    for (path, value) in [
      ("__sk_common.skc_family", family), ("sk_type", type), ("sk_protocol", number),
      ("__sk_common.skc_prot", protocols.rawValue), ("__sk_common.skc_num", port),
      ("sk_stamp", UInt64(bitPattern: -1_000_000_000)), ("sk_wmem_alloc", 1),
      ("sk_rcvbuf", 1 << 20), ("sk_socket", socket.rawValue),
    ] { memory.set("sock", at: sk, path, value) }
    let result = Socket(sk: sk, socket: socket, file: file)
    linkQueue(of: sk)
    guard hasInode else { return result }
    memory.set("socket", at: socket, "sk", to: sk)
    memory.set("socket", at: socket, "file", to: file)
    memory.set("file", at: file, "f_op", to: operations)
    memory.set("file", at: file, "private_data", to: socket)
    return result
  }

  mutating func takeSlot(_ run: Run) -> VirtualAddress {
    let slab = slabs[run.rawValue]
    precondition(slab.used < slab.slots, "the slab is full")
    slabs[run.rawValue].used += 1
    return slab.start.advanced(by: slab.used * slab.slotSize)
  }
}
