/// A hash under a key that nobody keeps.
struct KeyedHash: Sendable {
  private let key: (UInt64, UInt64)

  /// Chooses a key.
  init() {
    var generator = SystemRandomNumberGenerator()
    key = (generator.next(), generator.next())
  }

  /// The hash of some bytes or words.
  func of<Value: Hashable>(_ values: some Sequence<Value>) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(key.0)
    for value in values { hasher.combine(value) }
    hasher.combine(key.1)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// As many numbers as somebody wants, which depend on a value.
  func numbers(of value: UInt64) -> Numbers { Numbers(hash: self, value: value) }

  /// Numbers that depend on a key and a value only.
  struct Numbers: RandomNumberGenerator {
    fileprivate let hash: KeyedHash
    fileprivate let value: UInt64
    private var count: UInt64 = 0

    fileprivate init(hash: KeyedHash, value: UInt64) {
      self.hash = hash
      self.value = value
    }

    mutating func next() -> UInt64 {
      count &+= 1
      return hash.of([value, count])
    }
  }
}
