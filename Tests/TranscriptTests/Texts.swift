import ByteKit
import Transcript

/// A reader that has read a text.
func reader(of text: String) -> SessionReader {
  var reader = SessionReader()
  if let saved = SavedText(Bytes(Array(text.utf8)), name: "session.txt") { reader.read(saved) }
  return reader
}

/// What a text says, when it is of one kernel.
func facts(_ text: String) -> SessionFacts {
  var reader = reader(of: text)
  return reader.finish().first ?? SessionFacts()
}

/// How many lines of a text mean nothing, as a whole or in part.
func unread(_ text: String) -> Int {
  reader(of: text).unread.reduce(0) { $0 + $1.lines + $1.partial }
}

/// The evidence of a text of one kernel.
func evidence(_ text: String) -> SessionEvidence {
  SessionEvidence(facts(text), textSize: text.utf8.count)
}
