import DebugInfo
import Memory

extension SocketEra {
  /// The debug information of a kernel of this era.
  var types: FixtureTypes {
    FixtureTypes.unit("net/core/sock.c") { unit in
      declareTasks(&unit)
      declarePackets(&unit)
      declareSockets(&unit)
      declareFamilies(&unit)
    }
  }

  private func declareTasks(_ unit: inout FixtureUnit) {
    unit.structure("list_head") {
      $0.member("next", .pointer(.structure("list_head")))
      $0.member("prev", .pointer(.structure("list_head")))
    }
    unit.structure("signal_struct") {
      $0.member("users", .int)
      $0.member("thread_head", .structure("list_head"))
    }
    unit.structure("file") {
      // The order of these changed more than once.
      $0.member(hasPageVectors ? "f_op" : "private_data", .voidPointer)
      $0.member("f_flags", .unsignedLong)
      $0.member(hasPageVectors ? "private_data" : "f_op", .voidPointer)
    }
    unit.structure("fdtable") {
      $0.member("max_fds", .unsignedInt)
      $0.member("fd", .pointer(.pointer(.structure("file"))))
    }
    unit.structure("files_struct") {
      $0.member("count", .int)
      $0.member("fdt", .pointer(.structure("fdtable")))
    }
    unit.structure("task_struct") {
      $0.member("state", .unsignedLong)
      $0.member("tasks", .structure("list_head"))
      $0.member("pid", .int)
      $0.member("real_parent", .pointer(.structure("task_struct")))
      $0.member("thread_node", .structure("list_head"))
      $0.member("comm", .array(.char, 16))
      $0.member("files", .pointer(.structure("files_struct")))
      $0.member("signal", .pointer(.structure("signal_struct")))
    }
  }

  private func declarePackets(_ unit: inout FixtureUnit) {
    unit.structure("page", size: 64) {
      $0.member("flags", .unsignedLong)
      $0.member(hasPageVectors ? "compound_head" : "compound_info", .unsignedLong)
    }
    unit.structure("rb_node") {
      $0.member("__rb_parent_color", .unsignedLong)
      $0.member("rb_right", .pointer(.structure("rb_node")))
      $0.member("rb_left", .pointer(.structure("rb_node")))
    }
    unit.structure("rb_root") { $0.member("rb_node", .pointer(.structure("rb_node"))) }
    unit.structure("sk_buff_head") {
      $0.member("next", .pointer(.structure("sk_buff")))
      $0.member("prev", .pointer(.structure("sk_buff")))
      $0.member("qlen", .unsignedInt)
    }
    unit.structure("sk_buff", size: 224) {
      $0.union { union in
        union.structure { links in
          links.member("next", .pointer(.structure("sk_buff")))
          links.member("prev", .pointer(.structure("sk_buff")))
        }
        union.member("rbnode", .structure("rb_node"))
      }
      $0.member("cb", .array(.unsignedChar, 48))
      $0.member("len", .unsignedInt)
      $0.member("end", .unsignedInt)
      $0.member("head", .pointer(.unsignedChar))
      $0.member("truesize", .unsignedInt)
    }
    unit.structure("skb_frag") {
      if hasPageVectors {
        $0.member("bv_page", .pointer(.structure("page")))
        $0.member("bv_len", .unsignedInt)
        $0.member("bv_offset", .unsignedInt)
      } else {
        $0.member("netmem", .unsignedLong)
        $0.member("len", .unsignedInt)
        $0.member("offset", .unsignedInt)
      }
    }
    unit.structure("skb_shared_info") {
      $0.member("nr_frags", .unsignedChar)
      $0.member("frag_list", .pointer(.structure("sk_buff")))
      $0.member("frags", .array(.structure("skb_frag"), 17))
    }
  }

