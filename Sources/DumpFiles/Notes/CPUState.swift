internal import ByteKit
internal import Memory

/// What a CPU was doing when the dump was taken: an `NT_PRSTATUS` note.
public struct CPUState: Hashable, Sendable {
  /// The thread that ran, or 0 for the idle thread; QEMU writes the CPU's number plus one.
  public let pid: Int32
  /// The registers, in the order of `names`.
  public let values: [UInt64]
  /// The registers' names, in the order of the kernel's `elf_gregset_t`.
  public let names: [String]

  /// The value of a register, or nil when the machine has none of this name.
  public subscript(register: String) -> UInt64? {
    names.firstIndex(of: register).map { values[$0] }
  }

  /// Reads `struct elf_prstatus` (include/linux/elfcore.h): pid at 32, registers at 112.
  init?(note: Note, machine: Machine?) {
    guard let machine, note.owner == "CORE", note.type == 1,
      let pid = note.contents.load(Int32.self, at: 32)
    else { return nil }
    self.pid = pid
    names = machine.registerNames
    var values: [UInt64] = []
    for index in names.indices {
      guard let value = note.contents.load(UInt64.self, at: 112 + index * 8) else { return nil }
      values.append(value)
    }
    self.values = values
  }
}

extension Machine {
  /// x86_64: `user_regs_struct`; arm64: `user_pt_regs`.
  fileprivate var registerNames: [String] {
    switch self {
    case .x86_64:
      [
        "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx",
        "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds",
        "es", "fs", "gs",
      ]
    case .arm64:
      (0...30).map { "x\($0)" } + ["sp", "pc", "pstate"]
    }
  }
}
