import ByteKit
import Foundation
import Testing

@Suite struct MappedFileTests {
  /// Runs `body` with the path of a new directory, which is removed afterwards.
  func withDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("bytekit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory.path)
  }

  @Test func aFileIsSeenWhole() throws {
    try withDirectory { directory in
      let contents = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
      let path = directory + "/file"
      try Data(contents).write(to: URL(fileURLWithPath: path))
      #expect(try Bytes.mapped(path: path).array == contents)
    }
  }

  @Test func anEmptyFileHasNoBytes() throws {
    try withDirectory { directory in
      let path = directory + "/empty"
      try Data().write(to: URL(fileURLWithPath: path))
      #expect(try Bytes.mapped(path: path).count == 0)
    }
  }

  @Test func aMissingFileIsSaidToBeMissing() {
    let failure = #expect(throws: SystemFailure.self) { try Bytes.mapped(path: "/nowhere/file") }
    #expect(failure?.isMissingFile == true)
    #expect(failure?.isDirectory == false)
    #expect(failure?.path == "/nowhere/file")
    #expect(failure?.reason == "No such file or directory")
  }

  @Test func aDirectoryIsSaidToBeOne() {
    let failure = #expect(throws: SystemFailure.self) { try Bytes.mapped(path: "/") }
    #expect(failure?.isDirectory == true)
    #expect(failure?.isMissingFile == false)
  }

  @Test func aDeviceIsRefused() {
    let failure = #expect(throws: SystemFailure.self) { try Bytes.mapped(path: "/dev/null") }
    #expect(failure?.reason == "is not a regular file")
  }
}
