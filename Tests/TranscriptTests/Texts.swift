import ByteKit
import Transcript

/// What a text says, when it is of one kernel.
func facts(_ text: String) -> SessionFacts {
  var reader = SessionReader()
  reader.read(Bytes(Array(text.utf8)), name: "session.txt")
  return reader.finish().first ?? SessionFacts()
}

/// How many lines of a text mean nothing, as a whole or in part.
func unread(_ text: String) -> Int {
  var reader = SessionReader()
  reader.read(Bytes(Array(text.utf8)), name: "session.txt")
  return reader.unread.reduce(0) { $0 + $1.lines + $1.partial }
}

/// The evidence of a text of one kernel.
func evidence(_ text: String) -> SessionEvidence {
  SessionEvidence(facts(text), textSize: text.utf8.count)
}
