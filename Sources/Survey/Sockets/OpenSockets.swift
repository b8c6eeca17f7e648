import ByteKit
import Evidence
import KernelImage
import Memory

/// Which sockets processes have open, by `struct socket`.
struct OpenSockets: Sendable {
  /// Who has a socket open.
  struct Holder: Sendable {
    /// The first process that was found to, and the number of its descriptor.
    let task: Task
    let descriptor: Int
    /// How many descriptors there are for it, in all processes.
    var descriptors: Int
  }

  /// Who has each socket open.
  private(set) var holders: [VirtualAddress: Holder] = [:]
  /// What the user should know about what could not be read.
  private(set) var remarks: [String] = []

  private let kernel: Kernel
  private let layout: TaskLayout
  private let socketOperations: VirtualAddress
  /// The `struct socket` behind each file, or nil for a file that is none.
  private var sockets: [VirtualAddress: VirtualAddress?] = [:]
  private var tables: Set<VirtualAddress> = []
  private var entriesLeft = mostEntries
  private var unreadable = 0

  /// More descriptors than this, in all processes, are not looked at.
  private static let mostEntries = 1 << 23
  /// How many descriptors are read at a time.
  private static let chunk = 512

  /// Looks through the descriptors of all processes.
  init(_ kernel: Kernel, processes: [ProcessList.Process], layout: TaskLayout) {
    self.kernel = kernel
    self.layout = layout
    guard let operations = kernel.address(of: "socket_file_ops") else {
      socketOperations = VirtualAddress(0)
      remarks.append("who has sockets open is not known: there is no symbol socket_file_ops")
      return
    }
    socketOperations = operations
    for process in processes {
      // Processes that share a table of descriptors are told by the first of them.
      for files in process.files where tables.insert(files).inserted {
        addDescriptors(of: files, process.task)
      }
    }
    if unreadable > 0 {
      remarks.append(
        "open files cannot be read of \(unreadable.counted("process", "processes")): sockets they "
          + "have open may seem to have no process")
    }
  }

  private mutating func addDescriptors(of files: VirtualAddress, _ task: Task) {
    guard let table = kernel.pointer(layout.table, at: files),
      let room = kernel.count(layout.room, at: table),
      let array = kernel.pointer(layout.array, at: table)
    else { return unreadable += 1 }
    var done = 0
    while done < room, entriesLeft > 0 {
      let count = min(Self.chunk, room - done, entriesLeft)
      guard
        let bytes = try? kernel.memory.bytes(at: array.advanced(by: done * 8), count: count * 8)
      else { return unreadable += 1 }
      for number in 0..<count {
        guard let file = bytes.load(UInt64.self, at: number * 8), file != 0 else { continue }
        add(kernel.machine.untagged(VirtualAddress(file)), descriptor: done + number, task)
      }
      done += count
      entriesLeft -= count
    }
    if done < room { unreadable += 1 }
  }

  private mutating func add(_ file: VirtualAddress, descriptor: Int, _ task: Task) {
    let socket: VirtualAddress?
    if let known = sockets[file] {
      socket = known
    } else {
      let isSocket = kernel.pointer(layout.operations, at: file) == socketOperations
      socket = isSocket ? kernel.pointer(layout.privateData, at: file) : nil
      sockets[file] = .some(socket)
    }
    guard let socket else { return }
    holders[socket, default: Holder(task: task, descriptor: descriptor, descriptors: 0)]
      .descriptors += 1
  }
}
