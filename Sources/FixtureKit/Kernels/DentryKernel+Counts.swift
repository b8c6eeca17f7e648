public import Memory

extension DentryKernel {
  /// Opens a file as often as it is counted; nobody has a pointer to it yet.
  ///
  /// It holds its dentry once.
  public mutating func addFile(
    _ entry: VirtualAddress, on mount: VirtualAddress, count: Int = 1
  ) -> VirtualAddress {
    let file = take(.files)
    memory.set("file", at: file, "f_path.mnt", to: memory.place("mount", at: mount, "mnt"))
    memory.set("file", at: file, "f_path.dentry", to: entry)
    let inode = inode(of: entry)
    memory.set("file", at: file, "f_inode", to: inode)
    memory.set("file", at: file, "f_mapping", to: memory.place("inode", at: inode, "i_data"))
    // A file_ref_t has one less; a kernel has one of the two members.
    memory.set("file", at: file, "f_count", UInt64(bitPattern: Int64(count)))
    memory.set("file", at: file, "f_ref", UInt64(bitPattern: Int64(count &- 1)))
    hold(entry)
    return file
  }

  /// The inode of an entry.
  public func inode(of entry: VirtualAddress) -> VirtualAddress {
    memory.pointer(at: memory.place("dentry", at: entry, "d_inode"))
  }

  /// Counts a mount so often, on one CPU, and puts it into a tree or not.
  public mutating func count(_ mount: VirtualAddress, _ count: Int, isInTree: Bool = true) {
    let part = memory.allocate("mnt_pcp")
    memory.set("mount", at: mount, "mnt_pcp", to: part)
    memory.set("mount", at: mount, "mnt_ns", isInTree ? 1 << 20 : 0)
    memory.set("mnt_pcp", at: part, "mnt_count", UInt64(count))
    memory.set("mnt_pcp", at: part, "mnt_gets", UInt64(count + 1000))
    memory.set("mnt_pcp", at: part, "mnt_puts", 1000)
  }

  /// Adds a task that is counted so often; one that has exited is in no list.
  public mutating func addTask(_ name: String, count: Int, hasExited: Bool) -> VirtualAddress {
    let task = take(.tasks)
    let signal = take(.signals)
    memory.set("task_struct", at: task, "usage", UInt64(count))
    memory.set("task_struct", at: task, "exit_state", hasExited ? 0x10 : 0)
    memory.set("task_struct", at: task, "signal", to: signal)
    memory.set("signal_struct", at: signal, "curr_target", to: task)
    memory.write(Array(name.utf8), at: memory.place("task_struct", at: task, "comm"))
    return task
  }

  /// Adds an object of another kind that stands for a file, with a pointer back to it.
  public mutating func addPrivateData(of file: VirtualAddress) -> VirtualAddress {
    let data = take(.others)
    memory.write(pointer: file, at: data.advanced(by: 16))
    memory.set("file", at: file, "private_data", to: data)
    return data
  }
}
