internal import Analysis
internal import ByteKit
internal import Evidence
internal import KernelImage
internal import Memory
internal import Reports
internal import Survey

/// The way from a kernel with wrong words in it to all reports.
struct KernelTarget: FuzzTarget {
  var name: String { "kernel" }

  /// Those of the freelists.
  func seeds() -> [[UInt8]] { FreelistsTarget().seeds() }

  /// Surveys the kernel, looks for leaks, and prints what was found in every way.
  func run(_ input: Bytes) async {
    guard let kernel = FreelistsTarget.kernel(input) else { return }
    guard let subject = await Self.subject(kernel) else { return }
    let listing = ObjectListing(subject, caches: nil, states: Set(ObjectStateKind.allCases))
    listing.write(as: .jsonLines) { _ in }
    let investigation = await Investigation(of: subject)
    Self.print(
      AnalysisReport(subject, input: Self.input, investigation: investigation, command: "fuzz"))
    Self.print(CachesReport(subject))
    Self.print(MemoryReport(subject, input: Self.input, groups: await GhostGroups(of: subject)))
  }

  private static func subject(_ kernel: Kernel) async -> Subject? {
    guard let survey = try? SlabSurvey(kernel) else { return nil }
    let (census, coverage) = await survey.census()
    let scan = MemoryScan(kernel, census: census)
    var subject = Subject(
      kernel: KernelIdentity(
        release: kernel.release, machine: kernel.machine, buildID: nil, relocation: 0),
      census: census, memory: kernel.memory, addressSpace: AddressSpace(kernel.regions),
      symbols: kernel.symbols, types: kernel.types, modules: [], coverage: coverage,
      references: scan, allocations: RecordedAllocations(kernel, census: census),
      audit: ReferenceCounts(kernel, census: census, scan: scan))
    let sockets = SocketSurvey(kernel, census: census).outcome()
    subject.sockets = sockets.sockets
    subject.filelessSockets = sockets.fileless
    if let memory = try? await MemorySurvey(kernel, census: census).account() {
      subject.accounts = [memory.account]
      subject.ghosts = memory.ghosts
    }
    return subject
  }

  /// What the reports say of the input.
  static let input = InputDescription(
    files: [], kernel: KernelIdentity(release: nil, machine: nil, buildID: nil, relocation: nil),
    pageSize: 4096, dumpLevel: nil, pages: [], vmlinux: .missing(sentence: ""), remarks: [])

  /// Prints a report in both forms; that JSON cannot be made is a fault.
  static func print(_ report: some Report) {
    _ = report.text(style: .plain)
    do {
      _ = try report.json()
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
