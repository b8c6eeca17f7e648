/// What objects of a counted type are called, and how references to them are taken and dropped.
struct CountedObjectWords {
  /// What one of them is called.
  let singular: String
  /// What several are called.
  let plural: String
  /// Functions that take a reference.
  let takers: String
  /// Functions that drop one.
  let droppers: String

  /// The words for a structure; its own name for one that is not known.
  init(_ type: String) {
    self =
      Self.known[type]
      ?? CountedObjectWords(type, type + "s", takers: "what takes one", droppers: "what drops it")
  }

  private init(_ singular: String, _ plural: String, takers: String, droppers: String) {
    self.singular = singular
    self.plural = plural
    self.takers = takers
    self.droppers = droppers
  }

  private static let known = [
    "dentry": CountedObjectWords(
      "dentry", "dentries", takers: "path_get, kern_path, dget, d_find_alias, dget_parent",
      droppers: "path_put, dput"),
    "inode": CountedObjectWords(
      "inode", "inodes", takers: "igrab, ihold, iget_locked, ilookup", droppers: "iput"),
    "file": CountedObjectWords(
      "file", "files", takers: "fget, get_file, filp_open, sockfd_lookup",
      droppers: "fput, filp_close, sockfd_put"),
    "mount": CountedObjectWords(
      "mount", "mounts", takers: "mntget, path_get, kern_path", droppers: "mntput, path_put"),
    "net_device": CountedObjectWords(
      "network device", "network devices", takers: "dev_hold, dev_get_by_name, dev_get_by_index",
      droppers: "dev_put"),
    "task_struct": CountedObjectWords(
      "exited task", "exited tasks", takers: "get_task_struct, get_pid_task, kthread_create",
      droppers: "put_task_struct"),
    "pid": CountedObjectWords(
      "process ID", "process IDs", takers: "get_pid, find_get_pid, get_task_pid",
      droppers: "put_pid"),
    "cred": CountedObjectWords(
      "set of credentials", "sets of credentials",
      takers: "get_cred, get_current_cred, get_task_cred, prepare_creds", droppers: "put_cred"),
    "mm_struct": CountedObjectWords(
      "address space", "address spaces", takers: "get_task_mm, mmget, mmget_not_zero",
      droppers: "mmput"),
    "sock": CountedObjectWords(
      "closed socket", "closed sockets", takers: "sock_hold and lookups of sockets",
      droppers: "sock_put"),
    "user_namespace": CountedObjectWords(
      "user namespace", "user namespaces", takers: "get_user_ns", droppers: "put_user_ns"),
  ]

  /// What a known holder is called, one and several, by its structure.
  static let holders = [
    "dentry": ("child", "children"), "file": ("open file", "open files"),
    "mount": ("mount", "mounts"),
    "fs_struct": ("directory of a process", "directories of processes"),
    "descriptor": ("descriptor", "descriptors"), "vm_area_struct": ("mapping", "mappings"),
    "mm_struct": ("running program", "running programs"), "task_struct": ("task", "tasks"),
    "proc_inode": ("file in /proc", "files in /proc"),
  ]
}
