import ByteKit
public import DebugInfo
import DumpFiles
import Memory

/// Whether a vmlinux is that of the kernel in a dump, and what tells so.
public struct IdentityCheck: Hashable, Sendable {
  /// Whether it is.
  public enum Verdict: String, Hashable, Sendable {
    /// It is that kernel's.
    case match
    /// It is another kernel's.
    case mismatch
    /// Nothing that could tell can be read.
    case unknown
  }

  /// Something that a kernel and its vmlinux have in common.
  public enum Mark: String, Hashable, Sendable {
    /// The build ID that the kernel wrote into VMCOREINFO.
    ///
    /// Several stable releases wrote garbage there (5.15.168, 6.1.113 to .118, 6.6.55 to .62, 6.10.14,
    /// 6.11.3 to .9), so that a difference alone does not prove anything.
    case vmcoreinfo
    /// The build ID in the section `.notes` of the kernel's image.
    case notes
    /// `linux_banner`, what `/proc/version` shows: release, compiler and time of the build.
    case banner
  }

  /// A mark that was compared.
  public struct Comparison: Hashable, Sendable {
    /// The mark.
    public let mark: Mark
    /// What the dump has, or nil when there is no such thing where the vmlinux has it.
    public let dump: String?
    /// What the vmlinux has.
    public let vmlinux: String

    /// Whether both have the same.
    public var agrees: Bool { dump == vmlinux }
  }

  /// What was compared; marks that the vmlinux lacks or the dump does not hold are left out.
  public let comparisons: [Comparison]

  /// What follows: any agreement is a match.
  ///
  /// It takes the image's own notes or banner to tell a mismatch. The image's notes, where they can be
  /// read as such, count for more than the banner, which two builds may share.
  public var verdict: Verdict {
    let agrees = Dictionary(
      comparisons.map { ($0.mark, $0) }, uniquingKeysWith: { first, _ in first })
    if agrees[.vmcoreinfo]?.agrees == true { return .match }
    if let notes = agrees[.notes], notes.dump != nil { return notes.agrees ? .match : .mismatch }
    if let banner = agrees[.banner] { return banner.agrees ? .match : .mismatch }
    return agrees[.notes] == nil ? .unknown : .mismatch
  }
}

extension KernelOpening {
  /// Compares a vmlinux with the kernel in the dump.
  ///
  /// `buildID` and `banner` are the vmlinux's own, nil where it has none; a build ID is in lower-case
  /// hexadecimal. `symbols` are its symbols as the kernel ran.
  public func identity(
    ofVmlinuxWith buildID: String?, banner: String?, symbols: SymbolTable
  ) -> IdentityCheck {
    func address(_ name: String) -> VirtualAddress? {
      symbols.symbols(named: name).first { $0.module == nil }?.address
    }
    var comparisons: [IdentityCheck.Comparison] = []
    if let buildID, let told = info.buildID {
      comparisons.append(.init(mark: .vmcoreinfo, dump: told.lowercased(), vmlinux: buildID))
    }
    if let buildID, let start = address("__start_notes"), let end = address("__stop_notes"),
      case let size = end.offset(from: start), size <= 1 << 16,
      let found = contents(
        BuildID.find,
        { () throws(Absence) in
          try memory.bytes(at: start, count: Int(size))
        })
    {
      comparisons.append(.init(mark: .notes, dump: found, vmlinux: buildID))
    }
    if let banner, let place = address("linux_banner"),
      let found = contents(
        Self.banner,
        { () throws(Absence) in
          try memory.string(at: place, limit: 1024)
        })
    {
      comparisons.append(.init(mark: .banner, dump: found, vmlinux: Self.line(banner)))
    }
    return IdentityCheck(comparisons: comparisons)
  }

  /// What is found in memory, nothing where the kernel has mapped none; or nil where the dump lacks
  /// the memory, which proves nothing.
  private func contents<Read>(
    _ find: (Read) -> String?, _ read: () throws(Absence) -> Read
  ) -> String?? {
    do throws(Absence) {
      return .some(find(try read()))
    } catch {
      return error == .unmapped ? .some(nil) : nil
    }
  }

  private static func banner(_ text: String) -> String? {
    text.hasPrefix("Linux version ") ? line(text) : nil
  }

  /// The text up to the end of its first line.
  private static func line(_ text: String) -> String { String(text.prefix { $0 != "\n" }) }
}
