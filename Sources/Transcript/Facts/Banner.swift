/// What crash says about itself and the kernel when it starts, and again for `sys`.
public struct Banner: Hashable, Sendable {
  /// The version of crash.
  public var crash: CrashVersion?
  /// The kernel's release.
  public var release: String?
  /// The machine's name.
  public var node: String?
  /// The architecture, as the kernel names it.
  public var machine: String?
  /// The dump file, with the marks behind it.
  public var dumpFile: String?
  /// The date of the dump.
  public var date: String?
  /// The size of memory as shown, such as `255.5 MB`.
  public var memory: String?
  /// How far the kernel was moved by KASLR, in bytes: a whole number of MiB.
  public var relocation: UInt64?

  /// Nothing known.
  public init() {}

  /// Whether the machine was running while it was looked at, so that counts may contradict.
  public var isLive: Bool {
    dumpFile.map {
      $0.hasPrefix("/dev/") || $0.hasPrefix("/proc/") || $0.contains("[LIVE")
        || $0.contains("live system")
    } ?? false
  }

  /// Whether another banner is of the same dump, as far as both tell.
  ///
  /// A dump may be looked at under another name; its date stays.
  func isCompatible(with other: Banner) -> Bool {
    func agree(_ path: KeyPath<Banner, String?>) -> Bool? {
      guard let mine = self[keyPath: path], let other = other[keyPath: path] else { return nil }
      return mine == other
    }
    guard agree(\.release) != false, agree(\.node) != false, isLive == other.isLive else {
      return other.dumpFile == nil && agree(\.release) != false && agree(\.node) != false
    }
    return isLive || (agree(\.date) ?? agree(\.dumpFile) ?? true)
  }

  /// Whether it says anything of a kernel, not only of crash.
  var tellsKernel: Bool {
    release != nil || node != nil || dumpFile != nil || date != nil || machine != nil
  }

  /// Takes over what another banner of the same dump says.
  mutating func merge(_ other: Banner) {
    crash = other.crash ?? crash
    release = other.release ?? release
    node = other.node ?? node
    machine = other.machine ?? machine
    dumpFile = other.dumpFile ?? dumpFile
    date = other.date ?? date
    memory = other.memory ?? memory
    relocation = other.relocation ?? relocation
  }
}

/// A version of the crash utility.
public struct CrashVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The three numbers of a release; a version that has fewer has zeros.
  public let major: Int, minor: Int, patch: Int

  /// Names a version.
  public init(_ major: Int, _ minor: Int, _ patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads a version such as `7.2.9`, `8.0.4++` or `7.0.2-6.el7`; nil when it begins otherwise.
  public init?(_ text: String) {
    var numbers: [Int] = []
    for part in text.split(separator: ".", maxSplits: 2) {
      let digits = part.prefix { ("0"..."9").contains($0) }
      guard let number = Int(digits), digits.count <= 4 else { break }
      numbers.append(number)
      if digits.count < part.count { break }
    }
    guard numbers.count >= 2 else { return nil }
    self.init(numbers[0], numbers[1], numbers.count > 2 ? numbers[2] : 0)
  }

  /// Compares releases by age.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.major, lhs.minor, lhs.patch) < (rhs.major, rhs.minor, rhs.patch)
  }

  /// The numbers with dots between them.
  public var description: String { "\(major).\(minor).\(patch)" }
}
