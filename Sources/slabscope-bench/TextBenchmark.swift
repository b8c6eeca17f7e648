import ArgumentParser
import ByteKit
import FixtureKit
import Foundation
import Glibc
import Transcript

/// Measures how fast saved sessions are read, and whether damaged ones are survived.
struct TextBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "text",
    abstract: "Measure the reading of saved crash sessions, whole, lengthened and damaged.",
    discussion: """
      A session is lengthened by repeating it with its slabs at other addresses each time. Damaged \
      ones are pieces of the sessions that are cut, joined and overwritten at random; each is read, \
      made evidence of, and asked about. The same seed damages them in the same way.
      """)

  @Argument(help: "Saved sessions, compressed or not.")
  var sessions: [String]

  @Option(help: "The size of the lengthened session in MiB.")
  var mebibytes = 300

  @Option(help: "How many damaged sessions are read.")
  var damaged = 10_000

  @Option(help: "The seed of the damage.")
  var seed: UInt64 = 1

  func run() throws {
    let texts = try sessions.map { path in
      guard let text = SavedText(try Bytes.mapped(path: path), name: path) else {
        throw ValidationError("\(path) is no text.")
      }
      return text
    }
    for text in texts { measure(text.bytes, text.name) }
    if mebibytes > 0, let largest = texts.max(by: { $0.bytes.count < $1.bytes.count }) {
      let long = LengthenedSession(largest.bytes.array, to: mebibytes << 20).bytes
      measure(Bytes(long), "\(largest.name), lengthened")
    }
    if damaged > 0 { readDamaged(texts.map(\.bytes.array)) }
  }

  /// Reads a text, prints how long that took and how much memory was needed at once.
  private func measure(_ text: Bytes, _ name: String) {
    let peak = MemoryPeak()
    var sessions: [SessionFacts] = []
    let reading = ContinuousClock().measure { sessions = Self.read(text) }
    let whole = reading + ContinuousClock().measure { Self.conclude(sessions, text.count) }
    let size = Double(text.count)
    print(
      String(
        format: "%@: %.1f MB read in %.3f s (%.0f MB/s), with evidence %.3f s; memory %.1f × text",
        name, size / 1e6, reading.seconds, size / 1e6 / reading.seconds, whole.seconds,
        peak.bytes / size))
  }

  private static func read(_ text: Bytes) -> [SessionFacts] {
    var reader = SessionReader()
    if let saved = SavedText(text, name: "text") { reader.read(saved) }
    return reader.finish()
  }

  /// Makes evidence of sessions, and questions.
  private static func conclude(_ sessions: [SessionFacts], _ size: Int) {
    for facts in sessions {
      let evidence = SessionEvidence(facts, among: sessions, textSize: size)
      _ = FollowUp(facts, evidence).commands
    }
  }

  private func readDamaged(_ originals: [[UInt8]]) {
    var random = SeededGenerator(seed: seed)
    var longest = 0.0
    var largest = 0
    let clock = ContinuousClock()
    let start = clock.now
    let peak = MemoryPeak()
    for number in 1...damaged {
      // Now and then a whole session, for the sake of memory.
      let text = Bytes(
        DamagedSession(originals, isWhole: number % 10_000 == 0, using: &random).bytes)
      // Processor time: another process may take its turn.
      let begin = Glibc.clock()
      Self.conclude(Self.read(text), text.count)
      longest = max(longest, Double(Glibc.clock() - begin) / Double(CLOCKS_PER_SEC))
      largest = max(largest, text.count)
      if number % 100_000 == 0 { print("\(number) damaged sessions in \(clock.now - start)") }
    }
    print(
      String(
        format: "%d damaged sessions read, the longest in %.3f s; %.1f MB of memory for %.1f MB",
        damaged, longest, peak.bytes / 1e6, Double(largest) / 1e6))
  }
}

extension Duration {
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
