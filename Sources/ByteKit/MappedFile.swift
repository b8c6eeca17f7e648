internal import Glibc
internal import Synchronization

/// A failed system call: which, on what, and the kernel's `errno`.
public struct SystemFailure: Error, Hashable, Sendable {
  /// The system call, such as `open`.
  public let call: String
  /// The path it was called with.
  public let path: String
  /// The value of `errno`.
  public let code: Int32

  /// Records a failure.
  public init(call: String, path: String, code: Int32) {
    self.call = call
    self.path = path
    self.code = code
  }

  /// The kernel's own words for the failure.
  public var reason: String {
    if isNoFile { return "is not a regular file" }
    return unsafe String(cString: strerror(code))
  }

  /// Whether the file does not exist.
  public var isMissingFile: Bool { code == ENOENT || code == ENOTDIR }

  /// Whether the path names a directory.
  public var isDirectory: Bool { code == EISDIR }

  /// Whether the path names a pipe, a socket or a device.
  public var isNoFile: Bool { call == "open" && code == 0 }
}

extension Bytes {
  /// Maps a whole regular file read-only.
  ///
  /// A file that another process shortens while it is mapped ends this process with SIGBUS, of
  /// which `tellOfLostFiles` tells; dumps do not change under analysis. Throws `SystemFailure` when
  /// the file cannot be opened or mapped, or is a directory, a pipe or a device.
  public static func mapped(path: String) throws(SystemFailure) -> Bytes {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SystemFailure(call: "open", path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw SystemFailure(call: "fstat", path: path, code: errno)
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw SystemFailure(call: "open", path: path, code: EISDIR) }
    guard kind == S_IFREG else { throw SystemFailure(call: "open", path: path, code: 0) }
    let size = Int(status.st_size)
    guard size > 0 else { return .empty }
    guard let base = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      unsafe base != MAP_FAILED
    else { throw SystemFailure(call: "mmap", path: path, code: errno) }
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: base, count: size)
    return unsafe Bytes(
      storage: Storage(mapping: buffer), buffer: UnsafeRawBufferPointer(buffer))
  }
}

extension Bytes {
  /// Ends the process with a sentence and `status` when a mapped file cannot be read any more.
  ///
  /// Another process shortened it, the server that has it is gone, or its file system is a full
  /// tmpfs: the kernel then sends SIGBUS.
  public static func tellOfLostFiles(status: Int32) {
    lostFileStatus.store(status, ordering: .relaxed)
    signal(SIGBUS) { _ in
      // Nothing but system calls is allowed in here.
      let sentence = lostFileSentence
      _ = unsafe write(STDERR_FILENO, sentence.utf8Start, sentence.utf8CodeUnitCount)
      _exit(lostFileStatus.load(ordering: .relaxed))
    }
  }
}

private let lostFileSentence: StaticString =
  "slabscope: an input cannot be read any more: it was cut, or its disk failed or is full\n"
private let lostFileStatus = Atomic<Int32>(74)
