/// Values that the kernel and its tools write to mark memory or the ends of lists.
///
/// From the kernel's `include/linux/poison.h`; what `CONFIG_ILLEGAL_POINTER_VALUE` adds to the list
/// poisons is the same on x86_64 and arm64.
public enum Poison {
  private static let delta: UInt64 = 0xdead_0000_0000_0000

  /// The values, with their names.
  static let values: [(value: UInt64, name: String)] = [
    (delta + 0x100, "LIST_POISON1"),
    (delta + 0x122, "LIST_POISON2"),
    // Until Linux 4c6080cd6f8b ("lib/list: tweak LIST_POISON2 ..."), v5.3.
    (delta + 0x200, "LIST_POISON2"),
    (delta + 0x300, "TIMER_ENTRY_STATIC"),
    (delta + 0x400, "TAIL_MAPPING"),
    (0x6b6b_6b6b_6b6b_6b6b, "POISON_FREE"),
    (0xa56b_6b6b_6b6b_6b6b, "POISON_FREE POISON_END"),
    (0x5a5a_5a5a_5a5a_5a5a, "POISON_INUSE"),
    (0xa55a_5a5a_5a5a_5a5a, "POISON_INUSE POISON_END"),
    (0xbbbb_bbbb_bbbb_bbbb, "SLUB_RED_INACTIVE"),
    (0xcccc_cccc_cccc_cccc, "SLUB_RED_ACTIVE"),
    (0x09f9_1102_9d74_e35b, "RED_INACTIVE"),
    (0xd841_56c5_6356_88c0, "RED_ACTIVE"),
    (0xaaaa_aaaa_aaaa_aaaa, "PAGE_POISON"),
    // What makedumpfile writes over memory that its filter commands erase.
    (0x5858_5858_5858_5858, "erased by makedumpfile"),
  ].flatMap { value, name in
    let other = redacted(value)
    return other == value ? [(value, name)] : [(value, name), (other, name)]
  }

  /// What stands in a redacted dump for a value: what reads as text has its bytes' top bits set.
  public static func redacted(_ value: UInt64) -> UInt64 {
    Printable.prefix(of: value).count < Printable.shortest ? value : value | 0x8080_8080_8080_8080
  }

  /// The position in `values` of a word that is one, or nil.
  static func index(of word: UInt64) -> Int? { values.firstIndex { $0.value == word } }
}
