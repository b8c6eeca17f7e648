internal import Glibc

/// A file that is open for writing.
///
/// A write to a pipe that nobody reads any more fails, provided that SIGPIPE is ignored.
public struct OutputFile: Sendable {
  /// The path it was opened by, or a name for it.
  public let path: String
  private let descriptor: Int32

  /// The process's standard output.
  public static let standardOutput = OutputFile(path: "standard output", descriptor: STDOUT_FILENO)
  /// The process's standard error.
  public static let standardError = OutputFile(path: "standard error", descriptor: STDERR_FILENO)

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Opens what is at a path, such as a pipe or a device, as it is.
  ///
  /// Throws `SystemFailure` when it cannot be opened for writing.
  public init(existing path: String) throws(SystemFailure) {
    try self.init(path: path, flags: 0)
  }

  /// Creates a file where none is; throws `SystemFailure` when that fails or there is one.
  public init(creating path: String) throws(SystemFailure) {
    try self.init(path: path, flags: O_CREAT | O_EXCL)
  }

  private init(path: String, flags: Int32) throws(SystemFailure) {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | flags, 0o666)
    guard descriptor >= 0 else { throw SystemFailure(call: "open", path: path, code: errno) }
    self.init(path: path, descriptor: descriptor)
  }

  /// Whether it is a terminal.
  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes all of some bytes; throws `SystemFailure` when not all can be written.
  public func write(_ bytes: [UInt8]) throws(SystemFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw SystemFailure(call: "write", path: path, code: errno) }
      rest = rest.dropFirst(written)
    }
  }

  /// Writes all of some bytes at a place in the file, whatever was written before.
  ///
  /// What is left out on the way is zeros. Throws `SystemFailure` when not all can be written.
  public func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemFailure) {
    var rest = bytes[...]
    var place = Int(clamping: offset)
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { buffer in
        unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, place)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw SystemFailure(call: "pwrite", path: path, code: errno) }
      rest = rest.dropFirst(written)
      place += written
    }
  }

  /// Closes it; throws `SystemFailure` when what was written did not reach the file.
  public func close() throws(SystemFailure) {
    guard Glibc.close(descriptor) == 0 else {
      throw SystemFailure(call: "close", path: path, code: errno)
    }
  }

  /// Gives the file at its path another, replacing what is there in one step.
  ///
  /// Throws `SystemFailure` when that is not possible; both files are then as they were.
  public func move(to other: String) throws(SystemFailure) {
    guard unsafe rename(path, other) == 0 else {
      throw SystemFailure(call: "rename", path: other, code: errno)
    }
  }

  /// Removes the file at its path; one that is gone already is no failure.
  public func remove() { unsafe _ = unlink(path) }
}

extension SystemFailure {
  /// Whether a write failed because nobody reads the other end any more.
  public var isClosedPipe: Bool { code == EPIPE }
}
