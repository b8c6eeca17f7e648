internal import CElfutils
internal import DebugInfo

/// The debug information of one file, read with libdw.
///
/// Addresses are those the file was linked to, or, in a module, those that libdwfl relocated it to.
/// libdw is not made for several threads: an owner guards this with a lock.
@safe final class DwarfFile {
  private let handle: OpaquePointer
  /// Keeps what `handle` reads from open.
  private let owner: AnyObject
  private let ownsHandle: Bool
  private var names = NameCache()

  /// Which unit has which code, as `.debug_aranges` tells it.
  private lazy var listedCode = CodeMap(readRanges())
  /// The same as the units themselves tell it: the list may be missing, or be of some units only.
  private lazy var ownCode = CodeMap(
    units.flatMap { unit in
      unit.codeRanges.map {
        CodeMap.Run(start: $0.lowerBound, end: $0.upperBound, unit: unit.offset)
      }
    })
  /// The offsets of the units, ascending.
  private(set) lazy var unitOffsets = units.map(\.offset)
  /// The offsets of the units by the name of their source file, without its folder.
  private(set) lazy var unitsByFileName: [String: [UInt64]] = {
    var offsets: [String: [UInt64]] = [:]
    for unit in units {
      guard let path = unit.text(DW_AT_name, &names), let name = path.split(separator: "/").last
      else { continue }
      offsets[String(name), default: []].append(unit.offset)
    }
    return offsets
  }()
  /// What is where in all units; slow to make.
  lazy var index = UnitIndex(units)

  /// Reads the debug information of a linked file; nil when it has none.
  init?(_ elf: ELFFile) {
    guard let handle = unsafe dwarf_begin_elf(elf.handle, DWARF_C_READ, nil) else { return nil }
    owner = elf
    unsafe self.handle = handle
    ownsHandle = true
  }

  /// Reads the debug information of a module.
  init?(_ module: RelocatedModule) {
    guard let handle = unsafe module.dwarf else { return nil }
    owner = module
    unsafe self.handle = handle
    ownsHandle = false
  }

  deinit { if ownsHandle { unsafe dwarf_end(handle) } }

  /// The entries of all compile units, in order; those of type and partial units are not among them.
  var units: [DebugEntry] {
    var units: [DebugEntry] = []
    var unit: OpaquePointer?
    var entry = unsafe Dwarf_Die()
    while unsafe dwarf_get_units(handle, unit, &unit, nil, nil, &entry, nil) == 0 {
      let found = unsafe DebugEntry(entry)
      if found.tag == DW_TAG_compile_unit { units.append(found) }
    }
    return units
  }

  /// The entry of the compile unit at an offset of `.debug_info`.
  func unit(at offset: UInt64) -> DebugEntry? {
    var entry = unsafe Dwarf_Die()
    guard unsafe dwarf_offdie(handle, offset, &entry) != nil else { return nil }
    return unsafe DebugEntry(entry)
  }

  /// The offset of the compile unit that has the code at an address, or begins `room` bytes behind it.
  ///
  /// Where `.debug_aranges` does not tell, the units themselves are asked if `searchingUnits` is set.
  func unit(
    withCodeAt address: UInt64, room: UInt64 = 0, searchingUnits: Bool = true
  ) -> UInt64? {
    let end = address &+ room
    if let unit = listedCode.unit(at: address) ?? listedCode.unit(at: end) { return unit }
    return searchingUnits ? ownCode.unit(at: address) ?? ownCode.unit(at: end) : nil
  }

  /// Reads a whole compile unit; `symbols` are those of the running kernel.
  func read(
    unitAt offset: UInt64, placement: Placement, symbols: SymbolTable
  ) -> CompileUnit? {
    unit(at: offset).map {
      UnitReader.read($0, at: placement, symbols: symbols, names: &names)
    }
  }

  private func readRanges() -> [CodeMap.Run] {
    var list: OpaquePointer?
    var count = 0
    guard unsafe dwarf_getaranges(handle, &list, &count) == 0 else { return [] }
    var runs: [CodeMap.Run] = []
    runs.reserveCapacity(count)
    for index in 0..<count {
      var start: Dwarf_Addr = 0
      var length: Dwarf_Word = 0
      var unit: Dwarf_Off = 0
      guard let range = unsafe dwarf_onearange(list, index),
        unsafe dwarf_getarangeinfo(range, &start, &length, &unit) == 0
      else { continue }
      let end = start.addingReportingOverflow(length)
      guard !end.overflow else { continue }
      runs.append(CodeMap.Run(start: start, end: end.partialValue, unit: unit))
    }
    return runs
  }
}
