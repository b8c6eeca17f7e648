import DebugInfo
import KernelImage
public import Memory

/// The memory of a kernel that is written structure by structure, by the layouts of its own debug
/// information.
///
/// All memory is mapped at `directMap`; page structures are mapped at `vmemmap`.
public struct StructureImage: Sendable {
  /// The machine's memory.
  public private(set) var image = PhysicalImage()
  /// How many page frames the machine has.
  public let frameCount: UInt64
  /// The tag that KASAN would give pointers to data, on arm64.
  public var tag: UInt8?
  let types: FixtureTypes
  private var next: UInt64

  /// Where page frame 0 is mapped.
  public static let directMap = VirtualAddress(0xffff_8880_0000_0000)
  /// Where the `struct page` of frame 0 is mapped.
  public static let vmemmap = VirtualAddress(0xffff_ea00_0000_0000)
  /// The page structures, 64 bytes each, begin with page frame 1.
  public static let vmemmapStart = PhysicalAddress(0x1000)

  /// A machine with `frameCount` page frames of zeros.
  init(_ types: FixtureTypes, frameCount: UInt64) {
    self.types = types
    self.frameCount = frameCount
    image.add(PageFrame(0)..<PageFrame(frameCount))
    next = 0x1000 + (frameCount * 64 + 0xfff) / 0x1000 * 0x1000
  }

  /// Takes room for `size` bytes that begin at a multiple of `alignment`.
  public mutating func allocate(_ size: Int, alignment: UInt64 = 16) -> VirtualAddress {
    let start = (next + alignment - 1) / alignment * alignment
    next = start + UInt64(size)
    precondition(next <= frameCount << 12, "the machine has no room")
    return Self.directMap.advanced(by: start)
  }

  /// Takes room for a structure.
  public mutating func allocate(_ structure: String) -> VirtualAddress {
    allocate(types.structure(structure, near: [])?.size ?? 0)
  }

  /// Takes whole pages that begin at a multiple of their size, tied together as one block.
  public mutating func allocatePages(order: Int) -> PageFrame {
    let pages = UInt64(1) << UInt64(order)
    let address = allocate(Int(pages) << 12, alignment: pages << 12)
    let first = address.offset(from: Self.directMap) >> 12
    for tail in 0..<pages where tail > 0 {
      // A tail page's second word has bit 0 set.
      let page = Self.vmemmapStart.advanced(by: (first + tail) * 64)
      image.write(Self.vmemmap.advanced(by: first * 64).rawValue | 1, at: page.advanced(by: 8))
    }
    return PageFrame(first)
  }

  /// Writes a word.
  public mutating func write(_ word: UInt64, at address: VirtualAddress) {
    image.write(word, at: physical(address))
  }

  /// The pointer that was written somewhere, without its tag.
  public func pointer(at address: VirtualAddress) -> VirtualAddress {
    Machine.arm64.untagged(
      VirtualAddress((try? image.load(UInt64.self, at: physical(address))) ?? 0))
  }

  /// Writes a pointer, with the tag if there is one.
  public mutating func write(pointer: VirtualAddress, at address: VirtualAddress) {
    guard let tag else { return write(pointer.rawValue, at: address) }
    write(pointer.rawValue & ~(0xff << 56) | UInt64(tag) << 56, at: address)
  }

  /// Writes bytes.
  public mutating func write(_ bytes: [UInt8], at address: VirtualAddress) {
    image.write(bytes, at: physical(address))
  }

  /// Writes a member of a structure; one that this kernel does not have is left out.
  public mutating func set(
    _ structure: String, at address: VirtualAddress, _ path: String, _ value: UInt64
  ) {
    guard let structure = types.structure(structure, near: []),
      let member = structure.member(path)
    else { return }
    let place = physical(address.advanced(by: member.offset))
    switch structure.table.size(of: member.type) {
    case 1: image.write(UInt8(truncatingIfNeeded: value), at: place)
    case 2: image.write(UInt16(truncatingIfNeeded: value), at: place)
    case 4: image.write(UInt32(truncatingIfNeeded: value), at: place)
    default: image.write(value, at: place)
    }
  }

  /// Writes a pointer into a structure.
  public mutating func set(
    _ structure: String, at address: VirtualAddress, _ path: String, to target: VirtualAddress
  ) {
    write(pointer: target, at: place(structure, at: address, path))
  }

  /// Where a member of a structure begins.
  public func place(
    _ structure: String, at address: VirtualAddress, _ path: String
  ) -> VirtualAddress {
    address.advanced(by: types.structure(structure, near: [])?.offset(path) ?? 0)
  }

  /// Links nodes and their head to a circular list.
  public mutating func link(_ nodes: [VirtualAddress], head: VirtualAddress) {
    let ring = [head] + nodes
    for (number, node) in ring.enumerated() {
      let next = ring[(number + 1) % ring.count]
      write(pointer: next, at: node)
      write(pointer: node, at: next.advanced(by: 8))
    }
  }

  private func physical(_ address: VirtualAddress) -> PhysicalAddress {
    PhysicalAddress(address.offset(from: Self.directMap))
  }
}
