public import Evidence
internal import Memory

/// What stands beside a trimmed dump: what it was made of, and what was kept.
public struct TrimManifest: Sendable {
  /// How many pages of the dump have each fate.
  public struct Pages: Sendable {
    /// Kept as a whole.
    public var whole: Int
    /// Reduced to pointers to slab objects.
    public var reduced: Int
    /// Left out.
    public var leftOut: Int
    /// Not in the dump before, by condition.
    public var absent: [InputDescription.PageCount]

    /// Describes what was kept.
    public init(whole: Int, reduced: Int, leftOut: Int, absent: [InputDescription.PageCount]) {
      self.whole = whole
      self.reduced = reduced
      self.leftOut = leftOut
      self.absent = absent
    }
  }

  private let encoded: EncodedManifest

  /// Describes a trimmed dump; `verbs` are those whose reports are the same as of the whole dump.
  public init(
    of input: InputDescription, version: String, verbs: [String], isRedacted: Bool, pages: Pages
  ) {
    encoded = EncodedManifest(
      slabscope: version, release: input.kernel.release,
      machine: input.kernel.machine?.rawValue, buildId: input.kernel.buildID,
      pageSize: input.pageSize, verbs: verbs, isRedacted: isRedacted,
      kept: isRedacted ? Self.kept : [],
      pages: .init(
        whole: pages.whole, reduced: pages.reduced, leftOut: pages.leftOut,
        absent: pages.absent.map { EncodedInput.Pages($0) }))
  }

  /// What stays in the pages of a redacted dump.
  private static let kept = [
    "zeros, and numbers below 2^20, alone or two in one word",
    "addresses of the kernel and of programs, error numbers, poison",
    "words that analyses read as values, such as counts, states and ports of sockets, but for text "
      + "of 6 or more characters",
    "page tables and struct page",
    "names of symbols, slab caches and modules",
    "names of file systems and of modules' sections, in other than printable characters",
    "VMCOREINFO",
  ]

  /// The schema `slabscope.trim/1`.
  public func json() throws -> String { try encoded.jsonDocument() }
}

/// The schema `slabscope.trim/1`.
private struct EncodedManifest: Encodable, Sendable {
  struct Pages: Encodable, Sendable {
    let whole: Int
    let reduced: Int
    let leftOut: Int
    let absent: [EncodedInput.Pages]
  }

  let schema = "slabscope.trim/1"
  /// The version of slabscope.
  let slabscope: String
  @OrNull var release: String?
  @OrNull var machine: String?
  @OrNull var buildId: String?
  let pageSize: Int
  let verbs: [String]
  let isRedacted: Bool
  let kept: [String]
  let pages: Pages
}
