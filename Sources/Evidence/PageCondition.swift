public import Memory

/// What condition a page of a dump is in, as pages are counted in reports.
public enum PageCondition: Hashable, Sendable, CaseIterable {
  /// Its contents are in the dump.
  case present
  /// See `PageStatus.zero`.
  case zero
  /// See `Absence.excluded`.
  case excluded
  /// See `Absence.excludedOrZero`.
  case excludedOrZero
  /// See `Absence.hole`.
  case hole
  /// See `Absence.lost`.
  case lost
  /// See `Absence.truncated`.
  case truncated
  /// See `Absence.trimmed`.
  case trimmed
  /// See `Absence.reduced`.
  case reduced
  /// See `Absence.missingPart`.
  case missingPart
  /// See `Corruption.size(_:)`.
  case corruptSize
  /// See `Corruption.flags(_:)`.
  case corruptFlags
  /// See `Corruption.offset(_:)`.
  case corruptOffset
  /// See `Corruption.contents`.
  case corruptContents
  /// See `Absence.unmapped` and `Corruption.pageTable`.
  case unmapped
  /// See `Absence.notShown`.
  case notShown
  /// There are more pages than are looked at one by one.
  case notLookedAt

  /// The condition that a dump tells.
  public init(_ status: PageStatus) {
    switch status {
    case .present: self = .present
    case .zero: self = .zero
    case .absent(let absence): self.init(absence)
    }
  }

  /// The condition of a page that cannot be read.
  public init(_ absence: Absence) {
    self =
      switch absence {
      case .excluded: .excluded
      case .excludedOrZero: .excludedOrZero
      case .hole: .hole
      case .lost: .lost
      case .truncated: .truncated
      case .trimmed: .trimmed
      case .reduced: .reduced
      case .missingPart: .missingPart
      case .corrupt(.size): .corruptSize
      case .corrupt(.flags): .corruptFlags
      case .corrupt(.offset): .corruptOffset
      case .corrupt(.contents): .corruptContents
      case .corrupt(.pageTable), .unmapped: .unmapped
      case .notShown: .notShown
      }
  }

  /// A word for programs, such as `missing_part`; what is corrupt is so in one of several ways.
  public var status: String {
    switch self {
    case .present: "present"
    case .zero: "zero"
    case .excluded: "excluded"
    case .excludedOrZero: "excluded_or_zero"
    case .hole: "hole"
    case .lost: "lost"
    case .truncated: "truncated"
    case .trimmed: "trimmed"
    case .reduced: "reduced"
    case .missingPart: "missing_part"
    case .corruptSize, .corruptFlags, .corruptOffset, .corruptContents: "corrupt"
    case .unmapped: "unmapped"
    case .notShown: "not_shown"
    case .notLookedAt: "not_looked_at"
    }
  }
}

extension PageCondition: CustomStringConvertible {
  /// A few words that fit behind a number of pages.
  public var description: String {
    switch self {
    case .present: "present"
    case .zero: "zero"
    case .excluded: Absence.excluded.description
    case .excludedOrZero: Absence.excludedOrZero.description
    case .hole: Absence.hole.description
    case .lost: Absence.lost.description
    case .truncated: Absence.truncated.description
    case .trimmed: Absence.trimmed.description
    case .reduced: Absence.reduced.description
    case .missingPart: Absence.missingPart.description
    case .corruptSize: "corrupt in the file: of an impossible size"
    case .corruptFlags: "corrupt in the file: of no known compression"
    case .corruptOffset: "corrupt in the file: said to be where other data is"
    case .corruptContents: Absence.corrupt(.contents).description
    case .unmapped: Absence.unmapped.description
    case .notShown: Absence.notShown.description
    case .notLookedAt: "not looked at"
    }
  }
}

extension PageCondition {
  /// What may have made pages corrupt, and what to do, as the end of a sentence.
  ///
  /// makedumpfile's issue 15, repaired in 1.7.8.
  public static let corruptionAdvice =
    "makedumpfile before 1.7.8 writes such where --num-threads is given; else the file was damaged "
    + "later: compare it with the original"
}

extension [PageCondition: Int] {
  /// The numbers as a list in words, the largest first: `12 excluded from the dump, 3 lost`.
  public var listed: String {
    sorted { ($1.value, $0.key.description) < ($0.value, $1.key.description) }
      .map { "\($0.value.grouped) \($0.key)" }.joined(separator: ", ")
  }
}
