import DebugInfo
import Evidence
import KernelImage
import Memory

/// The objects of one type in a kernel, and what is known of them before memory is scanned.
struct CountedObjects: Sendable {
  private let type: CountedType
  private let structure: Structure
  private let kernel: Kernel
  private let census: Census
  private let dentries: DentryTable?
  private let reader: CountReader
  private let witnesses: [WitnessCheck]
  private let condition: (field: Field, bits: UInt64?)?
  private let pin: Field?
  private let allowances: [Field]

  /// Finds the type; nil when the kernel has none, or its debug information lacks what tells it.
  init?(_ type: CountedType, _ kernel: Kernel, census: Census, dentries: DentryTable?) {
    if case .caches(let names) = type.place {
      guard names.contains(where: { !census.caches(named: $0).isEmpty }) else { return nil }
    }
    guard let structure = kernel.types.structure(type.name, near: type.anchors),
      let reader = CountReader(type.counts, of: structure, in: kernel)
    else { return nil }
    let witnesses = type.witnesses.compactMap { WitnessCheck($0, of: structure, kernel, census) }
    guard witnesses.count == type.witnesses.count else { return nil }
    switch type.condition {
    case nil: condition = nil
    case .bits(let path, let bits):
      guard let field = structure.field(path) else { return nil }
      condition = (field, bits)
    case .zero(let path):
      guard let field = structure.field(path) else { return nil }
      condition = (field, nil)
    }
    self.type = type
    self.structure = structure
    self.kernel = kernel
    self.census = census
    self.dentries = dentries
    self.reader = reader
    self.witnesses = witnesses
    pin = type.pin.flatMap { structure.field($0) }
    allowances = type.allowances.compactMap { structure.field($0) }
  }

  /// What memory is to be scanned for: the objects that the known holders do not explain.
  func inquiry() -> Inquiry {
    let tally = HolderTally(type, kernel, census: census)
    let traits = TraitReader(type, structure, kernel, census: census, dentries: dentries)
    var suspects: [Suspect] = []
    for address in addresses {
      guard let object = census.object(containing: address),
        let slot = UInt32(exactly: census.slot(of: object)),
        census.stateKind(of: Int(slot)) == .allocated,
        let count = reader.count(at: address), count > 0, isLookedAt(address)
      else { continue }
      let (pins, isPinned) = pins(of: address)
      let holders = tally.holders(of: slot)
      guard count > pins + holders.total else { continue }
      var suspect = traits.suspect(slot, at: address, count: count, pins: pins, holders: holders)
      suspect.mayBeNumbered = type.mayBeNumbered && !isPinned
      suspects.append(suspect)
    }
    var inquiry = Inquiry(
      count: reader.path, expression: reader.expression, type: type.name, suspects: suspects)
    inquiry.tables = Set(type.tables.flatMap { census.caches(named: $0) })
    inquiry.links = structure.ranges(of: type.links, from: type.firstLink)
    if type.pagesHoldNobody, structure.size > 0 { inquiry.pageLinks = [0..<structure.size] }
    return inquiry
  }

  /// The words that lead to suspects and hold nobody, and are not in the objects themselves.
  func strangers(to slots: Set<UInt32>) -> Set<VirtualAddress> {
    var found: Set<VirtualAddress> = []
    for pointers in type.strangers {
      found.formUnion(PointerSearch(pointers, kernel, census: census)?.places(to: slots) ?? [])
    }
    let superblock = type.superblockPointers.isEmpty ? nil : structure.superblock(kernel)
    for field in type.superblockPointers.compactMap({ superblock?.field($0) }) {
      for address in dentries.map({ Array($0.fileSystems.keys) }) ?? [] {
        found.insert(address.advanced(by: field.offset))
      }
    }
    return found
  }

  private var addresses: [VirtualAddress] {
    switch type.place {
    case .caches(let names):
      names.flatMap { census.caches(named: $0) }.flatMap { census.allocated(inCache: $0) }
    case .protocols: ProtocolCaches(kernel, census: census).objects
    case .devices: DeviceList(kernel).devices
    }
  }

  private func isLookedAt(_ address: VirtualAddress) -> Bool {
    guard witnesses.allSatisfy({ $0.holds(at: address, in: kernel, census) }) else { return false }
    guard let condition else { return true }
    guard let value = kernel.value(condition.field, at: address) else { return false }
    return condition.bits.map { value & $0 != 0 } ?? (value == 0)
  }

  private func pins(of address: VirtualAddress) -> (count: Int, isPinned: Bool) {
    let isPinned = pin.map { kernel.value($0, at: address) != 0 } ?? false
    var pins = type.ownReferences + (isPinned ? 1 : 0)
    for allowance in allowances {
      pins += min(kernel.count(allowance, at: address) ?? 0, 1 << 16)
    }
    return (pins, isPinned)
  }
}

/// The check that a member leads to where it does in objects of the type.
private struct WitnessCheck: Sendable {
  let field: Field
  let caches: Set<Int>
  let variables: [VirtualAddress]

  init?(
    _ witness: CountedType.Witness, of structure: Structure, _ kernel: Kernel, _ census: Census
  ) {
    guard let field = structure.firstField(witness.path) else { return nil }
    self.field = field
    caches = Set(witness.caches.flatMap { census.caches(named: $0) })
    variables = witness.variables.compactMap { kernel.address(of: $0) }
  }

  func holds(at address: VirtualAddress, in kernel: Kernel, _ census: Census) -> Bool {
    guard let target = kernel.pointer(field, at: address) else { return false }
    guard let object = census.object(containing: target) else { return variables.contains(target) }
    return caches.contains(Int(census.slabs[object.slab].cache))
  }
}

extension Structure {
  /// `struct super_block`, as the units of this structure have it.
  fileprivate func superblock(_ kernel: Kernel) -> Structure? {
    table.structure(named: "super_block")
      ?? kernel.types.structure("super_block", near: ["generic_shutdown_super", "mntget"])
  }

  /// A member; `a[].b` is that of the first element of an array.
  fileprivate func firstField(_ path: String) -> Field? {
    let parts = path.split(separator: "[]." as Substring)
    guard parts.count == 2 else { return field(path) }
    guard let base = place(of: String(parts[0])),
      let inner = target(of: String(parts[0]))?.field(String(parts[1]))
    else { return nil }
    return Field(offset: base + inner.offset, size: inner.size)
  }

  /// Where members lie, as far as there are any with these names, without the first bytes.
  ///
  /// Who holds an object has a pointer to its first byte, whatever member that belongs to, and may
  /// keep something else in the lowest three bits, as io_uring does for files.
  func ranges(of members: [String], from first: Int = 8) -> [Range<Int>] {
    members.compactMap { name in
      guard let member = member(name), let size = table.size(of: member.type),
        let start = place(of: name), (1...4096).contains(size)
      else { return nil }
      return start + size > first ? max(start, first)..<(start + size) : nil
    }
  }
}
