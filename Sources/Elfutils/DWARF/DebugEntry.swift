internal import CElfutils
internal import DebugInfo

/// A debugging information entry (DIE): a tag and some attributes.
///
/// It is valid as long as the `DwarfFile` it comes from. An attribute that is missing, damaged or of
/// another form than asked for reads as nil.
@safe struct DebugEntry {
  private let entry: Dwarf_Die

  init(_ entry: Dwarf_Die) { unsafe self.entry = entry }

  /// A number that no other entry has, of this or any other file.
  var identity: UInt { unsafe UInt(bitPattern: entry.addr) }

  /// One of `DW_TAG_*`; 0 when damaged.
  var tag: Int {
    var entry = unsafe entry
    return Int(max(0, unsafe dwarf_tag(&entry)))
  }

  /// Where it lies in its section.
  var offset: UInt64 {
    var entry = unsafe entry
    return unsafe dwarf_dieoffset(&entry)
  }

  /// The entries one level below, in order.
  var children: Children { Children(of: self) }

  /// Whether it has an attribute.
  func has(_ attribute: Int) -> Bool {
    var entry = unsafe entry
    return unsafe dwarf_hasattr(&entry, UInt32(attribute)) == 1
  }

  /// A constant that is not negative.
  func unsigned(_ attribute: Int) -> UInt64? {
    unsafe withAttribute(attribute) { attribute in
      var value: Dwarf_Word = 0
      return unsafe dwarf_formudata(&attribute, &value) == 0 ? value : nil
    }
  }

  /// A constant whose sign its form may tell.
  func signed(_ attribute: Int) -> Int64? {
    unsafe withAttribute(attribute) { attribute in
      var signed: Dwarf_Sword = 0
      var unsigned: Dwarf_Word = 0
      // Forms of a fixed size do not tell whether the value is signed; compilers use them for those
      // that are not.
      let form = unsafe Int(dwarf_whatform(&attribute))
      if form == DW_FORM_sdata || form == DW_FORM_implicit_const {
        return unsafe dwarf_formsdata(&attribute, &signed) == 0 ? signed : nil
      }
      return unsafe dwarf_formudata(&attribute, &unsigned) == 0
        ? Int64(bitPattern: unsigned) : nil
    }
  }

  /// A flag; false when missing.
  func flag(_ attribute: Int) -> Bool {
    unsafe withAttribute(attribute) { attribute in
      var value = false
      return unsafe dwarf_formflag(&attribute, &value) == 0 ? value : nil
    } ?? false
  }

  /// The entry that an attribute refers to, in whatever unit or file.
  func reference(_ attribute: Int) -> DebugEntry? {
    unsafe withAttribute(attribute) { attribute in
      var target = unsafe Dwarf_Die()
      guard unsafe dwarf_formref_die(&attribute, &target) != nil else { return nil }
      return unsafe DebugEntry(target)
    }
  }

  /// Text, of which `names` keeps one copy.
  func text(_ attribute: Int, _ names: inout NameCache) -> String? {
    var pointer: UnsafePointer<CChar>?
    let found: Bool? = unsafe withAttribute(attribute) { attribute in
      unsafe pointer = dwarf_formstring(&attribute)
      return true
    }
    guard found == true else { return nil }
    return unsafe names.copy(pointer)
  }

  /// A number for the place in the file where text stands; equal text often stands in one place.
  func textPlace(_ attribute: Int) -> UInt? {
    unsafe withAttribute(attribute) { attribute in
      unsafe dwarf_formstring(&attribute).map { UInt(bitPattern: $0) }
    }
  }

  /// The operations of a location expression that is not a list, as they stand in the file.
  func expression(_ attribute: Int) -> [UInt8]? {
    unsafe withAttribute(attribute) { attribute in
      var block = unsafe Dwarf_Block()
      // A static address or a member offset takes at most 11 bytes.
      guard unsafe dwarf_formblock(&attribute, &block) == 0, unsafe block.length <= 11,
        let data = unsafe block.data
      else { return nil }
      return unsafe [UInt8](UnsafeBufferPointer(start: data, count: Int(block.length)))
    }
  }

  /// The address of an object with static storage; nil for any other.
  var staticAddress: UInt64? {
    guard let expression = expression(DW_AT_location), let operation = expression.first
    else { return nil }
    switch Int(operation) {
    case DW_OP_addr where expression.count == 9:
      return expression.dropFirst().reversed().reduce(0) { $0 << 8 | UInt64($1) }
    case DW_OP_addrx, DW_OP_GNU_addr_index: return indexedAddress
    default: return nil
    }
  }

