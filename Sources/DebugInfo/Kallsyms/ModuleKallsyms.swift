public import ByteKit
public import Memory

/// The symbols that the kernel keeps of a loaded module, as they lie in memory.
///
/// Source: `struct mod_kallsyms` of Linux and `Elf64_Sym` of the ELF specification.
public struct ModuleKallsyms: Sendable {
  /// The size of an entry in bytes.
  public static let entrySize = 24

  private let entries: Bytes
  private let names: Bytes
  private let form: Form

  /// Where an entry's type letter is: what `nm` prints and the kernel works out when it loads the
  /// module.
  private enum Form {
    /// In a table beside the entries, which keep what the compiler wrote (1c7651f43777, "kallsyms:
    /// store type information in its own array", v5.2).
    case beside
    /// In place of the size (5439c985c5a8, "module: Overwrite st_size instead of st_info", v5.0).
    case inSize
    /// In place of binding and type, before that.
    case inInfo
  }

  /// Takes `Elf64_Sym` entries and the strings that their names are offsets into.
  ///
  /// `hasTypeTable` tells whether `struct mod_kallsyms` has a `typetab`.
  public init(entries: Bytes, names: Bytes, hasTypeTable: Bool) {
    self.entries = entries
    self.names = names
    if hasTypeTable {
      form = .beside
    } else {
      // Binding and type of a local or global symbol make a byte below every letter.
      let count = entries.count / Self.entrySize
      let letters = (1..<max(count, 1)).allSatisfy {
        (entries.load(UInt8.self, at: $0 * Self.entrySize + 4) ?? 0) >= UInt8(ascii: "?")
      }
      form = letters && count > 1 ? .inInfo : .inSize
    }
  }

  /// The number of entries.
  public var count: Int { entries.count / Self.entrySize }

  /// The number of bytes of strings that the names in `entries` may reach.
  ///
  /// Returns nil when they are more than names of 128 bytes each would take, which is four times what
  /// they have in real modules.
  public static func namesExtent(of entries: Bytes) -> Int? {
    var last = 0
    for start in stride(from: 0, to: entries.count - entrySize + 1, by: entrySize) {
      last = max(last, Int(entries.load(UInt32.self, at: start) ?? 0))
    }
    // KSYM_NAME_LEN has been 512 since v6.1, and 128 before.
    let longest = 512
    return last <= entries.count / entrySize * 128 + longest ? last + longest : nil
  }

  /// Adds the symbols that lie where `isInModule` says to a builder, and returns how many had a name
  /// that is not there.
  public func add(
    to builder: inout SymbolTableBuilder, module: String,
    where isInModule: (VirtualAddress) -> Bool
  ) -> Int {
    var nameless = 0
    // The first entry of every symbol table stands for no symbol.
    for start in stride(
      from: Self.entrySize, to: entries.count - Self.entrySize + 1, by: Self.entrySize)
    {
      guard let nameOffset = entries.load(UInt32.self, at: start),
        let info = entries.load(UInt8.self, at: start + 4),
        let section = entries.load(UInt16.self, at: start + 6),
        let value = entries.load(UInt64.self, at: start + 8),
        let size = entries.load(UInt64.self, at: start + 16)
      else { break }
      // Section 0 is that of symbols which the module uses and does not have.
      guard nameOffset > 0, section != 0, isInModule(VirtualAddress(value)),
        let meaning = meaning(info: info, size: size)
      else { continue }
      guard let name = name(at: Int(nameOffset)) else {
        nameless += 1
        continue
      }
      guard !Self.isLabel(name) else { continue }
      builder.add(
        name: name, address: VirtualAddress(value), size: form == .inSize ? nil : size,
        kind: meaning.kind, isGlobal: meaning.isGlobal, module: module)
    }
    return nameless
  }

  /// What an entry stands for, or nil for a section or file.
  private func meaning(info: UInt8, size: UInt64) -> (kind: SymbolKind, isGlobal: Bool)? {
    if form == .inInfo { return Self.meaning(letter: info) }
    switch info & 0xf {
    case 1: return (.object, info >> 4 != 0)
    case 2: return (.function, info >> 4 != 0)
    case 3, 4: return nil
    default: return (.other, info >> 4 != 0)
    }
  }

  /// What a letter of `nm` stands for; capitals are global.
  private static func meaning(letter: UInt8) -> (kind: SymbolKind, isGlobal: Bool) {
    let isGlobal = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter)
    return switch letter | 0x20 {
    case UInt8(ascii: "t"): (.function, isGlobal)
    case UInt8(ascii: "d"), UInt8(ascii: "b"), UInt8(ascii: "r"): (.object, isGlobal)
    default: (.other, isGlobal)
    }
  }

  /// The bytes of a name, or nil when it is not whole.
  ///
  /// In a redacted dump the top bits of ASCII characters may be set, so that they read as no text.
  private func name(at offset: Int) -> [UInt8]? {
    var name: [UInt8] = []
    var next = offset
    while let byte = names.load(UInt8.self, at: next) {
      if byte == 0 { return name.isEmpty ? nil : name }
      name.append(byte & 0x7f)
      next += 1
    }
    return nil
  }

  /// Whether a name is one of the marks that AArch64's assembler leaves, or a compiler's label.
  private static func isLabel(_ name: [UInt8]) -> Bool {
    name.starts(with: "$".utf8) || name.starts(with: ".L".utf8)
  }
}
