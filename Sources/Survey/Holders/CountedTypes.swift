extension CountedType {
  /// All types whose counts are compared with their holders, besides dentries and inodes.
  static let all: [CountedType] = [
    file, mount, device, task, processNumber, credentials, addressSpace, socket, userNamespace,
  ]

  private static let fork = ["__put_task_struct", "__mmdrop", "mmput", "copy_creds"]
  private static let files = ["fput", "__fput", "get_empty_filp", "alloc_file_pseudo"]

  /// `struct file`, whose count is one less in a `file_ref_t` since 90ee6ed776c0 ("fs: port files
  /// to file_ref"), v6.13.
  static let file = CountedType(
    name: "file", anchors: files, place: .caches(["filp"]),
    counts: [.lessOne("f_ref"), .number("f_count")],
    witnesses: [
      Witness(path: "f_path.dentry", caches: ["dentry"]),
      Witness(path: "f_path.mnt", caches: ["mnt_cache"]),
    ],
    // What epoll watches, and the tasks that free files later.
    links: ["f_ep_links", "f_tfile_llink", "f_ep", "f_u", "f_llist", "f_rcuhead", "f_task_work"],
    holders: [
      Pointers(
        structures: ["vm_area_struct"], anchors: fork, cache: "vm_area_struct",
        members: ["vm_file"]),
      Pointers(
        structures: ["mm_struct"], anchors: fork, cache: "mm_struct", members: ["exe_file"]),
    ],
    hasDescriptors: true,
    strangers: [
      Pointers(
        structures: ["epitem"], anchors: ["do_epoll_ctl", "eventpoll_release_file"],
        cache: "eventpoll_epi", members: ["ffd.file"])
    ],
    proxy: "private_data", operations: "f_op", dentry: "f_path.dentry")

  /// `struct mount`: the tree that it is in holds it once.
  ///
  /// One that is in none may be pinned by simple_pin_fs, which counts for itself.
  static let mount = CountedType(
    name: "mount", anchors: ["mntput_no_expire", "mntget", "lookup_mnt"],
    place: .caches(["mnt_cache"]),
    counts: [
      .perCPUDifference("mnt_pcp", taken: "mnt_gets", dropped: "mnt_puts"),
      .perCPU("mnt_pcp", member: "mnt_count"), .number("mnt_count"),
    ],
    witnesses: [
      Witness(path: "mnt.mnt_root", caches: ["dentry"]),
      Witness(path: "mnt_mountpoint", caches: ["dentry"]),
    ],
    links: [
      "mnt_hash", "mnt_mounts", "mnt_child", "mnt_instance", "mnt_list", "mnt_node", "mnt_expire",
      "mnt_share", "mnt_slave_list", "mnt_slave", "mnt_mp_list", "mnt_umounting", "mnt_umount",
      "mnt_next_for_sb", "mnt_pprev_for_sb", "mnt_ns_visible",
    ],
    holders: [
      Pointers(
        structures: ["file"], anchors: files, cache: "filp", members: ["f_path.mnt"]),
      Pointers(
        structures: ["fs_struct"], anchors: ["copy_fs_struct", "set_fs_pwd", "free_fs_struct"],
        cache: "fs_cache", members: ["root.mnt", "pwd.mnt"]),
      Pointers(
        structures: ["mount"], anchors: ["mntput_no_expire", "mntget", "lookup_mnt"],
        cache: "mnt_cache", members: ["mnt_parent"]),
    ],
    strangers: [
      Pointers(
        structures: ["mount"], anchors: ["mntput_no_expire", "mntget", "lookup_mnt"],
        cache: "mnt_cache", members: ["mnt_next_for_sb"])
    ],
    tables: ["radix_tree_node"], superblockPointers: ["s_mounts"], pin: "mnt_ns",
    mayBeNumbered: true,
    dentry: "mnt_mountpoint", root: "mnt.mnt_root", isOfAnySuperblock: true)

  /// `struct net_device`, which holds itself once since 919067cc845f ("net: add
  /// CONFIG_PCPU_DEV_REFCNT"), v5.13; each queue's discipline holds it through the queue.
  static let device = CountedType(
    name: "net_device", anchors: ["free_netdev", "register_netdevice", "dev_get_by_name"],
    place: .devices,
    counts: [.perCPU("pcpu_refcnt", member: nil), .number("dev_refcnt")],
    allowances: ["num_tx_queues", "num_tx_queues", "num_rx_queues"], ownReferences: 1,
    label: "name")

  /// `struct task_struct` of what has exited: a living one has more pointers than holders.
  static let task = CountedType(
    name: "task_struct", anchors: fork, place: .caches(["task_struct"]),
    counts: [.number("usage")],
    // EXIT_DEAD.
    condition: .bits("exit_state", 0x10),
    strangers: [
      Pointers(
        structures: ["signal_struct"], anchors: fork, cache: "signal_cache",
        members: ["curr_target"])
    ], label: "comm", keeps: ["signal"])

  /// `struct pid`.
  static let processNumber = CountedType(
    name: "pid", anchors: ["put_pid", "find_get_pid", "alloc_pid"],
    place: .caches(["pid", "pid_2", "pid_3", "pid_4", "pid_5"]), counts: [.number("count")],
    witnesses: [
      Witness(path: "numbers[].ns", caches: ["pid_namespace"], variables: ["init_pid_ns"])
    ],
    links: ["tasks", "inodes"],
    holders: [
      Pointers(
        structures: ["task_struct"], anchors: fork, cache: "task_struct", members: ["thread_pid"]),
      Pointers(
        structures: ["proc_inode"], anchors: ["proc_pid_make_inode", "proc_get_inode"],
        cache: "proc_inode_cache", members: ["pid"]),
    ])

  /// `struct cred`.
  static let credentials = CountedType(
    name: "cred", anchors: ["prepare_creds", "__put_cred", "commit_creds"],
    place: .caches(["cred_jar", "cred"]), counts: [.number("usage")],
    witnesses: [
      Witness(path: "user", caches: ["uid_cache", "user_struct"], variables: ["root_user"]),
      Witness(path: "user_ns", caches: ["user_namespace"], variables: ["init_user_ns"]),
    ],
    holders: [
      Pointers(
        structures: ["task_struct"], anchors: fork, cache: "task_struct",
        members: ["cred", "real_cred"]),
      Pointers(structures: ["file"], anchors: files, cache: "filp", members: ["f_cred"]),
    ])

  /// `struct mm_struct` by who may use what it maps, which `mm_count` is not about.
  static let addressSpace = CountedType(
    name: "mm_struct", anchors: fork, place: .caches(["mm_struct"]),
    counts: [.number("mm_users")],
    links: ["mm_mt", "mm_rb", "mmlist", "lru_gen", "rss_stat"],
    // The root of the tree of mappings leads back with a bit set; no holder's pointer has one.
    firstLink: 1, pagesHoldNobody: true,
    holders: [
      Pointers(
        structures: ["task_struct"], anchors: fork, cache: "task_struct", members: ["mm"])
    ],
    strangers: [
      Pointers(
        structures: ["vm_area_struct"], anchors: fork, cache: "vm_area_struct",
        members: ["vm_mm"])
    ],
    dentry: "exe_file->f_path.dentry")

  /// `struct sock` of what is closed.
  static let socket = CountedType(
    name: "sock", anchors: SocketLayout.anchors, place: .protocols,
    counts: [.number("__sk_common.skc_refcnt")],
    witnesses: [
      Witness(
        path: "__sk_common.skc_net.net", caches: ["net_namespace"], variables: ["init_net"])
    ],
    condition: .zero("sk_socket"), label: "__sk_common.skc_prot->name")

  /// `struct user_namespace`, whose count is in a `struct ns_common` since 265cbd62e034 ("user:
  /// Use generic ns_common::count"), v5.11.
  static let userNamespace = CountedType(
    name: "user_namespace", anchors: ["create_user_ns", "__put_user_ns"],
    place: .caches(["user_namespace"]),
    counts: [.number("ns.__ns_ref"), .number("ns.count"), .number("count")])
}
