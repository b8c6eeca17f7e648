import DebugInfo

/// Where a packet keeps its links, its size and its data.
struct PacketLayout: Sendable {
  /// `struct sk_buff`: the next in a queue or chain.
  let next: Field
  let length: Field
  let charge: Field
  let head: Field
  /// The distance from the head of the data to what describes its further parts.
  let end: Field
  /// Where the bytes are that the socket's family may use.
  let control: Int?
  /// Where the node of a tree of packets is in a packet.
  let treeNode: Int?
  /// `struct rb_node`: its children.
  let left: Field?
  let right: Field?
  /// `struct sk_buff_head`: how many packets there are.
  let queueLength: Field
  /// `struct skb_shared_info`: how many parts in pages there are, and where.
  let partCount: Field
  let parts: Int
  let partStride: Int
  let mostParts: Int
  let chain: Field
  let infoSize: Int
  /// `skb_frag_t`: the `struct page`, the first byte in it and how many bytes.
  let page: Field
  let offset: Field
  let size: Field

  /// Functions of net/core/skbuff.c.
  static let anchors = ["__alloc_skb", "skb_copy_bits", "skb_queue_tail"]

  /// Resolves the layout; throws when the debug information lacks a member.
  init(_ types: any TypeSource) throws(LayoutFailure) {
    func structure(_ name: String) throws(LayoutFailure) -> Structure {
      guard let found = types.structure(name, near: Self.anchors) else {
        throw LayoutFailure(missing: "struct \(name)")
      }
      return found
    }
    let packet = try structure("sk_buff")
    next = try packet.require("next")
    length = try packet.require("len")
    charge = try packet.require("truesize")
    head = try packet.require("head")
    // An offset on 64-bit machines: NET_SKBUFF_DATA_USES_OFFSET.
    end = try packet.require("end")
    control = packet.place(of: "cb")
    treeNode = packet.place(of: "rbnode")
    let node = packet.target(of: "rbnode")
    left = node?.field("rb_left")
    right = node?.field("rb_right")
    queueLength = try structure("sk_buff_head").require("qlen")
    let info = try structure("skb_shared_info")
    partCount = try info.require("nr_frags")
    parts = try info.requirePlace(of: "frags")
    chain = try info.require("frag_list")
    infoSize = try info.requireSize()
    mostParts = min(info.elementCount(of: "frags") ?? 17, 64)
    let part = try info.requireTarget(of: "frags")
    partStride = try part.requireSize()
    // Linux 8842d285bafa ("net: Convert skb_frag_t to bio_vec"), v5.4, and 21d2e6737c97 ("net: add
    // netmem_ref to skb_frag_t"), v6.9.
    page = try part.require("netmem", "bv_page", "page")
    offset = try part.require("offset", "bv_offset", "page_offset")
    size = try part.require("len", "bv_len", "size")
  }

  /// How many bytes of a packet hold all that is read of it.
  var extent: Int { [next, length, charge, head, end].extent }
}
