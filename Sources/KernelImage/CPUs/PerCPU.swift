public import Memory

/// The CPUs of a machine and where each has its copy of the per-CPU variables.
public struct PerCPU: Hashable, Sendable {
  /// The CPUs that could be present, ascending: those online are too few, because a panic takes
  /// CPUs offline while they still own free objects.
  public let possible: [Int]
  /// For each CPU number, the kernel's `__per_cpu_offset`.
  private let offsets: [UInt64]

  /// Describes the CPUs; every number in `possible` must be an index of `offsets`.
  public init(possible: [Int], offsets: [UInt64]) {
    self.possible = possible.filter { offsets.indices.contains($0) }
    self.offsets = offsets
  }

  /// The address of a CPU's copy of the variable that a per-CPU pointer or symbol stands for.
  public func address(of variable: VirtualAddress, cpu: Int) -> VirtualAddress {
    variable.advanced(by: offsets.indices.contains(cpu) ? offsets[cpu] : 0)
  }
}
