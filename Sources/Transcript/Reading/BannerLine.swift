/// The lines of crash's banner and of `sys`.
enum BannerLine {
  private static let keys: Set<String> = [
    "KERNEL:", "MAP:", "DUMPFILE:", "DUMPFILES:", "DEBUGINFO:", "MAPFILE:", "CPUS:", "DATE:",
    "UPTIME:", "AVERAGE:", "TASKS:", "NODENAME:", "RELEASE:", "VERSION:", "MACHINE:", "MEMORY:",
    "PANIC:", "PID:", "COMMAND:", "TASK:", "CPU:", "STATE:", "WARNING:", "LIVE:",
  ]

  /// Takes what a line says; returns false when it is none of the banner.
  static func read(_ line: Line, into banner: inout Banner) -> Bool {
    let second = line.word(0, is: "LOAD") || line.word(0, is: "SYSTEM") || line.word(0, is: "DEBUG")
    let index = second && line.count > 1 ? 1 : 0
    guard line.word(index, endsWith: ":"), keys.contains(line.text(index)) else { return false }
    let value = line.text((index + 1)..<max(index + 1, min(line.count, index + 24)))
    switch line.text(index) {
    case "DUMPFILE:", "DUMPFILES:": banner.dumpFile = value
    case "DATE:": banner.date = value
    case "NODENAME:": banner.node = value
    case "RELEASE:": banner.release = value
    case "MACHINE:": banner.machine = line.word(index + 1, or: "")
    case "MEMORY:": banner.memory = value
    default: break
    }
    return true
  }

  /// The version in crash's first line: `crash 7.2.9`.
  static func version(_ line: Line) -> CrashVersion? {
    guard line.count == 2, line.word(0, is: "crash") else { return nil }
    return CrashVersion(line.text(1))
  }

  /// The distance in `WARNING: kernel relocated [688MB]: patching …`, in bytes.
  static func relocation(_ line: Line) -> UInt64? {
    guard line.words(from: 0, are: "WARNING: kernel relocated"), line.count > 3 else { return nil }
    let digits = line.text(3).drop { $0 == "[" }.prefix { $0.isNumber }
    guard digits.count < 12, let mebibytes = UInt64(digits) else { return nil }
    return mebibytes << 20
  }

  /// The release in the kernel's first message: `Linux version 5.10.223-lab (root@vm) …`.
  static func release(_ line: Line) -> String? {
    guard let index = line.firstIndex(of: "Linux"), line.word(index + 1, is: "version"),
      index + 2 < line.count
    else { return nil }
    return line.text(index + 2)
  }

  private static let legal = [
    "Copyright (C)", "This program is free software,", "and you are welcome",
    "certain conditions.", "This program has absolutely", "GNU gdb", "License GPLv3+:",
    "This is free software:", "There is NO WARRANTY,", "There is NO WARRANTY, to",
    "and \"show warranty\"", "Type \"show", "This GDB was configured", "Find the GDB manual",
    "For help,", "Type \"apropos", "<http://www.gnu.org/software/gdb/documentation/>.",
    "NOTE: stdin: not a tty", "scroll:", "Script started on", "Script done on", "radix:",
  ]

  /// Whether a line is of those that crash and gdb always print.
  static func isLegal(_ line: Line) -> Bool { legal.contains { line.words(from: 0, are: $0) } }
}
