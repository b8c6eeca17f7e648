import Evidence
import FixtureKit
import Foundation
import Intake
import Memory
import Testing

@Suite("Inputs that cannot be analysed")
struct CaseTests {
  /// Writes a file for the time of one test.
  private func withFile<Result>(
    _ bytes: [UInt8], _ body: (String) async throws -> Result
  ) async throws -> Result {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try await body(file.path)
  }

  /// A core with one page of memory and a VMCOREINFO of these lines.
  private func core(_ info: VMCoreInfoBuilder?) -> ELFCoreBuilder {
    var image = PhysicalImage()
    image.write([UInt8](repeating: 1, count: 4096), at: PhysicalAddress(0x10_0000))
    var builder = ELFCoreBuilder(memory: image)
    if let info { builder.notes = [.vmcoreinfo(info.text)] }
    return builder
  }

  @Test("the exit status says what kind of failure it is")
  func statuses() async {
    func status(_ inputs: [String]) async -> Intake.ExitStatus? {
      do throws(IntakeFailure) {
        _ = try await Case.describe(inputs, options: CaseOptions())
        return nil
      } catch {
        return error.status
      }
    }
    #expect(await status(["/no/such/vmcore"]) == .noInput)
    #expect(await status(["/"]) == .data)
    #expect(await status([]) == .usage)
  }

  @Test("a dump without VMCOREINFO is described, and the advice is to make another")
  func withoutVMCoreInfo() async throws {
    let description = try await withFile(core(nil).bytes) {
      try await Case.describe([$0], options: CaseOptions())
    }
    #expect(description.pages.first == .init(condition: .present, pages: 1))
    #expect(description.vmlinux == .untried(path: nil))
    #expect(description.remarks.first?.contains("-device vmcoreinfo") == true)
  }

  @Test("a dump whose page tables are not there is described by its release")
  func withoutPageTables() async throws {
    var info = VMCoreInfoBuilder(release: "6.1.0-50-amd64")
    info.symbol("swapper_pg_dir", VirtualAddress(0xffff_ffff_8260_a000))
    let description = try await withFile(core(info).bytes) {
      try await Case.describe([$0], options: CaseOptions())
    }
    #expect(description.kernel.release == "6.1.0-50-amd64")
    #expect(description.kernel.machine == .x86_64)
  }
}
