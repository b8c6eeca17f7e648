import DebugInfo
import KernelImage
import Memory

/// The kernel's count of timer ticks, and how many make a second.
struct KernelClock: Sendable {
  /// The count when the dump was made.
  private let now: UInt64
  /// Ticks per second: CONFIG_HZ.
  private let rate: Double

  /// Reads the count; nil where it, or the rate, cannot be told.
  init?(_ kernel: Kernel) {
    // A clock that counts ticks knows how many nanoseconds one takes.
    guard let count = kernel.address(of: "jiffies") ?? kernel.address(of: "jiffies_64"),
      let now = try? kernel.memory.load(UInt64.self, at: count),
      let clock = kernel.address(of: "clocksource_jiffies"),
      let source = kernel.types.unit(defining: clock)?.types.structure(named: "clocksource"),
      let mult = source.field("mult"), let shift = source.field("shift"),
      let record = try? Record(at: clock, extent: [mult, shift].extent, in: kernel.memory),
      record[shift] < 32
    else { return nil }
    let nanoseconds = Double(record[mult] >> record[shift])
    guard nanoseconds >= 100_000, nanoseconds <= 100_000_000 else { return nil }
    self.now = now
    rate = (1e9 / nanoseconds).rounded()
  }

  /// How many seconds ago the count was this; nil for one that is yet to come or long gone.
  func age(of count: UInt64) -> Double? {
    let ticks = now &- count
    // A hundred years: a machine that ran so long had no bug.
    guard count <= now, Double(ticks) / rate < 3e9 else { return nil }
    return Double(ticks) / rate
  }
}
