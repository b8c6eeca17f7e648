internal import Memory

/// Where the parts of a file lie in the running kernel.
///
/// A kernel is moved as a whole by KASLR, except for per-CPU variables that are linked to addresses
/// from 0 on (x86_64 before v6.15, commit 01157ddc58dc), which are offsets. Each section of a module
/// has a place of its own.
struct Placement: Sendable {
  /// Addresses in the file that are moved by the same distance.
  struct Run: Sendable {
    let linked: ClosedRange<UInt64>
    let distance: UInt64
  }

  /// The runs, none of which overlap in the running kernel.
  let runs: [Run]
  /// For a module, where each of its sections lies, by the section's index.
  let sectionStarts: [Int: UInt64]

  /// Whether it places the sections of a module.
  let isModule: Bool

  /// The addresses of a kernel have the top bit set.
  private static let kernelHalf: UInt64 = 1 << 63

  /// Places a kernel that was moved by `relocation` bytes.
  init(kernel file: ELFFile, relocation: UInt64) {
    var parts = file.segments.filter { $0.address >= Self.kernelHalf }
    if parts.isEmpty {
      parts = file.sections.filter { $0.isLoaded && $0.address >= Self.kernelHalf }
        .map { ($0.address, $0.size) }
    }
    var runs: [Run] = []
    if let first = parts.map(\.address).min(),
      let last = parts.map({ $0.address.addingReportingOverflow($0.size) }).filter({ !$0.overflow })
        .map(\.partialValue).max()
    {
      // The last symbols, such as arm64's `init_pg_dir` and `_end`, lie behind the last segment, but
      // not behind the alignment of the kernel's end: 2 MiB at most.
      let end = last.addingReportingOverflow(0x1f_ffff)
      let roundedEnd = end.overflow ? .max : end.partialValue & ~0x1f_ffff
      runs.append(Run(linked: first...max(first, roundedEnd), distance: relocation))
    }
    if let perCPU = file.section(named: ".data..percpu"), perCPU.address < Self.kernelHalf,
      perCPU.size < Self.kernelHalf
    {
      runs.append(Run(linked: perCPU.address...(perCPU.address + perCPU.size), distance: 0))
    }
    self.runs = runs
    sectionStarts = [:]
    isModule = false
  }

  /// Places a module whose sections lie at these addresses, by their names.
  ///
  /// Those of `.init` sections are ignored: their memory was given back.
  init(module file: ELFFile, sections: [String: VirtualAddress]) {
    var runs: [Run] = []
    var starts: [Int: UInt64] = [:]
    for section in file.sections where section.isLoaded && !section.name.hasPrefix(".init") {
      guard let start = sections[section.name]?.rawValue, start != 0 else { continue }
      let end = start.addingReportingOverflow(section.size)
      guard !end.overflow else { continue }
      starts[section.index] = start
      // The next byte may be the first of another module.
      if section.size > 0 { runs.append(Run(linked: start...(end.partialValue - 1), distance: 0)) }
    }
    self.runs = runs
    sectionStarts = starts
    isModule = true
  }

  /// Where an address of the file lies in the running kernel; nil when it is not in memory there.
  func running(_ linked: UInt64) -> VirtualAddress? {
    runs.first { $0.linked.contains(linked) }
      .map { VirtualAddress(linked &+ $0.distance) }
  }

  /// Which address of the file lies at an address of the running kernel.
  func linked(_ running: VirtualAddress) -> UInt64? {
    runs.first { $0.linked.contains(running.rawValue &- $0.distance) }
      .map { running.rawValue &- $0.distance }
  }
}
