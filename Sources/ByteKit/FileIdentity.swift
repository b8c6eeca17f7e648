internal import Glibc

/// What a file is known by, whatever names lead to it: its device, and its number there.
///
/// Only what keeps its contents has one: regular files and block devices, not pipes or terminals.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt
  private let number: UInt

  /// The file at a path, behind all links; nil where there is none that keeps its contents.
  public init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// What the process reads as its standard input, if that is such a file.
  public static var standardInput: FileIdentity? { FileIdentity(descriptor: STDIN_FILENO) }

  /// What the process writes to as its standard output, if that is such a file.
  public static var standardOutput: FileIdentity? { FileIdentity(descriptor: STDOUT_FILENO) }

  private init?(descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init?(_ status: stat) {
    guard [S_IFREG, S_IFBLK].contains(status.st_mode & S_IFMT) else { return nil }
    // The number of a device's node is not that of the device.
    let isDevice = status.st_mode & S_IFMT == S_IFBLK
    device = isDevice ? status.st_rdev : status.st_dev
    number = isDevice ? 0 : status.st_ino
  }
}
