/// A socket that is no file, so no process has it open: the kernel made it for itself.
public struct FilelessSocket: Hashable, Sendable {
  /// What kind of socket it is, such as `udp` or `unix stream`.
  public let kind: String
  /// The slot of the object that its inode and `struct socket` are in.
  public let inode: UInt32
  /// The slot of its `struct sock`.
  public let sock: UInt32

  /// Describes a socket.
  public init(kind: String, inode: UInt32, sock: UInt32) {
    self.kind = kind
    self.inode = inode
    self.sock = sock
  }
}
