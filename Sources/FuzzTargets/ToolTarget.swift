internal import Analysis
internal import ByteKit
internal import Glibc
internal import Intake
internal import Reports

/// All that the tool does with a file of any kind.
struct ToolTarget: FuzzTarget {
  var name: String { "tool" }

  /// The seeds of all formats, and sessions.
  func seeds() throws -> [[UInt8]] {
    try [DumpTarget.elf, .kdump, .flattened, .lime].flatMap { try $0.seeds() }
      + SessionTarget().seeds()
  }

  /// Describes the file, and says what leaks if that can be told without debug information.
  func run(_ input: Bytes) async {
    let path = "/dev/shm/slabscope-fuzz-\(getpid())"
    guard let file = try? OutputFile(creating: path) else { return }
    defer { file.remove() }
    guard (try? file.write(input.array)) != nil, (try? file.close()) != nil else { return }
    do throws(IntakeFailure) {
      KernelTarget.print(InfoReport(try await Case.describe([path], options: CaseOptions())))
      let (subject, description) = try await Case.open([path], options: CaseOptions())
      KernelTarget.print(
        AnalysisReport(
          subject, input: description, investigation: await Investigation(of: subject),
          command: "fuzz"))
      KernelTarget.print(CachesReport(subject))
    } catch {
      precondition(error.status != .software && !error.sentence.isEmpty)
    }
  }
}
