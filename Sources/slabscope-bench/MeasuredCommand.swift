import Foundation

/// What one run of a command took.
struct Measurement {
  /// Seconds from start to end.
  var wall = 0.0
  /// Seconds of processor time, of all threads.
  var processor = 0.0
  /// The most anonymous memory it had at once, in bytes: what counts against a machine's memory,
  /// unlike the pages of mapped files.
  var anonymousMemory = 0.0
}

/// A command that is measured from outside, through /proc.
struct MeasuredCommand {
  let program: String
  let arguments: [String]

  /// The figures are read at this interval, so the last of them may be missed.
  private static let interval = 0.004
  /// The kernel counts processor time in hundredths of a second.
  private static let ticksPerSecond = 100.0

  /// A run that did not end well.
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs the command once; throws `Failed` when it cannot be started or ends with a failure.
  func measure() throws -> Measurement {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = FileHandle.nullDevice
    var measurement = Measurement()
    let clock = ContinuousClock()
    let start = clock.now
    try process.run()
    while process.isRunning {
      sample(process.processIdentifier, into: &measurement)
      Thread.sleep(forTimeInterval: Self.interval)
    }
    let elapsed = (clock.now - start).components
    measurement.wall = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    guard process.terminationStatus == 0 else {
      throw Failed(description: "\(program) ended with \(process.terminationStatus)")
    }
    return measurement
  }

  private func sample(_ process: Int32, into measurement: inout Measurement) {
    let folder = "/proc/\(process)/"
    if let status = try? String(contentsOfFile: folder + "status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") }),
      let kibibytes = Double(line.dropFirst("RssAnon:".count).filter(\.isNumber))
    {
      measurement.anonymousMemory = max(measurement.anonymousMemory, kibibytes * 1024)
    }
    // The command's name, in parentheses, may hold blanks; utime and stime are the 12th and 13th
    // fields behind it.
    if let stat = try? String(contentsOfFile: folder + "stat", encoding: .utf8),
      let name = stat.lastIndex(of: ")")
    {
      let fields = stat[name...].split(separator: " ")
      if fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) {
        measurement.processor = (user + system) / Self.ticksPerSecond
      }
    }
  }
}
