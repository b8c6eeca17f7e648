import ByteKit
public import Memory

/// The kernel's page tables in a dump.
public struct PageTables: Sendable {
  /// The memory that holds them.
  public let physical: any PhysicalMemory
  /// How they are laid out.
  public let shape: PageTableShape
  /// Where the first table begins.
  public let root: PhysicalAddress
  private let watcher: (any FieldWatcher)?

  /// Names the tables that begin at `root`.
  public init(physical: any PhysicalMemory, shape: PageTableShape, root: PhysicalAddress) {
    self.physical = physical
    self.shape = shape
    self.root = root
    watcher = physical as? any FieldWatcher
  }

  /// The page that a table lies in; throws `Absence` when it cannot be read.
  func page(ofTable table: PhysicalAddress) throws(Absence) -> Bytes {
    let frame = shape.pageSize.frame(of: table)
    watcher?.note(.value, at: shape.pageSize.address(of: frame), count: shape.pageSize.bytes)
    return try physical.page(frame)
  }

  /// Where the kernel maps an address.
  ///
  /// Throws `Absence.unmapped` when nothing is mapped there, `.corrupt(.pageTable)` for an entry that
  /// no kernel writes, and the reason why a table cannot be read.
  public func translate(_ address: VirtualAddress) throws(Absence) -> PhysicalAddress {
    try region(of: address).translate(address, by: shape)
  }

  /// The part of the tables that maps the region around an address which one last table covers.
  ///
  /// Throws as `translate(_:)` does.
  func region(of address: VirtualAddress) throws(Absence) -> MappedRegion {
    guard address >= shape.start else { throw .unmapped }
    var table = root
    for height in stride(from: shape.rootHeight, to: 0, by: -1) {
      let entry = try entry(of: table, at: shape.index(of: address, atHeight: height))
      switch shape.format.step(entry, height: height) {
      case .empty: throw .unmapped
      case .malformed: throw .corrupt(.pageTable)
      case .table(let next): table = next
      case .leaf(let start):
        let within = (UInt64(1) << UInt64(shape.shift(atHeight: height))) - 1
        let region = (UInt64(1) << UInt64(shape.shift(atHeight: 1))) - 1
        return .block(
          PhysicalAddress(start.rawValue & ~within | address.rawValue & within & ~region))
      }
    }
    return .table(try page(ofTable: table))
  }

  func entry(of table: PhysicalAddress, at index: Int) throws(Absence) -> UInt64 {
    let address = table.advanced(by: UInt64(truncatingIfNeeded: index) &* 8)
    let offset = Int(truncatingIfNeeded: address.rawValue & shape.pageSize.mask)
    let page = try page(ofTable: address)
    guard let entry = page.load(UInt64.self, at: offset) else { throw .corrupt(.pageTable) }
    return entry
  }
}

/// How the addresses that share a last table are mapped: 2 MiB of them with 4 KiB pages.
enum MappedRegion: Sendable {
  /// By a larger leaf; the physical address of the region's first byte.
  case block(PhysicalAddress)
  /// Page by page, as this table says.
  case table(Bytes)

  func translate(
    _ address: VirtualAddress, by shape: PageTableShape
  ) throws(Absence) -> PhysicalAddress {
    switch self {
    case .block(let start):
      let within = (UInt64(1) << UInt64(shape.shift(atHeight: 1))) - 1
      return start.advanced(by: address.rawValue & within)
    case .table(let entries):
      let index = shape.index(of: address, atHeight: 0)
      guard let entry = entries.load(UInt64.self, at: index * 8) else {
        throw .corrupt(.pageTable)
      }
      switch shape.format.step(entry, height: 0) {
      case .empty: throw .unmapped
      case .leaf(let page):
        return PhysicalAddress(
          page.rawValue & ~shape.pageSize.mask | address.rawValue & shape.pageSize.mask)
      case .table, .malformed: throw .corrupt(.pageTable)
      }
    }
  }
}
