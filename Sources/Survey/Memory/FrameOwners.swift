import DebugInfo
import Evidence
import KernelImage
import Memory

/// What the kernel's own records say of page frames, by which those are told apart whose
/// `struct page` says no more than that somebody holds them.
struct FrameOwners: Sendable {
  let kernel: Kernel
  let census: Census
  let listed: FreePageLists
  let mapped: MappedFrames
  let areas: KernelAreas
  let stacks: StackFrames
  let chunks: PerCPUChunks
  let huge: HugePagePool
  let kfence: Range<PageFrame>
  let tables: TableFrames
  let packets: SocketPages
  let files: FileOwners
  /// The memory of the kernel that writes the dump.
  let crashKernel: [Range<UInt64>]

  /// Gathers the records; what cannot be read is left out.
  init(_ kernel: Kernel, census: Census) async {
    self.kernel = kernel
    self.census = census
    listed = FreePageLists(kernel)
    mapped = MappedFrames(kernel)
    areas = KernelAreas(kernel)
    stacks = StackFrames(kernel, census: census, areas: areas)
    chunks = PerCPUChunks(kernel)
    huge = HugePagePool(kernel)
    kfence = KFENCEPool(kernel).frames
    tables = TableFrames(kernel, census: census)
    packets = await SocketPages(kernel, census: census)
    files = FileOwners(kernel)
    crashKernel = ["crashk_res", "crashk_low_res"].compactMap { Self.resource($0, in: kernel) }
  }

  /// The page frames of a `struct resource`, or nil when it is empty.
  private static func resource(_ name: String, in kernel: Kernel) -> Range<UInt64>? {
    guard let address = kernel.address(of: name),
      let layout = kernel.types.structure("resource", near: ["request_resource"]),
      let start = layout.field("start"), let end = layout.field("end"),
      let record = try? Record(at: address, extent: [start, end].extent, in: kernel.memory),
      record[start] < record[end]
    else { return nil }
    let shift = UInt64(kernel.pages.pageSize.shift)
    return (record[start] >> shift)..<((record[end] >> shift) + 1)
  }

  /// What a frame is used for by where it is mapped and who took it, and whose it is; nil when no
  /// record tells.
  func use(
    of frame: UInt64, holders: UInt64, isReserved: Bool
  ) -> (use: FrameClass, owner: FrameOwner)? {
    // First, as x86_64 maps the stacks for interrupts that are in there a second time.
    if isReserved, chunks.first.contains(where: { $0.contains(frame) }) { return (.perCPU, .none) }
    // The page allocator was given what the kernel's image has for its start only.
    if let mapping = mapped.mapping(of: PageFrame(frame), isImage: isReserved) {
      switch mapping.use {
      case .kernelImage: return (.kernelImage, .none)
      case .pageStructs: return (.pageStructs, .none)
      case .modules: return (.modules, module(at: mapping.address))
      case .vmalloc:
        if let use = use(inArea: mapping.address) { return use }
      default: break
      }
    }
    if stacks.frames.contains(frame) { return (.kernelStacks, .none) }
    if tables.frames.contains(frame) { return (.kernelPageTables, .none) }
    // The second page of a root of two.
    if holders == 0, frame & 1 != 0, tables.pairs.contains(frame - 1) {
      return (.kernelPageTables, .none)
    }
    if crashKernel.contains(where: { $0.contains(frame) }) { return (.crashKernel, .none) }
    return nil
  }

  private func use(inArea address: VirtualAddress) -> (use: FrameClass, owner: FrameOwner)? {
    guard let index = areas.index(of: address) else { return nil }
    let area = areas.areas[index]
    if area.isDevice { return nil }
    if area.caller == chunks.caller { return (.perCPU, .none) }
    if stacks.callers.contains(area.caller) {
      return (.kernelStacks, FrameOwner(kind: .mapped, value: 0))
    }
    return (.vmalloc, FrameOwner(kind: .caller, value: area.caller.rawValue))
  }

  private func module(at address: VirtualAddress) -> FrameOwner {
    let modules = kernel.modules.modules
    // Pages are given to modules as a whole.
    let page = kernel.pages.pageSize.start(of: address)
    let end = page.advanced(by: kernel.pages.pageSize.bytes)
    let index = modules.firstIndex {
      $0.ranges.contains { $0.lowerBound < end && page < $0.upperBound }
    }
    if let index { return FrameOwner(kind: .module, value: UInt64(index)) }
    return areas.index(of: address).map {
      FrameOwner(kind: .caller, value: areas.areas[$0].caller.rawValue)
    } ?? .none
  }
}

/// Whose a page frame is, within its class.
struct FrameOwner: Hashable, Sendable {
  /// What `value` is.
  enum Kind: UInt8, Sendable {
    case none
    /// The index of a cache of the census.
    case cache
    /// The number of a type of file systems.
    case fileSystem
    /// An address in the code that took it.
    case caller
    /// The index of a module.
    case module
    /// Kernel same-page merging.
    case merged
    /// Nobody in particular, but by way of `vmalloc`.
    case mapped
  }

  /// Nobody in particular.
  static let none = FrameOwner(kind: .none, value: 0)

  let kind: Kind
  let value: UInt64

  /// Whether the owner has a name.
  var isSomebody: Bool { kind != .none && kind != .mapped }
}