  /// An address that stands in a table of addresses, as clang writes it.
  private var indexedAddress: UInt64? {
    unsafe withAttribute(DW_AT_location) { location in
      var operations: UnsafeMutablePointer<Dwarf_Op>?
      var count = 0
      var entry = unsafe Dwarf_Attribute()
      var address: Dwarf_Addr = 0
      guard unsafe dwarf_getlocation(&location, &operations, &count) == 0, count == 1,
        let operations = unsafe operations,
        unsafe dwarf_getlocation_attr(&location, operations, &entry) == 0,
        unsafe dwarf_formaddr(&entry, &address) == 0
      else { return nil }
      return address
    }
  }

  /// The first address of its code; nil when it has none of its own.
  var firstCode: UInt64? {
    var entry = unsafe entry
    var address: Dwarf_Addr = 0
    if unsafe dwarf_lowpc(&entry, &address) == 0 { return address }
    // A function in several pieces begins with the first: the compiler puts the cold ones last.
    var base: Dwarf_Addr = 0
    var end: Dwarf_Addr = 0
    guard unsafe dwarf_ranges(&entry, 0, &base, &address, &end) > 0 else { return nil }
    return address
  }

  /// The source file and line of its own declaration attributes.
  func declaration(_ names: inout NameCache) -> (file: String, line: Int?)? {
    guard let number = unsigned(DW_AT_decl_file).flatMap({ Int(exactly: $0) }),
      let file = file(number, &names)
    else { return nil }
    let line = unsigned(DW_AT_decl_line).flatMap { Int(exactly: $0) }
    return (file, line == 0 ? nil : line)
  }

  /// The path of a file of its unit's line table.
  private func file(_ number: Int, _ names: inout NameCache) -> String? {
    // libdw's `dwarf_decl_file` knows no file 0, which is the unit's own since DWARF 5, and names it
    // `???` in earlier versions, which have none.
    var entry = unsafe entry
    var unit = unsafe Dwarf_Die()
    var files: OpaquePointer?
    var count = 0
    guard unsafe dwarf_diecu(&entry, &unit, nil, nil) != nil,
      unsafe dwarf_getsrcfiles(&unit, &files, &count) == 0, number < count,
      let name = unsafe names.copy(dwarf_filesrc(files, number, nil, nil)), name != "???"
    else { return nil }
    return name
  }

  /// The ranges of addresses of its code; those that are not code of the file may be among them.
  var codeRanges: [Range<UInt64>] {
    var entry = unsafe entry
    var base: Dwarf_Addr = 0
    var start: Dwarf_Addr = 0
    var end: Dwarf_Addr = 0
    var ranges: [Range<UInt64>] = []
    var next = unsafe dwarf_ranges(&entry, 0, &base, &start, &end)
    // A unit of the kernel has a few thousand ranges at most.
    while next > 0, ranges.count < 1_000_000 {
      if start < end { ranges.append(start..<end) }
      unsafe next = dwarf_ranges(&entry, next, &base, &start, &end)
    }
    return ranges
  }

  /// The line of source that its unit's line table gives for an address.
  ///
  /// With `room` for a function's beginning, it is the first that begins within so many bytes.
  func sourceLine(of address: UInt64, room: UInt64) -> SourceLine? {
    for offset in 0...room {
      var entry = unsafe entry
      var number: Int32 = 0
      var start: Dwarf_Addr = 0
      guard let line = unsafe dwarf_getsrc_die(&entry, address &+ offset),
        let file = unsafe CText.copy(dwarf_linesrc(line, nil, nil)),
        unsafe dwarf_lineno(line, &number) == 0, number > 0,
        unsafe dwarf_lineaddr(line, &start) == 0, room == 0 || start >= address
      else { continue }
      return SourceLine(file: file, line: Int(number))
    }
    return nil
  }

  private func withAttribute<Result>(
    _ number: Int, _ read: (inout Dwarf_Attribute) -> Result?
  ) -> Result? {
    var entry = unsafe entry
    var attribute = unsafe Dwarf_Attribute()
    guard unsafe dwarf_attr(&entry, UInt32(number), &attribute) != nil else { return nil }
    return unsafe read(&attribute)
  }
}

extension DebugEntry {
  /// The entries one level below an entry.
  @safe struct Children: Sequence, IteratorProtocol {
    private var upcoming: DebugEntry?

    init(of parent: DebugEntry) {
      var entry = unsafe parent.entry
      var child = unsafe Dwarf_Die()
      if unsafe dwarf_child(&entry, &child) == 0 { upcoming = unsafe DebugEntry(child) }
    }

    mutating func next() -> DebugEntry? {
      guard let current = upcoming else { return nil }
      var entry = unsafe current.entry
      var sibling = unsafe Dwarf_Die()
      upcoming = nil
      // Siblings follow each other in the file; damage must not lead back.
      if unsafe dwarf_siblingof(&entry, &sibling) == 0, unsafe sibling.addr > entry.addr {
        upcoming = unsafe DebugEntry(sibling)
      }
      return current
    }
  }
}
