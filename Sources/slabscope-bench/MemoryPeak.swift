import Foundation

/// The most memory that this process had at once since a moment.
struct MemoryPeak {
  private let start: Double

  /// Begins to watch.
  ///
  /// Memory that was freed before and is used again does not count.
  init() {
    // Writing 5 makes the present size the peak (Documentation/filesystems/proc.rst).
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    start = Self.size("VmRSS:")
  }

  /// The bytes by which the peak exceeds the size at the start.
  var bytes: Double { max(0, Self.size("VmHWM:") - start) }

  private static func size(_ name: String) -> Double {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix(name) }
    return (line.flatMap { Double($0.dropFirst(name.count).filter(\.isNumber)) } ?? 0) * 1024
  }
}
