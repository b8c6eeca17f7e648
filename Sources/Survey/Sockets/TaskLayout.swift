import DebugInfo

/// Where a task keeps its name, its place in the lists of tasks, and its open files.
struct TaskLayout: Sendable {
  /// Where the list node is that links all processes.
  let tasks: Int
  /// Where the list node is that links the threads of a process.
  let threads: Int?
  /// Where a process's `struct signal_struct` has the head of that list.
  let threadHead: Int?
  let signal: Field?
  let pid: Field
  let parent: Field?
  /// Where the name is, and its size.
  let name: Range<Int>
  let files: Field
  /// `struct files_struct`: the pointer to the table of descriptors.
  let table: Field
  /// `struct fdtable`: how many descriptors it has room for, and the array of files.
  let room: Field
  let array: Field
  /// `struct file`: what the file is, and whose.
  let operations: Field
  let privateData: Field

  /// Functions of fs/file.c, whose unit has all of these types.
  static let anchors = ["dup_fd", "put_files_struct", "exit_files", "fget"]

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ types: any TypeSource) throws(LayoutFailure) {
    func structure(_ name: String) throws(LayoutFailure) -> Structure {
      guard let found = types.structure(name, near: Self.anchors) else {
        throw LayoutFailure(missing: "struct \(name)")
      }
      return found
    }
    let task = try structure("task_struct")
    tasks = try task.requirePlace(of: "tasks")
    // Since Linux 0c740d0afc3b ("introduce for_each_thread()"), v3.14.
    threads = task.place(of: "thread_node")
    threadHead = task.target(of: "signal")?.place(of: "thread_head")
    signal = task.field("signal")
    pid = try task.require("pid")
    parent = task.field("real_parent")
    let start = try task.requirePlace(of: "comm")
    let size = task.member("comm").flatMap { task.table.size(of: $0.type) } ?? 16
    name = start..<(start + min(max(size, 1), 256))
    files = try task.require("files")
    table = try structure("files_struct").require("fdt")
    let descriptors = try structure("fdtable")
    room = try descriptors.require("max_fds")
    array = try descriptors.require("fd")
    let file = try structure("file")
    operations = try file.require("f_op")
    privateData = try file.require("private_data")
  }
}