  private func declareSockets(_ unit: inout FixtureUnit) {
    unit.enumeration("sock_flags", ["SOCK_DEAD": 0, "SOCK_RCVTSTAMP": 11])
    unit.structure("proto") {
      $0.member("slab", .voidPointer)
      $0.member("name", .array(.char, 32))
      $0.member("node", .structure("list_head"))
    }
    unit.structure("numa_drop_counters", size: 128) {
      $0.member("drops0", .int)
      $0.member("drops1", .int, at: 64)
    }
    unit.structure("sock_common", size: 96) {
      $0.member("skc_daddr", .unsignedInt)
      $0.member("skc_rcv_saddr", .unsignedInt)
      $0.member("skc_dport", .unsignedShort)
      $0.member("skc_num", .unsignedShort)
      $0.member("skc_family", .unsignedShort)
      $0.member("skc_state", .unsignedChar)
      $0.member("skc_prot", .pointer(.structure("proto")))
      $0.member("skc_v6_daddr", .array(.unsignedChar, 16))
      $0.member("skc_v6_rcv_saddr", .array(.unsignedChar, 16))
      $0.member("skc_flags", .unsignedLong)
    }
    unit.structure("sock") {
      $0.member("__sk_common", .structure("sock_common"))
      $0.member("sk_drops", .int)
      $0.member("sk_receive_queue", .structure("sk_buff_head"))
      $0.structure("sk_backlog") { backlog in
        backlog.member("rmem_alloc", .int)
        backlog.member("len", .int)
        backlog.member("head", .pointer(.structure("sk_buff")))
        backlog.member("tail", .pointer(.structure("sk_buff")))
      }
      $0.member("sk_wmem_alloc", .int)
      $0.member("sk_wmem_queued", .int)
      $0.member("sk_rcvbuf", .int)
      $0.member("sk_type", .unsignedShort)
      $0.member("sk_protocol", .unsignedShort)
      $0.member("sk_stamp", .long)
      $0.member("sk_tsflags", .unsignedInt)
      $0.member("sk_socket", .pointer(.structure("socket")))
      if hasDropCounters {
        $0.member("sk_drop_counters", .pointer(.structure("numa_drop_counters")))
      }
    }
    unit.structure("socket") {
      $0.member("type", .short)
      $0.member("file", .pointer(.structure("file")))
      $0.member("sk", .pointer(.structure("sock")))
    }
    unit.structure("socket_alloc") { $0.member("socket", .structure("socket")) }
    guard hasDropCounters else { return }
    unit.structure("sockfs_inode", size: 128) {
      $0.member("xattrs", .structure("list_head"))
      $0.embedded(.structure("socket_alloc"))
    }
  }

  private func declareFamilies(_ unit: inout FixtureUnit) {
    unit.structure("udp_sock") {
      $0.member("sk", .structure("sock"))
      $0.member("reader_queue", .structure("sk_buff_head"))
    }
    unit.structure("request_sock") {
      $0.member("dl_next", .pointer(.structure("request_sock")))
      $0.member("sk", .pointer(.structure("sock")))
    }
    unit.structure("inet_connection_sock") {
      $0.member("sk", .structure("sock"))
      $0.structure("icsk_accept_queue") {
        $0.member("rskq_accept_head", .pointer(.structure("request_sock")))
      }
    }
    unit.structure("tcp_sock") {
      $0.member("inet_conn", .structure("inet_connection_sock"))
      $0.member("bytes_received", .unsignedLong)
      $0.member("rcv_nxt", .unsignedInt)
      $0.member("copied_seq", .unsignedInt)
      $0.member("out_of_order_queue", .structure("rb_root"))
    }
    unit.structure("unix_address") {
      $0.member("refcnt", .int)
      $0.member("len", .int)
      $0.member("name", .array(.char, nil))
    }
    unit.structure("unix_sock") {
      $0.member("sk", .structure("sock"))
      $0.member("addr", .pointer(.structure("unix_address")))
    }
    unit.structure("scm_fp_list") {
      $0.member("count", .short)
      $0.member("max", .short)
      if !hasPageVectors { $0.member("vertices", .voidPointer) }
      $0.member("fp", .array(.pointer(.structure("file")), 253))
    }
    unit.structure("unix_skb_parms") {
      $0.member("pid", .voidPointer)
      $0.member("fp", .pointer(.structure("scm_fp_list")))
    }
    unit.structure("netlink_sock") {
      $0.member("sk", .structure("sock"))
      $0.member("portid", .unsignedInt)
    }
    guard hasPacketSockets else { return }
    unit.structure("net_device") { $0.member("name", .array(.char, 16)) }
    unit.structure("packet_type") {
      $0.member("type", .unsignedShort)
      $0.member("dev", .pointer(.structure("net_device")))
    }
    unit.structure("packet_ring_buffer") {
      $0.member("pg_vec", .voidPointer)
      $0.member("pg_vec_order", .unsignedInt)
      $0.member("pg_vec_len", .unsignedInt)
    }
    unit.structure("packet_sock") {
      $0.member("sk", .structure("sock"))
      $0.member("rx_ring", .structure("packet_ring_buffer"))
      $0.member("tx_ring", .structure("packet_ring_buffer"))
      $0.member("ifindex", .int)
      $0.member("num", .unsignedShort)
      $0.member("prot_hook", .structure("packet_type"))
    }
  }
}
