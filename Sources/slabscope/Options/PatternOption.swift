import Analysis
import ArgumentParser
import Foundation
import Intake
import Reports

/// Leaks that the user knows by the look of their objects.
struct PatternOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A JSON file of leaks of your own, as in Documentation/patterns.md. May be repeated.",
      valueName: "file"),
    completion: .file())
  var patterns: [String] = []

  /// The patterns in all files; throws a `Complaint` when one cannot be used.
  func read() throws(Complaint) -> [UserPattern] {
    var all: [UserPattern] = []
    for path in patterns {
      all += try SavedFile.read(path) { data throws(UnreadableFile) in
        try SavedPatterns(data).patterns
      }
    }
    return all
  }
}

/// A JSON file that the user names beside the input.
enum SavedFile {
  /// Reads a file; throws a `Complaint` when it is not there or not what it should be.
  static func read<Value>(
    _ path: String, _ decode: (Data) throws(UnreadableFile) -> Value
  ) throws(Complaint) -> Value {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw Complaint(.noInput, "\(path) cannot be read")
    }
    do throws(UnreadableFile) {
      return try decode(data)
    } catch {
      throw Complaint(.data, "\(path) \(error.reason)")
    }
  }
}
