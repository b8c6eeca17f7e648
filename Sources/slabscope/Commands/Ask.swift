import ArgumentParser
import Intake

/// What to ask next, where all there is is text.
struct Ask: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print crash commands that would close the gaps in a saved session.",
    discussion: """
      For text only. Where the dump is, run 'crash -i' with the file that this prints, and give \
      what comes out to slabscope together with the text there is already.
      """)

  @OptionGroup var arguments: CaseArguments
  @OptionGroup var output: OutputOption

  func run() async throws {
    try await output.write(reading: arguments.files) { try $0.write(try arguments.questions()) }
  }
}
