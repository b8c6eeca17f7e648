import ByteKit
import Foundation
import Testing

@Suite("Output files")
struct OutputFileTests {
  /// A folder for the time of one test.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("a moved file replaces the one that is there")
  func replace() throws {
    try withFolder { folder in
      let target = folder.appending(path: "report")
      try Data("old".utf8).write(to: target)
      let file = try OutputFile(creating: folder.appending(path: "new").path)
      try file.write(Array("one ".utf8))
      try file.write([])
      try file.write(Array("two".utf8))
      try file.close()
      #expect(try String(contentsOf: target, encoding: .utf8) == "old")
      try file.move(to: target.path)
      #expect(try String(contentsOf: target, encoding: .utf8) == "one two")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report"])
    }
  }

  @Test("a file that is there is not created again")
  func exists() throws {
    try withFolder { folder in
      let path = folder.appending(path: "report").path
      try OutputFile(creating: path).close()
      #expect(throws: SystemFailure(call: "open", path: path, code: EEXIST)) {
        try OutputFile(creating: path)
      }
    }
  }

  @Test("a full device is a failure, not a loss")
  func full() throws {
    let file = try OutputFile(existing: "/dev/full")
    #expect(throws: SystemFailure(call: "write", path: "/dev/full", code: ENOSPC)) {
      try file.write([1])
    }
    try file.close()
  }

  @Test("a removed file is gone, and removing it again is no failure")
  func remove() throws {
    try withFolder { folder in
      let file = try OutputFile(creating: folder.appending(path: "report").path)
      try file.close()
      file.remove()
      file.remove()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }
}
