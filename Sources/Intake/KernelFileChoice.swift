import DebugInfo
import DumpFiles
import Elfutils
import Foundation
import KernelImage
import Memory

/// The debug file that belongs to the kernel in a dump.
struct KernelFileChoice {
  /// The file.
  let file: KernelDebugFile
  /// How far the kernel ran from where it was linked, in bytes.
  let relocation: UInt64
  /// The symbols of the kernel as it ran.
  let symbols: SymbolTable
  /// The same, to add those of modules to.
  let collected: SymbolTableBuilder
  /// How it is known that the file belongs to the kernel.
  let match: String
  /// What the user should know about the choice.
  let remarks: [String]

  /// Takes the file that the user names, or the first that is found and belongs to the kernel.
  ///
  /// Throws when there is none, or when it is another kernel's and the user does not insist.
  init(opening: KernelOpening, options: CaseOptions) throws(IntakeFailure) {
    if let path = options.vmlinux {
      try self.init(path: path, opening: opening, force: options.force)
      return
    }
    let places = DebugFilePlaces(release: opening.release, buildID: opening.info.buildID)
    let found = places.kernelFiles.filter { FileManager.default.isReadableFile(atPath: $0) }
    var refusals: [String] = []
    for path in found {
      do throws(IntakeFailure) {
        try self.init(path: path, opening: opening, force: options.force)
        return
      } catch {
        refusals.append(error.sentence)
      }
    }
    throw IntakeFailure(.data, Self.missing(places, refusals: refusals))
  }

  private init(path: String, opening: KernelOpening, force: Bool) throws(IntakeFailure) {
    do throws(DebugFileFailure) {
      file = try KernelDebugFile(path: path, expecting: opening.machine)
    } catch {
      throw IntakeFailure(error, path: path)
    }
    guard file.hasTypes else {
      throw IntakeFailure(
        .data, "\(path): it has no debug information; install \(Self.package(opening))")
    }
    relocation = Self.relocation(of: file, opening: opening)
    var collected = SymbolTableBuilder()
    file.addSymbols(to: &collected, relocation: relocation)
    self.collected = collected
    symbols = SymbolTable(collected)
    let check = opening.identity(
      ofVmlinuxWith: file.buildID, banner: file.banner, symbols: symbols)
    switch check.verdict {
    case .match:
      match = check.comparisons.first(where: \.agrees)?.mark.words ?? ""
      remarks = []
    case .unknown:
      match = "nothing that could tell whether it is the kernel's"
      remarks = ["whether \(path) belongs to this kernel cannot be told"]
    case .mismatch:
      guard force else { throw IntakeFailure(.data, Self.mismatch(path, opening, check)) }
      match = Self.forced
      remarks = ["\(path) is of another build than this kernel: names and types may be wrong"]
    }
  }

  /// What stands in the place of a match where there is none.
  static let forced = "not the kernel's, taken because of --force"

  /// KASLR's offset; kernels that do not tell it are measured against the file's own addresses.
  private static func relocation(of file: KernelDebugFile, opening: KernelOpening) -> UInt64 {
    if let told = opening.relocation { return told }
    var builder = SymbolTableBuilder()
    file.addSymbols(to: &builder, relocation: 0)
    let linked = SymbolTable(builder)
    return opening.relocation { linked.symbol(named: $0)?.address } ?? 0
  }

  private static func package(_ opening: KernelOpening) -> String {
    DebugFilePlaces(release: opening.release, buildID: nil).package
      ?? "the distribution's package with the kernel's debug information"
  }

  private static func missing(_ places: DebugFilePlaces, refusals: [String]) -> String {
    let buildID = places.buildID.map { " (build ID \($0))" } ?? ""
    let kernel = places.release.map { "Linux \($0)\(buildID)" } ?? "the kernel\(buildID)"
    let looked =
      refusals.isEmpty
      ? "it is not at " + places.kernelFiles.joined(separator: ", ")
      : refusals.joined(separator: "; ")
    let advice = places.package.map { "install \($0) or name" } ?? "name"
    return "no vmlinux of \(kernel): \(looked); \(advice) the file with --vmlinux"
  }

  private static func mismatch(
    _ path: String, _ opening: KernelOpening, _ check: IdentityCheck
  ) -> String {
    let differences = check.comparisons.filter { !$0.agrees }.map {
      "\($0.mark.words): dump \($0.dump ?? "unreadable"), file \($0.vmlinux)"
    }
    return "\(path): it is of another build than the kernel in the dump "
      + "(\(differences.joined(separator: "; "))); "
      + "install \(package(opening)), or insist with --force"
  }
}

extension IdentityCheck.Mark {
  /// The mark in words that fit behind "the same".
  fileprivate var words: String {
    switch self {
    case .vmcoreinfo: "build ID in VMCOREINFO"
    case .notes: "build ID in the kernel's notes"
    case .banner: "linux_banner"
    }
  }
}
