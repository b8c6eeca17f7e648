public import Memory

/// What the user says about the inputs beside naming them.
public struct CaseOptions: Hashable, Sendable {
  /// The kernel's debug file, or nil to look for it where distributions put it.
  public var vmlinux: String?
  /// Module files, and directories to look for module files in.
  public var modules: [String]
  /// The physical address of the first byte of an input that is a raw copy of memory.
  public var rawStart: PhysicalAddress?
  /// Whether to go on with a debug file of another build.
  public var force: Bool

  /// Collects what the user says.
  public init(
    vmlinux: String? = nil, modules: [String] = [], rawStart: PhysicalAddress? = nil,
    force: Bool = false
  ) {
    self.vmlinux = vmlinux
    self.modules = modules
    self.rawStart = rawStart
    self.force = force
  }

  /// The files that may be read beside the inputs, with all module files of folders.
  public var files: [String] {
    [vmlinux].compactMap { $0 }
      + modules.flatMap { path in
        (try? ModuleFileChoice.candidates([path]))?.values.flatMap(\.self) ?? [path]
      }
  }
}
