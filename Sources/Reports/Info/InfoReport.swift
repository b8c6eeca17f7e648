public import Evidence
internal import Memory

/// What was given: format, kernel, what is missing.
public struct InfoReport: Report {
  private let input: InputDescription

  /// A report on inputs that need not be of any use.
  public init(_ input: InputDescription) { self.input = input }

  /// The schema `slabscope.info/1`.
  public func json() throws -> String {
    try EncodedInfo(input: EncodedInput(input)).jsonDocument()
  }

  /// A fact a line, then the remarks.
  public func text(style: TextStyle) -> String {
    let facts = files + kernel + pages
    let width = facts.reduce(0) { max($0, $1.name.count) }
    var text = ""
    for fact in facts {
      text += style.strong(fact.name.padded(to: width)) + "  " + fact.value.printable + "\n"
    }
    for remark in input.remarks { text += "note: \(remark.printable)\n" }
    return text
  }

  private typealias Fact = (name: String, value: String)

  private var files: [Fact] {
    input.files.map { ("input", "\($0.path): \($0.format), \($0.size.byteSize)") }
  }

  private var kernel: [Fact] {
    let identity = input.kernel
    let relocation = identity.relocation.map {
      $0 == 0 ? "none" : "moved by 0x" + String($0, radix: 16)
    }
    let debugFile =
      switch input.vmlinux {
      case .found(let path, let match): "\(path): \(match)"
      case .missing(let sentence): "none: \(sentence)"
      case .unusable(let path, let sentence): "\(path) is of no use: \(sentence)"
      case .untried(let path):
        (path ?? "none") + ": not looked at, since no kernel can be found in the input"
      }
    return [
      ("kernel", identity.release ?? Self.unknown),
      ("machine", identity.machine?.rawValue ?? Self.unknown),
      ("build ID", identity.buildID ?? Self.unknown),
      ("KASLR", relocation ?? Self.unknown),
      ("vmlinux", debugFile),
    ] + [modules].compactMap { $0 }
  }

  private var modules: Fact? {
    guard let modules = input.modules else { return nil }
    let files = modules.compactMap(\.path)
    let more = files.count > Self.filesShown ? ", …" : ""
    let shown = files.prefix(Self.filesShown).joined(separator: ", ") + more
    let used = files.isEmpty ? "" : ": \(shown)"
    return ("modules", "\(modules.count.grouped) loaded, files of \(files.count.grouped)\(used)")
  }

  private static let filesShown = 5

  private var pages: [Fact] {
    let level = input.dumpLevel.map { "\($0) (\(Self.meaning(ofDumpLevel: $0)))" }
    let total = input.pages.reduce(0) { $0 + $1.pages }
    let memory = input.pages.map { "\($0.pages.grouped) \($0.condition)" }
    return [
      ("dump level", level ?? "not told by the format"),
      ("page size", input.pageSize.byteSize),
      (
        "pages",
        memory.isEmpty
          ? Self.unknown : "\(total.grouped): " + memory.joined(separator: ", ") + holes
      ),
    ]
  }

  private var holes: String {
    input.holes > 0 ? "; \(input.holes.grouped) between them are no memory" : ""
  }

  private static let unknown = "not known"

  /// What makedumpfile leaves out at a dump level: a bit for each kind of page.
  private static func meaning(ofDumpLevel level: Int) -> String {
    let kinds = ["zero", "cache", "private cache", "user", "free"]
    let left = kinds.enumerated().filter { level >> $0.offset & 1 != 0 }.map(\.element)
    return left.isEmpty ? "all pages kept" : "left out: \(left.joined(separator: ", ")) pages"
  }
}
