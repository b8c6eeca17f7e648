public import ByteKit

/// A way into the project for bytes that nobody vouches for.
///
/// Whatever the bytes, `run` returns soon, does not trap, and takes little memory.
public protocol FuzzTarget: Sendable {
  /// What the target is called on the command line.
  var name: String { get }

  /// Inputs to begin with, which what reads them finds nothing wrong with.
  ///
  /// Throws `CodecFailure` when a codec finds no memory.
  func seeds() throws -> [[UInt8]]

  /// Reads an input as far as it can be read, and traps where what was read contradicts itself.
  func run(_ input: Bytes) async
}

/// All targets.
public enum FuzzTargets {
  /// All targets, each parser before what is built on it.
  public static let all: [any FuzzTarget] = [
    DumpTarget.elf, DumpTarget.kdump, DumpTarget.flattened, DumpTarget.lime, NotesTarget(),
    PageTablesTarget(), CodecsTarget(), KallsymsTarget(), SessionTarget(), FreelistsTarget(),
    KernelTarget(), ToolTarget(),
  ]
}
