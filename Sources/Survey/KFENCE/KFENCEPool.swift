import ByteKit
import DebugInfo
import KernelImage
import Memory

/// The pages in which KFENCE places single objects of all caches, each between unmapped pages.
///
/// Their `struct page` says no more than which cache; the rest is in an array of
/// `struct kfence_metadata`: Linux 0ce20dd84089 ("mm: add Kernel Electric-Fence infrastructure"),
/// v5.12.
struct KFENCEPool: Sendable {
  /// What KFENCE knows of an object.
  enum State: Sendable {
    case allocated
    /// Freed, but for the grace period of a cache with SLAB_TYPESAFE_BY_RCU: since v6.13.
    case waitingForRCU
    case freed
  }

  /// An object of the pool, now or before it was freed.
  struct Object: Sendable {
    let frame: PageFrame
    let address: VirtualAddress
    let size: Int
    let cache: VirtualAddress
    let state: State
  }

  /// The objects, by page frame; places never used are left out.
  private(set) var objects: [Object] = []
  /// The page frames of the pool.
  private(set) var frames: Range<PageFrame> = PageFrame(0)..<PageFrame(0)
  /// The records of the objects, each of which has the object's address.
  private(set) var records = VirtualAddress(0)..<VirtualAddress(0)
  /// What the user should know about what could not be read.
  private(set) var remarks: [String] = []

  /// A pool has 255 objects unless somebody configured otherwise, and 65535 at most.
  private static let largestPool = 65535

  /// Reads the metadata; a kernel without KFENCE, or that did not turn it on, has no objects.
  init(_ kernel: Kernel) {
    guard let variable = kernel.address(of: "__kfence_pool"),
      let pool = try? kernel.memory.pointer(at: variable), pool != VirtualAddress(0),
      let start = kernel.pages.frame(of: kernel.machine.untagged(pool))
    else { return }
    do throws(LayoutFailure) {
      let layout = try Layout(kernel.types)
      collect(layout, start: start, in: kernel)
    } catch {
      remarks.append("objects guarded by KFENCE are not known: \(error)")
    }
  }

  private mutating func collect(_ layout: Layout, start: PageFrame, in kernel: Kernel) {
    guard let metadata = Self.metadata(in: kernel) else {
      remarks.append("objects guarded by KFENCE are not known: kfence_metadata cannot be read")
      return
    }
    let pageSize = kernel.pages.pageSize
    for number in 0..<Self.largestPool {
      // Two pages come first; then each object page is followed by an unmapped one.
      let frame = PageFrame(start.rawValue + UInt64(number + 1) * 2)
      let place = metadata.advanced(by: number * layout.size)
      guard let record = try? Record(at: place, extent: layout.extent, in: kernel.memory) else {
        break
      }
      // KFENCE lets every place point into its page from the start: elsewhere the array has ended.
      let address = kernel.machine.untagged(VirtualAddress(record[layout.address]))
      guard kernel.pages.frame(of: address) == frame else { break }
      frames = start..<PageFrame(frame.rawValue + 2)
      records = metadata..<max(metadata, place.advanced(by: layout.size))
      let size = Int(truncatingIfNeeded: record[layout.objectSize])
      guard let state = layout.state(record[layout.state]),
        (1...(pageSize.bytes - pageSize.offset(of: address))).contains(size)
      else { continue }
      objects.append(
        Object(
          frame: frame, address: address, size: size,
          cache: kernel.machine.untagged(VirtualAddress(record[layout.cache])), state: state))
    }
  }

  private static func metadata(in kernel: Kernel) -> VirtualAddress? {
    guard
      let symbol = kernel.symbols.symbols(named: "kfence_metadata").first(where: {
        $0.module == nil
      })
    else { return nil }
    // A pointer since Linux cabdf74e6b31 ("mm: kfence: allocate kfence_metadata at runtime"), v6.6;
    // before that the array itself, one element of which is larger than a pointer.
    guard symbol.size <= 8 else { return symbol.address }
    return (try? kernel.memory.pointer(at: symbol.address)).map(kernel.machine.untagged)
  }
}

extension KFENCEPool {
  /// Where `struct kfence_metadata` keeps what is needed.
  private struct Layout {
    let size: Int
    let state: Field
    let address: Field
    let objectSize: Field
    let cache: Field
    private let allocated: UInt64
    private let waitingForRCU: UInt64?
    private let freed: UInt64

    /// Functions of mm/kfence/core.c.
    private static let anchors = ["__kfence_alloc", "__kfence_free", "kfence_shutdown_cache"]

    init(_ types: any TypeSource) throws(LayoutFailure) {
      guard let metadata = types.structure("kfence_metadata", near: Self.anchors) else {
        throw LayoutFailure(missing: "struct kfence_metadata")
      }
      size = try metadata.requireSize()
      state = try metadata.require("state")
      address = try metadata.require("addr")
      objectSize = try metadata.require("size")
      cache = try metadata.require("cache")
      func value(_ name: String) -> UInt64? {
        types.enumerator(name, near: Self.anchors).map { UInt64(truncatingIfNeeded: $0) }
      }
      guard let allocated = value("KFENCE_OBJECT_ALLOCATED"),
        let freed = value("KFENCE_OBJECT_FREED")
      else { throw LayoutFailure(missing: "enum kfence_object_state") }
      self.allocated = allocated
      self.freed = freed
      waitingForRCU = value("KFENCE_OBJECT_RCU_FREEING")
    }

    var extent: Int { [state, address, objectSize, cache].extent }

    /// The state that a number stands for; nil for a place never used.
    func state(_ number: UInt64) -> State? {
      switch number {
      case allocated: .allocated
      case freed: .freed
      case waitingForRCU: .waitingForRCU
      default: nil
      }
    }
  }
}
