internal import ByteKit

/// An address in the kernel's virtual address space, without any tag in its top byte.
public struct VirtualAddress: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// The address as the machine holds it.
  public let rawValue: UInt64

  /// Wraps an address.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Wraps an address.
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The address `offset` bytes further on, wrapping as the machine does.
  @inlinable public func advanced(by offset: UInt64) -> VirtualAddress {
    VirtualAddress(rawValue &+ offset)
  }

  /// The address `offset` bytes further on (or back), wrapping as the machine does.
  @inlinable public func advanced(by offset: Int) -> VirtualAddress {
    VirtualAddress(rawValue &+ UInt64(bitPattern: Int64(offset)))
  }

  /// How many bytes this address lies behind `other`, wrapping as the machine does.
  @inlinable public func offset(from other: VirtualAddress) -> UInt64 { rawValue &- other.rawValue }
}

extension VirtualAddress: Comparable {
  /// Compares as numbers.
  @inlinable public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension VirtualAddress: CustomStringConvertible {
  /// `0x` and sixteen lower-case digits.
  public var description: String { rawValue.paddedHex }
}

/// An address on the machine's memory bus.
public struct PhysicalAddress: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// The address as the machine holds it.
  public let rawValue: UInt64

  /// Wraps an address.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Wraps an address.
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The address `offset` bytes further on, wrapping as the machine does.
  @inlinable public func advanced(by offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(rawValue &+ offset)
  }
}

extension PhysicalAddress: Comparable {
  /// Compares as numbers.
  @inlinable public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension PhysicalAddress: CustomStringConvertible {
  /// `0x` and sixteen lower-case digits.
  public var description: String { rawValue.paddedHex }
}

/// The number of a page of physical memory: its physical address divided by the page size.
public struct PageFrame: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  /// The page frame number.
  public let rawValue: UInt64

  /// Wraps a page frame number.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Wraps a page frame number.
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

extension PageFrame: Comparable {
  /// Compares as numbers.
  @inlinable public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// The size of a page: a power of two, 4 KiB to 64 KiB.
public struct PageSize: Hashable, Sendable, BitwiseCopyable {
  /// The base-2 logarithm of the size: 12, 14 or 16.
  public let shift: Int

  /// 4 KiB, as on x86_64 and most arm64 kernels.
  public static let kib4 = PageSize(uncheckedShift: 12)
  /// 16 KiB, an arm64 granule.
  public static let kib16 = PageSize(uncheckedShift: 14)
  /// 64 KiB, an arm64 granule.
  public static let kib64 = PageSize(uncheckedShift: 16)

  private init(uncheckedShift: Int) { shift = uncheckedShift }

  /// The page size of `bytes` bytes, or nil when no machine we know has it.
  public init?(bytes: UInt64) {
    guard let match = [Self.kib4, .kib16, .kib64].first(where: { UInt64($0.bytes) == bytes })
    else { return nil }
    self = match
  }

  /// The size in bytes.
  @inlinable public var bytes: Int { 1 << shift }

  /// The bits of an address that lie within a page.
  @inlinable public var mask: UInt64 { (1 << UInt64(shift)) &- 1 }

  /// The page frame that holds a physical address.
  @inlinable public func frame(of address: PhysicalAddress) -> PageFrame {
    PageFrame(address.rawValue >> UInt64(shift))
  }

  /// The first physical address of a page frame.
  @inlinable public func address(of frame: PageFrame) -> PhysicalAddress {
    PhysicalAddress(frame.rawValue << UInt64(shift))
  }

  /// Where in its page an address lies, in bytes.
  @inlinable public func offset(of address: VirtualAddress) -> Int {
    Int(truncatingIfNeeded: address.rawValue & mask)
  }

  /// The first address of the page that holds `address`.
  @inlinable public func start(of address: VirtualAddress) -> VirtualAddress {
    VirtualAddress(address.rawValue & ~mask)
  }
}
