public import ByteKit
public import Memory

/// A part of the address space where virtual and physical addresses differ by a constant.
public struct LinearMap: Hashable, Sendable {
  /// The virtual addresses.
  public let range: Range<VirtualAddress>
  /// The physical address of the first of them.
  public let start: PhysicalAddress

  /// Describes a map.
  public init(range: Range<VirtualAddress>, start: PhysicalAddress) {
    self.range = range
    self.start = start
  }

  /// The physical address behind a virtual one, or nil when that is not in the map.
  public func translate(_ address: VirtualAddress) -> PhysicalAddress? {
    guard range.contains(address) else { return nil }
    return start.advanced(by: address.offset(from: range.lowerBound))
  }
}

/// The kernel's memory in a dump by virtual address, for any number of threads.
///
/// The direct map is translated by arithmetic, everything else by the kernel's page tables. Where a
/// page table itself cannot be read, the kernel image is translated by arithmetic as well.
public final class KernelMemory: VirtualMemory {
  /// The architecture.
  public let machine: Machine
  /// The kernel's page tables.
  public let tables: PageTables
  /// The map of all physical memory, once it is known.
  public let directMap: LinearMap?
  /// Where the kernel's own code and data lie, once that is known.
  public let image: LinearMap?
  private let physical: any PhysicalMemory
  private let cache = TranslationCache()
  private let regionShift: UInt64
  private let watcher: (any FieldWatcher)?

  /// Combines page tables with the maps that arithmetic can stand in for.
  public init(
    machine: Machine, tables: PageTables, directMap: LinearMap? = nil, image: LinearMap? = nil
  ) {
    self.machine = machine
    self.tables = tables
    self.directMap = directMap
    self.image = image
    physical = tables.physical
    watcher = physical as? any FieldWatcher
    regionShift = UInt64(tables.shape.shift(atHeight: 1))
  }

  /// The size of a page.
  public var pageSize: PageSize { tables.shape.pageSize }

  /// The page that holds `address`; throws `Absence` when it is not mapped or not in the dump.
  ///
  /// A tag in the top byte of the address is ignored where the machine ignores it.
  public func page(at address: VirtualAddress) throws(Absence) -> Page {
    Page(bytes: try physical.page(pageSize.frame(of: try translate(address))))
  }

  /// The bytes of an address range that may cross pages; throws as `page(at:)` does.
  public func bytes(at address: VirtualAddress, count: Int) throws(Absence) -> Bytes {
    let bytes = try contents(at: address, count: count)
    note(.value, at: address, count: count)
    return bytes
  }

  /// Tells the dump's memory, if it wants to know it, as what the bytes of a range were read.
  public func note(_ use: FieldUse, at address: VirtualAddress, count: Int) {
    guard let watcher else { return }
    var done = 0
    while done < count {
      let next = address.advanced(by: done)
      let size = min(count - done, pageSize.bytes - pageSize.offset(of: next))
      guard let place = try? translate(next) else { return }
      watcher.note(use, at: place, count: size)
      done += size
    }
  }

  /// The physical address behind a virtual one; throws as `PageTables.translate(_:)` does.
  public func translate(_ address: VirtualAddress) throws(Absence) -> PhysicalAddress {
    let address = machine.untagged(address)
    if let physical = directMap?.translate(address) { return physical }
    do throws(Absence) {
      return try region(of: address).translate(address, by: tables.shape)
    } catch {
      // Freed parts of the image are unmapped on purpose, and hold something else by now.
      guard error != .unmapped, let physical = image?.translate(address) else { throw error }
      return physical
    }
  }

  private func region(of address: VirtualAddress) throws(Absence) -> MappedRegion {
    try cache.walk(for: address.rawValue >> regionShift) {
      Result { () throws(Absence) in try tables.region(of: address) }
    }.get()
  }
}
