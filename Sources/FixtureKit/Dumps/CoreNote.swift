public import Memory

/// An ELF note as a kernel or QEMU writes it into a dump.
public struct CoreNote: Hashable, Sendable {
  /// Who defines it.
  public var owner: String
  /// Which of its owner's notes it is.
  public var type: UInt32
  /// What it says.
  public var contents: [UInt8]
  /// Whether the size of the owner's name counts its NUL; old writers did not.
  public var countsNUL = true

  /// Describes a note.
  public init(owner: String, type: UInt32, contents: [UInt8]) {
    self.owner = owner
    self.type = type
    self.contents = contents
  }

  /// The kernel's lines about itself.
  public static func vmcoreinfo(_ text: String) -> CoreNote {
    CoreNote(owner: "VMCOREINFO", type: 0, contents: Array(text.utf8))
  }

  /// `NT_PRSTATUS`: the thread that a CPU ran, and as many registers as the machine has.
  public static func cpu(_ machine: Machine, pid: Int32, registers: [UInt64]) -> CoreNote {
    // struct elf_prstatus, include/linux/elfcore.h.
    var contents = [UInt8](repeating: 0, count: machine == .x86_64 ? 336 : 392)
    contents.put(pid, at: 32)
    for (index, register) in registers.enumerated() {
      contents.put(register, at: 112 + index * 8)
    }
    return CoreNote(owner: "CORE", type: 1, contents: contents)
  }

  /// QEMU's `QEMUCPUState` of an x86 CPU, with only the control registers filled in.
  public static func qemuCPU(cr0: UInt64, cr3: UInt64, cr4: UInt64, gsBase: UInt64) -> CoreNote {
    var contents = [UInt8](repeating: 0, count: 440)
    contents.put(UInt32(1), at: 0)
    contents.put(UInt32(440), at: 4)
    contents.put(cr0, at: 392)
    contents.put(cr3, at: 416)
    contents.put(cr4, at: 424)
    contents.put(gsBase, at: 432)
    return CoreNote(owner: "QEMU", type: 0, contents: contents)
  }

  /// The note's bytes: sizes, type, then owner and contents, each padded to 4 bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(word: UInt32(owner.utf8.count + (countsNUL ? 1 : 0)))
    bytes.append(word: UInt32(contents.count))
    bytes.append(word: type)
    bytes += owner.utf8
    if countsNUL { bytes.append(0) }
    bytes.pad(toMultipleOf: 4)
    bytes += contents
    bytes.pad(toMultipleOf: 4)
    return bytes
  }
}
