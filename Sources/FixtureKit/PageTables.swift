public import Memory

/// A way in which a processor's page tables can be set up.
public enum PagingMode: Hashable, Sendable {
  /// AMD64 with 4 or 5 levels. Encrypted memory is marked by the bit of `encryptionMask`.
  case x86_64(levels: Int, encryptionMask: UInt64 = 0)
  /// AArch64 with this page size and this many bits of kernel addresses. 52 of them with 4 KiB or
  /// 16 KiB pages mean FEAT_LPA2.
  case arm64(PageSize, virtualBits: Int)

  /// The size of a page.
  public var pageSize: PageSize {
    switch self {
    case .x86_64: .kib4
    case .arm64(let pageSize, _): pageSize
    }
  }

  /// The base-2 logarithm of the bytes that an entry maps, for each level, the first level first.
  public var levelShifts: [Int] {
    switch self {
    case .x86_64(let levels, _): Array([48, 39, 30, 21, 12].suffix(levels))
    case .arm64(.kib4, let bits): [48, 39, 30, 21, 12].filter { $0 < bits }
    case .arm64(.kib16, let bits): [47, 36, 25, 14].filter { $0 < bits }
    case .arm64(_, let bits): [42, 29, 16].filter { $0 < bits }
    }
  }

  /// The number of bits by which the last entries of a first table are told apart.
  var rootWidth: Int {
    switch self {
    case .x86_64: 9
    case .arm64(_, let bits): bits - levelShifts[0]
    }
  }

  /// An entry that refers to another table.
  func tableEntry(_ address: PhysicalAddress) -> UInt64 {
    switch self {
    case .x86_64(_, let encryptionMask): address.rawValue | encryptionMask | 0x63
    case .arm64: scattered(address) | 3
    }
  }

  /// An entry that maps memory with the attributes that a kernel gives its data.
  func leafEntry(_ address: PhysicalAddress, isLastLevel: Bool) -> UInt64 {
    switch self {
    case .x86_64(_, let encryptionMask):
      // No-execute, global, dirty, accessed, writable, present; bit 7 makes a page large.
      address.rawValue | encryptionMask | 1 << 63 | 0x163 | (isLastLevel ? 0 : 0x80)
    case .arm64:
      // Execute-never twice, contiguous, dirty, accessed, memory type 4.
      scattered(address) | 0x78 << 48 | 0x410 | (isLastLevel ? 3 : 1)
    }
  }

  /// Where AArch64's descriptors keep the bits of an address.
  private func scattered(_ address: PhysicalAddress) -> UInt64 {
    let raw = address.rawValue
    switch self {
    case .arm64(.kib64, _): return raw & 0x0000_ffff_ffff_0000 | (raw >> 48 & 0xf) << 12
    case .arm64(_, virtualBits: 52): return raw & 0x0003_ffff_ffff_f000 | (raw >> 50 & 3) << 8
    default: return raw
    }
  }
}

/// Writes page tables into a machine's memory.
public struct PageTableWriter: Sendable {
  /// How they are set up.
  public let mode: PagingMode
  /// Where the first table begins.
  public let root: PhysicalAddress
  private var nextTable: PhysicalAddress

  /// Puts an empty first table at `root`; further tables follow it.
  public init(_ mode: PagingMode, root: PhysicalAddress, in image: inout PhysicalImage) {
    self.mode = mode
    self.root = root
    nextTable = root
    _ = addTable(in: &image)
  }

  /// Maps `count` bytes with leaves of the level that maps `1 << shift` bytes an entry.
  ///
  /// The addresses and the count must be multiples of that.
  public mutating func map(
    _ address: VirtualAddress, to physical: PhysicalAddress, count: Int, shift: Int,
    in image: inout PhysicalImage
  ) {
    for offset in stride(from: UInt64(0), to: UInt64(count), by: 1 << shift) {
      let entry = mode.leafEntry(
        physical.advanced(by: offset), isLastLevel: shift == mode.levelShifts.last)
      write(entry, for: address.advanced(by: offset), shift: shift, in: &image)
    }
  }

  /// Maps `count` bytes page by page.
  public mutating func map(
    _ address: VirtualAddress, to physical: PhysicalAddress, count: Int,
    in image: inout PhysicalImage
  ) {
    map(address, to: physical, count: count, shift: mode.pageSize.shift, in: &image)
  }

  /// Makes the entry of an address refer to a table at `physical`, whatever is there.
  public mutating func link(
    _ address: VirtualAddress, toTableAt physical: PhysicalAddress, shift: Int,
    in image: inout PhysicalImage
  ) {
    write(mode.tableEntry(physical), for: address, shift: shift, in: &image)
  }

  /// Writes any value as the entry of an address in the level that maps `1 << shift` bytes an entry.
  public mutating func write(
    _ entry: UInt64, for address: VirtualAddress, shift: Int, in image: inout PhysicalImage
  ) {
    var table = root
    for (level, levelShift) in mode.levelShifts.enumerated() {
      let width = level == 0 ? mode.rootWidth : mode.pageSize.shift - 3
      let index = address.rawValue >> UInt64(levelShift) & ((1 << UInt64(width)) - 1)
      let place = table.advanced(by: index * 8)
      guard levelShift > shift else {
        image.write(entry, at: place)
        return
      }
      if let next = tables[place] {
        table = next
      } else {
        table = addTable(in: &image)
        tables[place] = table
        image.write(mode.tableEntry(table), at: place)
      }
    }
  }

  /// The table that each entry written so far refers to.
  private var tables: [PhysicalAddress: PhysicalAddress] = [:]

  private mutating func addTable(in image: inout PhysicalImage) -> PhysicalAddress {
    let table = nextTable
    nextTable = nextTable.advanced(by: UInt64(mode.pageSize.bytes))
    let frame = mode.pageSize.frame(of: table)
    image.add(frame..<PageFrame(frame.rawValue + 1))
    return table
  }
}
