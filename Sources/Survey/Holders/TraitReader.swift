import DebugInfo
import Evidence
import KernelImage
import Memory

/// Reads what tells objects of one type apart: their file system, operations, name.
struct TraitReader: Sendable {
  private let type: CountedType
  private let kernel: Kernel
  private let census: Census
  private let dentries: DentryTable?
  private let operations: Field?
  private let proxy: Field?
  private let dentry: [Field]
  private let root: Field?
  private let label: (way: [Field], place: Range<Int>)?
  private let keeps: [Field]

  /// Finds the members.
  init(
    _ type: CountedType, _ structure: Structure, _ kernel: Kernel, census: Census,
    dentries: DentryTable?
  ) {
    self.type = type
    self.kernel = kernel
    self.census = census
    self.dentries = dentries
    operations = type.operations.flatMap { structure.field($0) }
    proxy = type.proxy.flatMap { structure.field($0) }
    dentry = type.dentry.flatMap { structure.way($0) } ?? []
    root = type.root.flatMap { structure.field($0) }
    label = type.label.flatMap { structure.text($0) }
    keeps = type.keeps.compactMap { structure.field($0) }
  }

  /// Describes an object.
  func suspect(
    _ slot: UInt32, at address: VirtualAddress, count: Int, pins: Int, holders: Overcount.Holders
  ) -> Suspect {
    var lot = Suspect.Lot(type: type.name)
    lot.operations = kernel.pointer(operations, at: address)
    lot.label = text(at: address)
    let place = dentry.isEmpty ? nil : follow(dentry, from: address)
    let entry = (root.map { kernel.pointer($0, at: address) } ?? place)
      .flatMap { dentries?.entry(at: $0) }
    lot.fileSystem = entry.flatMap { dentries?.fileSystems[$0.superblock]?.name }
    if !type.isOfAnySuperblock { lot.superblock = entry?.superblock }
    var suspect = Suspect(
      slot: slot, address: address, count: count, pins: pins, holders: holders, lot: lot,
      dentry: place)
    suspect.superblock = entry?.superblock
    suspect.proxy = proxy.flatMap { kernel.pointer($0, at: address) }.flatMap { slotOf($0) }
    suspect.kept = keeps.compactMap { kernel.pointer($0, at: address) }.compactMap { slotOf($0) }
    return suspect
  }

  private func slotOf(_ address: VirtualAddress) -> UInt32? {
    census.object(containing: address)
      .map { UInt32(truncatingIfNeeded: census.slot(of: $0)) }
      .flatMap { census.stateKind(of: Int($0)) == .allocated ? $0 : nil }
  }

  private func follow(_ way: [Field], from address: VirtualAddress) -> VirtualAddress? {
    var place = address
    for field in way {
      guard let next = kernel.pointer(field, at: place) else { return nil }
      place = next
    }
    return place
  }

  private func text(at address: VirtualAddress) -> String? {
    guard let label, let place = follow(label.way, from: address),
      let text = try? kernel.memory.string(
        at: place.advanced(by: label.place.lowerBound), limit: label.place.count),
      !text.isEmpty
    else { return nil }
    return text
  }
}

extension Structure {
  /// The pointers of a path whose steps are separated by `->`.
  fileprivate func way(_ path: String) -> [Field]? {
    guard let (owner, fields, last) = walk(path), let field = owner.field(last), field.size == 8
    else { return nil }
    return fields + [field]
  }

  /// The array of characters that a path leads to.
  fileprivate func text(_ path: String) -> (way: [Field], place: Range<Int>)? {
    guard let (owner, fields, last) = walk(path), let member = owner.member(last),
      let start = owner.place(of: last), let size = owner.table.size(of: member.type),
      (1...256).contains(size)
    else { return nil }
    return (fields, start..<(start + size))
  }

  private func walk(_ path: String) -> (owner: Structure, fields: [Field], last: String)? {
    var owner = self
    var fields: [Field] = []
    var steps = path.split(separator: "->" as Substring).map(String.init)
    guard let last = steps.popLast() else { return nil }
    for step in steps {
      guard let field = owner.field(step), field.size == 8, let next = owner.target(of: step)
      else { return nil }
      fields.append(field)
      owner = next
    }
    return (owner, fields, last)
  }
}
