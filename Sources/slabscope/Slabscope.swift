import ArgumentParser
import ByteKit
import Glibc
import Intake

/// The tool: parses the command line, calls, prints, exits.
@main
struct Slabscope: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slabscope",
    abstract: "Find what leaks the Linux kernel's memory, after the fact.",
    usage: """
      slabscope [analyze] <input> ... [--vmlinux <file>] [--modules <path> ...]
      slabscope <subcommand> ...
      """,
    discussion: """
      'slabscope vmcore' gives the answer on one screen; the other verbs show what it rests on. \
      INPUT is a dump in any format that kdump, makedumpfile, QEMU or LiME writes, or the saved \
      text of a crash session with what was pasted beside it.

      Exit status: 0 done; 1 something leaks that is not in the baseline (check only); 64 usage; \
      65 an input is not what it claims, or beyond use; 66 no such input; 70 a fault of the tool's \
      own; 73 the output cannot be written; 74 reading or writing failed.
      """,
    version: "0.1.0",
    subcommands: [
      Analyze.self, Caches.self, Groups.self, Objects.self, Show.self, MemoryUse.self, Ask.self,
      Info.self, Check.self, Trim.self, Rules.self,
    ],
    defaultSubcommand: Analyze.self)

  /// Runs the command that was asked for; every way to end is told by `Ending`.
  static func main() async {
    // A closed pipe is then a failed write, which can be told from others.
    signal(SIGPIPE, SIG_IGN)
    Bytes.tellOfLostFiles(status: ExitStatus.inputOutput.rawValue)
    do {
      var command = try await asyncParseAsRoot()
      if var waiting = command as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try command.run()
      }
    } catch {
      Ending(error).take()
    }
  }
}
