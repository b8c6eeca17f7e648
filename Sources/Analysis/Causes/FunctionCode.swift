internal import ByteKit
internal import DebugInfo
internal import Evidence
internal import Memory

/// The machine code of a function, as it lies in memory.
struct FunctionCode {
  /// The function.
  let symbol: Symbol
  private let bytes: Bytes
  private let machine: Machine
  private let memory: any VirtualMemory

  /// No function of the kernel is larger; a symbol may say anything.
  private static let largest: UInt64 = 1 << 20

  /// Reads a function; nil when any of it cannot be read.
  init?(of symbol: Symbol, in subject: Subject) {
    guard let machine = subject.kernel.machine, symbol.kind == .function, symbol.size > 0,
      let bytes = try? subject.memory.bytes(
        at: symbol.address, count: Int(min(symbol.size, Self.largest)))
    else { return nil }
    self.symbol = symbol
    self.bytes = bytes
    self.machine = machine
    memory = subject.memory
  }

  /// Whether it loads an address into a register.
  func refers(to target: VirtualAddress) -> Bool {
    switch machine {
    case .x86_64: X86Code(bytes: bytes, start: symbol.address).refers(to: target)
    case .arm64: ARM64Code(bytes: bytes, start: symbol.address).refers(to: target)
    }
  }

  /// Whether it calls or jumps to a function directly, or through a module's table of veneers.
  func branches(to target: VirtualAddress) -> Bool {
    switch machine {
    case .x86_64: X86Code(bytes: bytes, start: symbol.address).branches(to: target)
    case .arm64:
      ARM64Code(bytes: bytes, start: symbol.address).branches(to: target) { veneer in
        // The kernel itself is small enough for every call to reach.
        guard symbol.module != nil, let code = try? memory.bytes(at: veneer, count: 16)
        else { return nil }
        return ARM64Code(bytes: code, start: veneer).veneerTarget
      }
    }
  }
}
