import ByteKit
import DebugInfo
import Elfutils
import Evidence
import Foundation
import Memory
import Transcript

/// Saved text, and the way from it to evidence: sessions of crash and what was pasted beside them.
struct TextCase {
  private let reader: SessionReader
  private let sessions: [SessionFacts]
  private let sizes: [Int]
  /// The index of the session that answers are about.
  private let chosen: Int

  /// Reads those of the inputs that are texts; returns nil when none is.
  ///
  /// The others are added to `others`. Throws when an input cannot be read.
  init?(_ inputs: [String], others: inout [String]) throws(IntakeFailure) {
    var reader = SessionReader()
    var sizes: [Int] = []
    for path in inputs {
      let file = try Self.file(path)
      guard let text = SavedText(file, name: path) else {
        guard path != "-" else { throw Self.noText }
        others.append(path)
        continue
      }
      sizes.append(file.count)
      reader.read(text)
    }
    guard !sizes.isEmpty else { return nil }
    sessions = reader.finish()
    self.reader = reader
    self.sizes = sizes
    chosen = Self.richest(sessions)
  }

  /// The session that lists most objects, then the one with most caches, then the last.
  private static func richest(_ sessions: [SessionFacts]) -> Int {
    sessions.indices.max {
      (sessions[$0].objects.count, sessions[$0].caches.count, $0)
        < (sessions[$1].objects.count, sessions[$1].caches.count, $1)
    } ?? 0
  }

  private static func file(_ path: String) throws(IntakeFailure) -> Bytes {
    if path == "-" { return try standardInput() }
    do throws(SystemFailure) {
      return try Bytes.mapped(path: path)
    } catch {
      throw IntakeFailure(error, path: path)
    }
  }

  /// All of standard input, or no more than the beginning of what is no text.
  private static func standardInput() throws(IntakeFailure) -> Bytes {
    let input = FileHandle.standardInput
    let head = Array((try? input.read(upToCount: 1 << 16)) ?? Data())
    guard head.isEmpty || SavedText.isLikely(Bytes(head)) else { throw noText }
    return Bytes(head + Array((try? input.readToEnd()) ?? Data()))
  }

  private static let noText = IntakeFailure(
    .data, "standard input is no text: save a dump to a file, and name that")

  private var facts: SessionFacts { sessions.isEmpty ? SessionFacts() : sessions[chosen] }

  /// What the texts are.
  func description(_ options: CaseOptions) -> InputDescription {
    var kernel = SessionEvidence(facts, textSize: 0).subject.kernel
    do throws(IntakeFailure) {
      let debugFile = try TextDebugFile(facts, options)
      kernel.relocation = debugFile.relocation ?? kernel.relocation
      return describe(debugFile.description, kernel, debugFile.remarks)
    } catch {
      let path = options.vmlinux ?? ""
      return describe(.unusable(path: path, sentence: error.sentence), kernel, [])
    }
  }

  /// The evidence in the texts; throws when a vmlinux is named that is another kernel's.
  ///
  /// Throws also when the texts say nothing of a kernel.
  func subject(_ options: CaseOptions) throws(IntakeFailure) -> (Subject, InputDescription) {
    guard sessions.contains(where: { !$0.isEmpty }) else {
      let names = reader.texts.map(\.name).joined(separator: ", ")
      throw IntakeFailure(
        .data,
        "\(names): neither a dump nor text that crash or /proc prints; "
          + "slabscope info --unparsed lists the lines that were not understood")
    }
    let debugFile = try TextDebugFile(facts, options)
    let evidence = evidence(debugFile)
    var subject = evidence.subject
    subject.kernel.relocation = debugFile.relocation ?? subject.kernel.relocation
    subject.coverage.remarks += remarks + debugFile.remarks
    for index in subject.modules.indices {
      subject.modules[index].hasTypes = debugFile.typedModules.contains(subject.modules[index].name)
    }
    return (
      subject, describe(debugFile.description, subject.kernel, subject.coverage.remarks)
    )
  }

  /// Adds to the evidence of a dump what only text tells: counters, and sockets with their owners.
  ///
  /// What the dump tells itself stays, and counts as later than the texts.
  func supplement(_ subject: inout Subject, _ input: inout InputDescription) {
    let evidence = SessionEvidence(facts, among: sessions, textSize: 0)
    subject.accounts = evidence.subject.accounts + subject.accounts
    if subject.sockets.isEmpty { subject.sockets = evidence.subject.sockets }
    if subject.tasks.isEmpty { subject.tasks = evidence.subject.tasks }
    subject.coverage.remarks.append(
      "of the texts only counters and sockets are used: what they show of objects is in the dump")
    input.files += description
  }

  private func evidence(_ debugFile: TextDebugFile) -> SessionEvidence {
    SessionEvidence(
      facts, among: sessions, textSize: reader.texts.reduce(0) { $0 + $1.bytes.count },
      symbols: debugFile.symbols, types: debugFile.types)
  }

  /// A file of crash commands that would tell more.
  func questions(_ options: CaseOptions) throws(IntakeFailure) -> String {
    FollowUp(facts, evidence(try TextDebugFile(facts, options))).commands
  }

  /// Hands over the lines that were not understood, each with its file and number.
  func unreadLines(
    _ body: (_ file: String, _ number: Int, _ line: String) throws -> Void
  ) rethrows {
    for (text, unread) in zip(reader.texts, reader.unread) {
      try unread.forEachLine(of: text.bytes) { try body(text.name, $0, $1) }
    }
  }

  private var remarks: [String] {
    var remarks = reader.texts.compactMap(\.remark)
    let lines = reader.unread.reduce(0) { $0 + $1.lines }
    let partial = reader.unread.reduce(0) { $0 + $1.partial }
    if lines + partial > 0 {
      remarks.append(
        "not understood: \(lines.grouped) of \(reader.lineCount.counted("line")), and parts of "
          + "\(partial.grouped) more; slabscope info --unparsed lists them")
    }
    if sessions.count > 1 {
      remarks.append(
        "the texts are of \(sessions.count.grouped) sessions: the answer is about "
          + "\(name(of: chosen)), the others serve for comparison")
    }
    return remarks
  }

  private func name(of session: Int) -> String {
    let banner = sessions[session].banner
    let words = [banner.node, banner.dumpFile, banner.date].compactMap { $0 }
    return words.isEmpty ? "number \(session + 1)" : words.joined(separator: ", ")
  }

  private func describe(
    _ vmlinux: InputDescription.DebugFile, _ kernel: KernelIdentity, _ remarks: [String]
  ) -> InputDescription {
    InputDescription(
      files: description,
      kernel: kernel, pageSize: PageSize.kib4.bytes, dumpLevel: nil, pages: [], vmlinux: vmlinux,
      remarks: remarks)
  }

  private var description: [InputDescription.File] {
    let format = facts.banner.crash.map { "text of crash \($0)" } ?? "text"
    return zip(reader.texts, sizes).map { .init(path: $0.name, size: $1, format: format) }
  }
}
