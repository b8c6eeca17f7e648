import ByteKit
import DebugInfo
import Memory

extension PerCPU {
  /// No configuration of Linux has more CPUs: `NR_CPUS` ends at 8192.
  private static let mostCPUs = 8192

  /// Reads which CPUs are possible and where their variables are.
  ///
  /// A kernel without `__per_cpu_offset` was built for one CPU (!SMP), whose variables are where
  /// their symbols are.
  static func read(from kernel: NamedMemory) throws(Damage) -> PerCPU {
    guard let table = kernel.symbol("__per_cpu_offset") else {
      return PerCPU(possible: [0], offsets: [0])
    }
    let count = count(in: kernel, table: table)
    let offsets: [UInt64]
    do throws(Absence) {
      offsets = words(in: try kernel.memory.bytes(at: table.address, count: count * 8))
    } catch {
      throw Damage("__per_cpu_offset is \(error)", at: table.address)
    }
    return PerCPU(possible: try possible(in: kernel, count: count), offsets: offsets)
  }

  /// How many CPU numbers are in use: `nr_cpu_ids`, which a kernel with CONFIG_FORCE_NR_CPUS does
  /// not have as a variable, or as many as the table has room for.
  private static func count(in kernel: NamedMemory, table: Symbol) -> Int {
    let room = table.size >= 8 ? Int(clamping: table.size / 8) : mostCPUs
    let used = kernel.value(of: "nr_cpu_ids", as: UInt32.self).map(Int.init) ?? 0
    return min(used > 0 ? used : room, room, mostCPUs)
  }

  /// The CPUs whose bit is set in the mask, which until Linux c4c54dd1caf1 ("kernel/cpu.c: change
  /// type of cpu_possible_bits and friends"), v4.5, is found through a pointer.
  private static func possible(
    in kernel: NamedMemory, count: Int
  ) throws(Damage) -> [Int] {
    let pointed = kernel.value(of: "cpu_possible_mask", as: UInt64.self)
      .map { VirtualAddress($0) }
    guard let mask = kernel.address(of: "__cpu_possible_mask") ?? pointed else {
      throw Damage("there is no mask of possible CPUs")
    }
    let bits: [UInt64]
    do throws(Absence) {
      bits = words(in: try kernel.memory.bytes(at: mask, count: (count + 63) / 64 * 8))
    } catch {
      throw Damage("the mask of possible CPUs is \(error)", at: mask)
    }
    return (0..<count).filter { bits[$0 / 64] >> UInt64($0 % 64) & 1 != 0 }
  }

  private static func words(in bytes: Bytes) -> [UInt64] {
    (0..<(bytes.count / 8)).compactMap { bytes.load(UInt64.self, at: $0 * 8) }
  }
}
