/// Which structure the objects of a cache are, by the cache's name.
enum CacheContents {
  /// The structures of caches whose names do not have the structure's in them.
  private static let known = [
    "Acpi-Namespace": "acpi_namespace_node", "Acpi-Operand": "acpi_operand_object",
    "blkdev_ioc": "io_context", "cred_jar": "cred", "eventpoll_epi": "epitem",
    "eventpoll_pwq": "eppoll_entry", "fasync_cache": "fasync_struct",
    "file_lock_ctx": "file_lock_context", "files_cache": "files_struct", "filp": "file",
    "fs_cache": "fs_struct", "iommu_iova": "iova", "iommu_iova_magazine": "iova_magazine",
    "ip6_dst_cache": "rt6_info", "ip6_mrt_cache": "mfc6_cache", "ip_dst_cache": "rtable",
    "ip_fib_alias": "fib_alias", "ip_mrt_cache": "mfc_cache", "key_jar": "key",
    "mnt_cache": "mount", "net_namespace": "net", "numa_policy": "mempolicy",
    "posix_timers_cache": "k_itimer", "shared_policy_node": "sp_node",
    "sighand_cache": "sighand_struct", "signal_cache": "signal_struct",
    "skbuff_ext_cache": "skb_ext", "skbuff_fclone_cache": "sk_buff_fclones",
    "skbuff_head_cache": "sk_buff", "tcp_bind2_bucket": "inet_bind2_bucket",
    "tcp_bind_bucket": "inet_bind_bucket", "uid_cache": "user_struct",
  ]

  /// Whether a cache of this name has objects of the structure `type`.
  ///
  /// Most are called like it, as `KMEM_CACHE` does it, or have `_cache` behind that.
  static func isOf(_ type: String, cacheNamed name: String) -> Bool {
    if let known = known[name] { return known == type }
    return name == type || name == type + "_cache" || name == type + "s"
  }

  /// The structures that a cache of this name may have, the likeliest first.
  static func structures(inCacheNamed name: String) -> [String] {
    if let known = known[name] { return [known] }
    return [name]
      + ["_cache", "s"].filter { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
  }
}
