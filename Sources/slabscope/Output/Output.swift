import ByteKit
import Foundation
import Intake
import Reports

/// The reader of the standard output has gone: nothing is wrong, and nothing is left to do.
struct ClosedPipe: Error {}

/// Where a report is written: the standard output, or a file that appears when it is complete.
struct Output {
  private let file: OutputFile
  /// The path that the file gets when it is complete, or nil when it has it already.
  private let target: String?
  /// What the user calls it.
  private let name: String
  /// How text is set off there.
  let style: TextStyle

  /// Opens the output, which may be none of the files that are read.
  ///
  /// Throws a `Complaint` when it is one of these, or cannot be written to.
  init(path: String?, reading files: @autoclosure () -> [String]) throws(Complaint) {
    guard let path else {
      try Self.refuse(.standardOutput, among: files(), "the standard output")
      file = .standardOutput
      target = nil
      name = "the standard output"
      style = TextStyle(
        isTerminal: file.isTerminal, environment: ProcessInfo.processInfo.environment)
      return
    }
    name = path
    style = .plain
    let url = URL(filePath: path).resolvingSymlinksInPath()
    for place in [path, url.path] {
      try Self.refuse(FileIdentity(path: place), among: files(), path)
    }
    do throws(SystemFailure) {
      if Self.isReplaceable(url) {
        file = try UnfinishedFiles.shared.create(Self.temporary(for: url).path)
        target = url.path
      } else {
        file = try OutputFile(existing: url.path)
        target = nil
      }
    } catch {
      throw Self.complaint(name, error)
    }
  }

  /// Throws a `Complaint` when what is to be written to is one of the files that are read.
  private static func refuse(
    _ file: FileIdentity?, among files: @autoclosure () -> [String], _ name: String
  ) throws(Complaint) {
    guard let file else { return }
    for path in files() where file == identity(ofInput: path) {
      let input = path == name ? "an input" : "the input \(path)"
      throw Complaint(.usage, "\(name) is \(input): name another file to write")
    }
  }

  private static func identity(ofInput path: String) -> FileIdentity? {
    path == "-" ? .standardInput : FileIdentity(path: path)
  }

  /// Whether nothing is there or a regular file is: a pipe or a device is written to, not replaced.
  private static func isReplaceable(_ url: URL) -> Bool {
    let values = try? url.resourceValues(forKeys: [.isRegularFileKey])
    return values?.isRegularFile ?? true
  }

  /// A name beside the target, so that the file can be moved there in one step.
  private static func temporary(for target: URL) -> URL {
    let name = ".\(target.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)"
    return target.deletingLastPathComponent().appending(path: name)
  }

  private static func complaint(_ name: String, _ failure: SystemFailure) -> Complaint {
    Complaint(.cannotCreate, "\(name) cannot be written: \(failure.reason)")
  }

  /// Writes text; throws `ClosedPipe`, or a `Complaint` when it cannot be written.
  func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Writes bytes; throws `ClosedPipe`, or a `Complaint` when they cannot be written.
  func write(_ bytes: [UInt8]) throws {
    do throws(SystemFailure) {
      try file.write(bytes)
    } catch {
      if error.isClosedPipe { throw ClosedPipe() }
      throw Self.complaint(name, error)
    }
  }

  /// Throws a `Complaint` when it is a pipe or a device, where one cannot write just anywhere.
  func requireRegular() throws(Complaint) {
    guard target != nil else {
      throw Complaint(.cannotCreate, "\(name) cannot be written: it is not a regular file")
    }
  }

  /// Lets `body` write anywhere in a file; throws a `Complaint` when that fails.
  func write(_ body: (OutputFile) async throws -> Void) async throws {
    do {
      try await body(file)
    } catch let failure as SystemFailure {
      throw Self.complaint(name, failure)
    }
  }

  /// How many bytes were written, once they are.
  var size: Int {
    get throws {
      try URL(filePath: file.path).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    }
  }

  /// Says a sentence to the user beside the output.
  static func tell(_ sentence: String) throws {
    do throws(SystemFailure) {
      try OutputFile.standardError.write(Array("slabscope: \(sentence)\n".utf8))
    } catch {
      throw complaint("standard error", error)
    }
  }

  /// Puts a complete file in its place; throws a `Complaint` when that is not possible.
  func finish() throws(Complaint) {
    do throws(SystemFailure) {
      try file.close()
      if let target { try UnfinishedFiles.shared.finish(file, as: target) }
    } catch {
      throw Self.complaint(name, error)
    }
  }

  /// Removes a file that will not be complete.
  func discard() {
    if target != nil { UnfinishedFiles.shared.discard(file) }
  }
}
