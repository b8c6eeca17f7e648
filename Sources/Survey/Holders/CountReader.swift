import ByteKit
import DebugInfo
import KernelImage
import Memory

/// Reads the count of objects of one type.
struct CountReader: Sendable {
  private enum Coding: Sendable {
    case number
    case lessOne
    case perCPU(taken: Int, dropped: Int?)
  }

  /// The member that has the count, as it is to be looked at.
  let path: String
  /// How drgn computes the count of an object `o`.
  let expression: String
  private let field: Field
  private let coding: Coding
  private let kernel: Kernel

  /// A count beyond this is none: no kernel has memory for as many holders.
  private static let largest = 1 << 30

  /// Takes the first of several counts that the type has.
  init?(_ counts: [CountedType.Count], of structure: Structure, in kernel: Kernel) {
    for count in counts {
      guard let field = structure.field(count.path), field.size == 4 || field.size == 8 else {
        continue
      }
      switch count {
      case .number: coding = .number
      case .lessOne: coding = .lessOne
      case .perCPU(let path, nil):
        guard field.size == 8, structure.member(path) != nil else { continue }
        coding = .perCPU(taken: 0, dropped: nil)
      case .perCPU(let path, let member?):
        guard let part = Self.part(member, behind: path, of: structure) else { continue }
        coding = .perCPU(taken: part, dropped: nil)
      case .perCPUDifference(let path, let taken, let dropped):
        guard let taken = Self.part(taken, behind: path, of: structure),
          let dropped = Self.part(dropped, behind: path, of: structure)
        else { continue }
        coding = .perCPU(taken: taken, dropped: dropped)
      }
      path = count.path
      expression = count.expression
      self.field = field
      self.kernel = kernel
      return
    }
    return nil
  }

  /// Where a four-byte member lies in what a per-CPU pointer leads to.
  private static func part(
    _ member: String, behind path: String, of structure: Structure
  ) -> Int? {
    guard let field = structure.target(of: path)?.field(member), field.size == 4 else { return nil }
    return field.offset
  }

  /// How often an object is held by its own count; nil for what is being freed, for a count that
  /// overflowed, and for what cannot be read.
  func count(at address: VirtualAddress) -> Int? {
    let count: Int
    switch coding {
    case .number:
      guard let value = signed(at: address) else { return nil }
      count = value
    case .lessOne:
      guard let value = signed(at: address), value >= 0 else { return nil }
      count = value &+ 1
    case .perCPU(let taken, let dropped):
      guard let sum = sum(at: address, taken, less: dropped) else { return nil }
      count = sum
    }
    return (0...Self.largest).contains(count) ? count : nil
  }

  private func signed(at address: VirtualAddress) -> Int? {
    kernel.value(field, at: address).map { value in
      field.size == 4
        ? Int(Int32(truncatingIfNeeded: value)) : Int(truncatingIfNeeded: value)
    }
  }

  /// The sum over all CPUs, each of whose parts may have overflowed.
  private func sum(at address: VirtualAddress, _ taken: Int, less dropped: Int?) -> Int? {
    guard let variable = kernel.value(field, at: address), variable != 0,
      let number = Field(offset: 0, size: 4)
    else { return nil }
    var sum: UInt64 = 0
    for cpu in kernel.perCPU.possible {
      let place = kernel.perCPU.address(of: VirtualAddress(variable), cpu: cpu)
      guard let value = kernel.value(number, at: place.advanced(by: taken)) else { return nil }
      sum &+= value
      guard let dropped else { continue }
      guard let value = kernel.value(number, at: place.advanced(by: dropped)) else { return nil }
      sum &-= value
    }
    return Int(Int32(truncatingIfNeeded: sum))
  }
}
