import ByteKit
import DebugInfo
import Evidence
import KernelImage
import Memory

/// The pages outside of slabs that hold the contents of packets: each the first of its block.
struct SocketPages: Sendable {
  /// The page frames.
  private(set) var frames: Set<UInt64> = []

  /// Functions of net/core/skbuff.c.
  private static let anchors = ["__alloc_skb", "skb_release_data", "kfree_skb_partial"]
  /// `MAX_SKB_FRAGS` is 45 at most.
  private static let mostFragments: UInt64 = 64
  /// The caches that packets' headers come from; in the second kind there are two of them.
  private static let caches = ["skbuff_head_cache", "skbuff_fclone_cache"]

  private struct Layout: Sendable {
    let size: Int
    let head: Field
    let end: Field
    let count: Field
    let fragments: Int
    let fragmentSize: Int
    let page: Field
    let tail: Field

    init(_ types: any TypeSource) throws(LayoutFailure) {
      let near = SocketPages.anchors
      guard let packet = types.structure("sk_buff", near: near),
        let shared = types.structure("skb_shared_info", near: near),
        let page = types.structure("page", near: near)
      else { throw LayoutFailure(missing: "struct sk_buff") }
      size = try packet.requireSize()
      head = try packet.require("head")
      end = try packet.require("end")
      count = try shared.require("nr_frags")
      fragments = try shared.requirePlace(of: "frags")
      let fragment = try shared.requireTarget(of: "frags")
      fragmentSize = try fragment.requireSize()
      // skb_frag_t: Linux 8842d285bafa ("net: Convert skb_frag_t to bio_vec"), v5.4; 21d2e6737c97
      // ("net: add netmem to skb_frag_t"), v6.9.
      self.page = try fragment.require("netmem", "bv_page", "page.p")
      tail = try page.require("compound_info", "compound_head")
    }
  }

  /// Looks at every packet that is allocated.
  init(_ kernel: Kernel, census: Census) async {
    guard let layout = try? Layout(kernel.types) else { return }
    let caches = Self.caches.flatMap { census.caches(named: $0) }
    let slabs = Set(caches).sorted().flatMap { census.slabsOfCache[$0] }
    let runs = stride(from: 0, to: slabs.count, by: Self.slabsPerTask).map {
      Array(slabs[$0..<min($0 + Self.slabsPerTask, slabs.count)])
    }
    let reading = Reading(kernel: kernel, census: census, layout: layout)
    for found in await concurrently(runs, { reading.frames(of: $0) }) { frames.formUnion(found) }
  }

  private static let slabsPerTask = 256

  private struct Reading: Sendable {
    let kernel: Kernel
    let census: Census
    let layout: Layout

    func frames(of slabs: [Int]) -> Set<UInt64> {
      var frames: Set<UInt64> = []
      for slab in slabs.lazy.map({ census.slabs[$0] }) {
        // A pair of packets of which one may be a clone: `struct sk_buff_fclones`.
        let packets = max(1, min(2, Int(slab.slotSize) / layout.size))
        for index in 0..<Int(slab.slots)
        where census.stateKind(of: slab.firstSlot + index) == .allocated {
          for packet in 0..<packets {
            add(slab.object(index).advanced(by: packet * layout.size), to: &frames)
          }
        }
      }
      return frames
    }

    private func add(_ packet: VirtualAddress, to frames: inout Set<UInt64>) {
      let fields = [layout.head, layout.end]
      guard let record = try? Record(at: packet, extent: fields.extent, in: kernel.memory),
        record[layout.head] != 0
      else { return }
      let head = kernel.machine.untagged(VirtualAddress(record[layout.head]))
      if census.slab(containing: head) == nil, let frame = kernel.pages.frame(of: head) {
        frames.insert(first(of: frame).rawValue)
      }
      // An offset, as NET_SKBUFF_DATA_USES_OFFSET on all 64-bit machines.
      let shared = head.advanced(by: record[layout.end] & 0xffff_ffff)
      guard
        let count = try? Record(at: shared, extent: layout.count.end, in: kernel.memory)[
          layout.count], (1...SocketPages.mostFragments).contains(count),
        let bytes = try? kernel.memory.bytes(
          at: shared.advanced(by: layout.fragments), count: Int(count) * layout.fragmentSize)
      else { return }
      for fragment in 0..<Int(count) {
        guard let page = bytes.span.load(layout.page, at: fragment * layout.fragmentSize),
          let frame = kernel.pages.frame(ofStructPage: VirtualAddress(page))
        else { continue }
        frames.insert(first(of: frame).rawValue)
      }
    }

    /// The first page of the block that a page belongs to.
    private func first(of frame: PageFrame) -> PageFrame {
      var first = frame.rawValue
      // Blocks of packets have eight pages at most; others' are found by going back as far.
      for _ in 0..<SocketPages.largestBlock {
        let place = kernel.pages.structPage(of: PageFrame(first)).advanced(by: layout.tail.offset)
        guard first > 0, let word = try? kernel.memory.load(UInt64.self, at: place), word & 1 != 0
        else { return PageFrame(first) }
        first -= 1
      }
      return frame
    }
  }

  /// The pages of a huge page that a process sent without a copy.
  private static let largestBlock = 512
}
