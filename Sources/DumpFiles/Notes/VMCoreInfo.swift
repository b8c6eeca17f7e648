internal import ByteKit
public import Memory

/// What a kernel says of itself for those who read its dumps: the lines of VMCOREINFO.
///
/// Which lines there are: kernel/vmcore_info.c (kernel/crash_core.c before 6.9) and
/// arch/*/kernel/vmcore_info.c.
public struct VMCoreInfo: Hashable, Sendable {
  /// The lines as they stand in the dump.
  public let text: String
  private let values: [String: String]

  /// Reads lines of the form `KEY=VALUE`; other lines are passed over.
  ///
  /// The first line of a key counts, as it does for makedumpfile and crash.
  public init(text: String) {
    self.text = text
    var values: [String: String] = [:]
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let key = String(line[..<equals])
      if values[key] == nil { values[key] = String(line[line.index(after: equals)...]) }
    }
    self.values = values
  }

  /// Who defines the note that holds the lines.
  public static let noteOwner = "VMCOREINFO"

  /// The lines as the note that a dump has.
  public var note: Note { Note(owner: Self.noteOwner, type: 0, contents: Bytes(Array(text.utf8))) }

  /// The text after the `=` of a line.
  public subscript(key: String) -> String? { values[key] }

  /// The release, as `uname -r` prints it.
  public var osRelease: String? { self["OSRELEASE"] }

  /// The build ID of vmlinux in lower-case digits (since 5.9; some stable releases wrote garbage).
  public var buildID: String? { self["BUILD-ID"] }

  /// The kernel's page size.
  public var pageSize: PageSize? {
    self["PAGESIZE"].flatMap { UInt64($0) }.flatMap(PageSize.init(bytes:))
  }

  /// The architecture, by the lines that only one of them has.
  public var machine: Machine? {
    if number("kimage_voffset") != nil { return .arm64 }
    return symbol("init_top_pgt") != nil || symbol("init_level4_pgt") != nil ? .x86_64 : nil
  }

  /// How far KASLR moved the kernel's image from where it was linked, in bytes.
  public var kernelOffset: UInt64? { self["KERNELOFFSET"].flatMap { UInt64($0, radix: 16) } }

  /// The address of a symbol, as the kernel ran: `SYMBOL(name)`.
  public func symbol(_ name: String) -> VirtualAddress? {
    self["SYMBOL(\(name))"].flatMap { UInt64($0, radix: 16) }.map { VirtualAddress($0) }
  }

  /// A number, `NUMBER(name)`: decimal, or hexadecimal behind `0x`.
  ///
  /// An address above the middle of the address space comes out negative; `UInt64(bitPattern:)`
  /// turns it back.
  public func number(_ name: String) -> Int64? {
    self["NUMBER(\(name))"].flatMap(Int64.init(numberLine:))
  }

  /// The size of a type in bytes, `SIZE(type)`.
  public func size(_ type: String) -> Int? { self["SIZE(\(type))"].flatMap { Int($0) } }

  /// The offset of a member in bytes, `OFFSET(type.member)`.
  public func offset(_ member: String) -> Int? { self["OFFSET(\(member))"].flatMap { Int($0) } }

  /// The number of elements of an array, `LENGTH(array)`.
  public func length(_ array: String) -> Int? { self["LENGTH(\(array))"].flatMap { Int($0) } }
}

extension Int64 {
  /// Reads what the kernel prints with `%ld`, `%lu`, `0x%llx`.
  fileprivate init?(numberLine text: String) {
    if text.hasPrefix("0x") {
      guard let bits = UInt64(text.dropFirst(2), radix: 16) else { return nil }
      self.init(bitPattern: bits)
    } else if let value = Int64(text) {
      self = value
    } else if let bits = UInt64(text) {
      self.init(bitPattern: bits)
    } else {
      return nil
    }
  }
}
