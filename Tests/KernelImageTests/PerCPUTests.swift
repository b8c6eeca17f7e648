import FixtureKit
import KernelImage
import Memory
import Testing

@Suite("The CPUs of a kernel")
struct PerCPUTests {
  private func kernel(_ prepare: (inout SmallKernel) -> Void) throws -> Kernel {
    var small = SmallKernel()
    small.addUsualSections()
    prepare(&small)
    let types = small.types()
    return try small.opening().kernel(symbols: small.symbolTable(types), types: types)
  }

  @Test("possible CPUs are those of the mask, and variables lie at their offset")
  func mask() throws {
    let kernel = try kernel {
      $0.variable("__cpu_possible_mask", bytes(0b1011, 0))
      $0.variable("nr_cpu_ids", bytes(of: UInt32(4)))
      $0.variable("__per_cpu_offset", bytes(0x1000, 0x2000, 0x3000, 0x4000, 0xdead))
    }
    #expect(kernel.perCPU.possible == [0, 1, 3])
    let variable = VirtualAddress(0x1a0)
    #expect(kernel.perCPU.address(of: variable, cpu: 3) == VirtualAddress(0x41a0))
    #expect(kernel.damage.isEmpty)
  }

  @Test("before v4.5 the mask is found through a pointer")
  func pointer() throws {
    let kernel = try kernel {
      let bits = $0.variable("cpu_possible_bits", bytes(0b11))
      $0.variable("cpu_possible_mask", bytes(bits.rawValue))
      $0.variable("nr_cpu_ids", bytes(of: UInt32(2)))
      $0.variable("__per_cpu_offset", bytes(0x1000, 0x2000))
    }
    #expect(kernel.perCPU.possible == [0, 1])
  }

  @Test(
    "a number of CPUs that is not there or not possible is bounded by the table",
    arguments: [
      nil, UInt32.max, 0,
    ])
  func count(_ number: UInt32?) throws {
    let kernel = try kernel {
      $0.variable("__cpu_possible_mask", bytes(.max, .max))
      if let number { $0.variable("nr_cpu_ids", bytes(of: number)) }
      $0.variable("__per_cpu_offset", bytes(0x1000, 0x2000, 0x3000))
    }
    #expect(kernel.perCPU.possible == [0, 1, 2])
  }

  @Test("a kernel for one CPU has its variables where their symbols are")
  func uniprocessor() throws {
    let kernel = try kernel { _ in }
    #expect(kernel.perCPU.possible == [0])
    #expect(
      kernel.perCPU.address(of: VirtualAddress(0xffff_ffff_9a10_0000), cpu: 0)
        == VirtualAddress(0xffff_ffff_9a10_0000))
  }

  @Test("a mask that cannot be read leaves no CPU, and it is told")
  func absent() throws {
    let kernel = try kernel {
      $0.variable("cpu_possible_mask", bytes(0xffff_c900_0000_0000))
      $0.variable("__per_cpu_offset", bytes(0x1000, 0x2000))
    }
    #expect(kernel.perCPU.possible.isEmpty)
    #expect(kernel.damage.count == 1)
  }
}
