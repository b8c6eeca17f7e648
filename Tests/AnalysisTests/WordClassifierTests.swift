import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("What a word is")
struct WordClassifierTests {
  /// A kernel with one cache whose first object is at the returned address.
  private func kernel() -> (subject: Subject, object: VirtualAddress) {
    var kernel = SubjectBuilder(types: LeakyModule.types)
    let cache = kernel.cache("kmalloc-96", objectSize: 96)
    let object = kernel.object(in: cache, [])
    kernel.object(in: cache, [])
    return (kernel.subject, object)
  }

  @Test("Words of every kind")
  func kinds() {
    let (subject, object) = kernel()
    let classifier = WordClassifier(subject)
    let expected: [(UInt64, WordClass)] = [
      (0, .zero),
      (4096, .number(4096)),
      (LeakyModule.singleStart.rawValue, .symbol(name: "single_start", offset: 0, module: nil)),
      (
        LeakyModule.timeout.rawValue + 0x3f,
        .symbol(name: "tm_timeout", offset: 0x3f, module: "leakmod")
      ),
      // A symbol ends where its size says.
      (LeakyModule.timeout.rawValue + 0x40, .image),
      (object.rawValue + 96, .slabPointer(cache: "kmalloc-96", offset: 0)),
      (object.rawValue + 96 + 24, .slabPointer(cache: "kmalloc-96", offset: 24)),
      (object.rawValue + 16, .selfPointer(offset: 16)),
      (SubjectBuilder.directMap.rawValue + 0x4000_0000, .directMap),
      (0xffff_ea00_0001_2340, .pageStruct),
      (0xffff_c900_0001_4000, .vmalloc),
      (0x7ffd_1234_5678, .user),
      (0xdead_0000_0000_0100, .poison(name: "LIST_POISON1")),
      (0xdead_0000_0000_0122, .poison(name: "LIST_POISON2")),
      (0x6b6b_6b6b_6b6b_6b6b, .poison(name: "POISON_FREE")),
      (0x5a5a_5a5a_5a5a_5a5a, .poison(name: "POISON_INUSE")),
      (UInt64(bitPattern: -12), .errorPointer(-12)),
      (UInt64(bitPattern: -4095), .errorPointer(-4095)),
      (UInt64(bitPattern: -4096), .other),
      // "eth0-rx\0" and "irq/42-a".
      (0x0078_722d_3068_7465, .text("eth0-rx")),
      (0x612d_3234_2f71_7269, .text("irq/42-a")),
      // Two 32-bit numbers.
      (0x0000_0003_0000_0001, .other),
      (0x0000_00ff_00ff_00ff, .other),
      (0x5555_5555_4000, .user),
      (0x1234_5678_9abc_def0, .other),
    ]
    for (word, wanted) in expected {
      let found = classifier.classify(word, in: object..<object.advanced(by: 96))
      #expect(found == wanted, "\(String(word, radix: 16))")
    }
  }

  @Test("Without an object around it, a word is no pointer to itself")
  func noObject() {
    let (subject, object) = kernel()
    let found = WordClassifier(subject).classify(object.rawValue + 8)
    #expect(found == .slabPointer(cache: "kmalloc-96", offset: 8))
  }

  @Test("Tokens keep what a template shows")
  func tokens() {
    let symbol = WordToken.symbol(123_456, offset: 0x7890)
    #expect(symbol.isSymbol && symbol.symbolIndex == 123_456 && symbol.symbolOffset == 0x7890)
    let slab = WordToken.slab(cache: 300, offset: 4096)
    #expect(slab.kind == .slabPointer && slab.cacheIndex == 300 && slab.objectOffset == 4096)
    #expect(WordToken.absent.kind == nil && !WordToken.absent.isPresent)
    #expect(WordToken.zero.kind == .zero && WordToken.zero.isPresent)
    for kind in WordKind.allCases { #expect(WordToken(kind, 5).kind == kind) }
  }
}
