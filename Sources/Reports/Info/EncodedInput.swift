internal import Evidence
internal import Memory

/// The schema `slabscope.info/1`.
struct EncodedInfo: Encodable, Sendable {
  let schema = "slabscope.info/1"
  let input: EncodedInput
}

/// What was given, in `slabscope.info/1` and `slabscope.analyze/1`.
struct EncodedInput: Encodable, Sendable {
  struct File: Encodable, Sendable {
    let path: String
    let size: Int
    let format: String
  }

  struct Pages: Encodable, Sendable {
    /// A word for the condition.
    let status: String
    let condition: String
    let pages: Int

    init(_ count: InputDescription.PageCount) {
      status = count.condition.status
      condition = count.condition.description
      pages = count.pages
    }
  }

  /// The kernel's debug file; `status` is `found`, `missing`, `unusable` or
  /// `untried`.
  struct DebugFile: Encodable, Sendable {
    let status: String
    @OrNull var path: String?
    /// How it is known to belong to the kernel, or why there is none.
    let reason: String
  }

  /// A loaded module and its file, if one is used.
  struct Module: Encodable, Sendable {
    let name: String
    @OrNull var file: String?
  }

  let files: [File]
  @OrNull var release: String?
  @OrNull var machine: String?
  @OrNull var buildId: String?
  /// How far KASLR moved the kernel, in bytes.
  @OrNull var relocation: UInt64?
  let pageSize: Int
  @OrNull var dumpLevel: Int?
  let pages: [Pages]
  let holes: Int
  let vmlinux: DebugFile
  /// The loaded modules: null where they are not known.
  @OrNull var modules: [Module]?
  let remarks: [String]

  init(_ input: InputDescription) {
    files = input.files.map { File(path: $0.path, size: $0.size, format: $0.format) }
    release = input.kernel.release
    machine = input.kernel.machine?.rawValue
    buildId = input.kernel.buildID
    relocation = input.kernel.relocation
    pageSize = input.pageSize
    dumpLevel = input.dumpLevel
    pages = input.pages.map { Pages($0) }
    holes = input.holes
    vmlinux =
      switch input.vmlinux {
      case .found(let path, let match): DebugFile(status: "found", path: path, reason: match)
      case .missing(let sentence): DebugFile(status: "missing", path: nil, reason: sentence)
      case .unusable(let path, let sentence):
        DebugFile(status: "unusable", path: path, reason: sentence)
      case .untried(let path):
        DebugFile(
          status: "untried", path: path, reason: "no kernel can be found in the input: see remarks")
      }
    modules = input.modules.map { $0.map { Module(name: $0.name, file: $0.path) } }
    remarks = input.remarks
  }
}
