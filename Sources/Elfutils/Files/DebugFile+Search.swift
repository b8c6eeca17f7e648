internal import ByteKit
internal import CElfutils

extension DebugFile.Contents {
  /// The offset of the compile unit that has the code, or defines the object, at an address.
  ///
  /// The code that is described may begin `room` bytes behind the address.
  mutating func offset(ofUnitDefining address: UInt64, room: UInt64) -> UInt64? {
    guard let dwarf else { return nil }
    let mayBeCode = elf.mayBeCode(address)
    if let offset = dwarf.unit(withCodeAt: address, room: room, searchingUnits: mayBeCode) {
      return offset
    }
    return dwarf.unit(withObjectAt: address, neighbours: neighbours)
  }

  /// Whether the debug information can have a type of this name: false only when it cannot.
  mutating func mayDescribe(_ name: String) -> Bool {
    if absentNames.contains(name) { return false }
    // A name of less than four bytes takes less room in place of the offset of its text, and a file
    // that was split by dwz refers to texts of the other part.
    let wanted = Array(name.utf8) + [0]
    guard dwarf != nil, wanted.count > 4, let texts = elf.section(named: ".debug_str"),
      texts.flags & UInt64(SHF_COMPRESSED) == 0, elf.section(named: ".gnu_debugaltlink") == nil
    else { return true }
    let isThere = elf.withContents(of: texts) { $0.contains(wanted) } ?? true
    if !isThere { absentNames.insert(name) }
    return isThere
  }
}

extension ELFFile {
  /// Whether the section that an address lies in is code; a module's sections are not told apart.
  fileprivate func mayBeCode(_ address: UInt64) -> Bool {
    isRelocatable
      || sections.contains {
        $0.isLoaded && $0.flags & UInt64(SHF_EXECINSTR) != 0 && address >= $0.address
          && address - $0.address < $0.size
      }
  }
}

extension RawSpan {
  /// Whether these bytes, four or more, stand anywhere.
  fileprivate func contains(_ wanted: [UInt8]) -> Bool {
    guard wanted.count >= 4, byteCount >= wanted.count else { return wanted.isEmpty }
    let head = wanted.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    for start in 0...(byteCount - wanted.count) where load(UInt32.self, at: start) == head {
      if wanted.indices.allSatisfy({ load(UInt8.self, at: start + $0) == wanted[$0] }) {
        return true
      }
    }
    return false
  }
}
