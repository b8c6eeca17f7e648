import DebugInfo
import Elfutils
import Memory
import Testing

@Suite("Layouts from DWARF")
struct LayoutTests {
  /// Prints where a compiler puts members, one a line: path, first byte, size.
  private static let printer = """
    #include <stddef.h>
    #include <stdio.h>
    #include <string.h>
    #include "types.h"
    #define AT(type, member) \\
      printf(#member " %zu %zu\\n", offsetof(type, member), sizeof(((type *)0)->member))
    #define BITS(type, member) do { \\
      type value; unsigned char bytes[sizeof value]; int first = -1, count = 0; \\
      memset(&value, 0, sizeof value); value.member = -1; memcpy(bytes, &value, sizeof value); \\
      for (int bit = 0; bit < (int)sizeof value * 8; bit++) \\
        if (bytes[bit / 8] >> bit % 8 & 1) { if (first < 0) first = bit; count++; } \\
      printf("bits " #member " %d %d\\n", first, count); } while (0)
    int main(void) {
      printf("size cache %zu\\nsize squeezed %zu\\nsize either %zu\\n", sizeof(struct cache),
        sizeof(struct squeezed), sizeof(union either));
      AT(struct cache, list); AT(struct cache, list.prev); AT(struct cache, name);
      AT(struct cache, oo.x); AT(struct cache, flags); AT(struct cache, freelist);
      AT(struct cache, low); AT(struct cache, high); AT(struct cache, owner);
      AT(struct cache, ctor); AT(struct cache, kind); AT(struct cache, ready);
      AT(struct cache, load); AT(struct cache, grid); AT(struct cache, none);
      BITS(struct cache, inuse); BITS(struct cache, objects); BITS(struct cache, frozen);
      BITS(struct cache, wide);
      return 0;
    }

    """

  private static let packedPrinter = """
    #include <stddef.h>
    #include <stdio.h>
    #include "types.h"
    int main(void) {
      union { struct squeezed s; unsigned char bytes[sizeof(struct squeezed)]; } u = { .s.b = 0x1fff };
      int first = 0;
      while (!(u.bytes[first / 8] >> first % 8 & 1)) first++;
      printf("value %zu 8\\nbits b %d 13\\n", offsetof(struct squeezed, value), first);
      return 0;
    }

    """

  @Test("Sizes and offsets are those that the compiled program has", arguments: Compilation.all)
  func layout(_ compilation: Compilation) throws {
    let workshop = try Workshop()
    try workshop.write(Samples.types, to: "types.h")
    try workshop.write(Samples.code, to: "kernel.c")
    let types = try OpenedKernel(try compilation.kernel(["kernel.c"], in: workshop, named: "k"))
      .types
    let cache = try #require(types.structure("cache", near: ["seq_open"]))
    let truth = try Self.truth(compilation, Self.printer, in: workshop)
    #expect(truth.count == 22)
    try Self.compare(cache, with: truth)
    #expect(truth.contains { $0 == ["size", "cache", "\(cache.size)"] })
    let squeezed = try #require(types.structure("squeezed", near: ["seq_open"]))
    try Self.compare(squeezed, with: try Self.truth(compilation, Self.packedPrinter, in: workshop))
    #expect(truth.contains { $0 == ["size", "squeezed", "\(squeezed.size)"] })
    let either = try #require(types.structure("either", near: ["seq_open"]))
    #expect(truth.contains { $0 == ["size", "either", "\(either.size)"] })
    #expect(either.aggregate.isUnion)
  }

  @Test("Types are what the source says they are", arguments: Compilation.all)
  func shapes(_ compilation: Compilation) throws {
    let workshop = try Workshop()
    try workshop.write(Samples.types, to: "types.h")
    try workshop.write(Samples.code, to: "kernel.c")
    let types = try OpenedKernel(try compilation.kernel(["kernel.c"], in: workshop, named: "k"))
      .types
    let cache = try #require(types.structure("cache", near: ["seq_open"]))
    func spelled(_ path: String) -> String? {
      cache.member(path).map { cache.table.spelling(of: $0.type) }
    }
    // Qualifiers are left out.
    #expect(spelled("name") == "char *")
    #expect(spelled("flags") == "slab_flags_t")
    #expect(spelled("ctor") == "int (void *, unsigned long, ...) *")
    #expect(spelled("grid") == "long [5] [3]")
    #expect(spelled("tail") == "char []")
    #expect(spelled("owner") == "struct unseen *")
    #expect(spelled("load") == "double")
    #expect(spelled("kind") == "enum page_flag")
    #expect(types.structure("unseen", near: ["seq_open"]) == nil)
    #expect(types.enumerator("PG_slab", near: ["seq_open"]) == 7)
    #expect(types.enumerator("PG_high", near: ["seq_open"]) == 0x8000_0000)
    #expect(types.hasAlias("slab_flags_t", near: ["seq_open"]))
    #expect(!types.hasAlias("gfp_t", near: ["seq_open"]))
    let flags = try #require(cache.member("flags"))
    #expect(
      cache.table[cache.table.resolved(flags.type)]
        == .integer(name: "unsigned int", size: 4, isSigned: false))
  }

  /// What the printing program says, as words.
  private static func truth(
    _ compilation: Compilation, _ printer: String, in workshop: Workshop
  ) throws -> [[String]] {
    try workshop.write(printer, to: "printer.c")
    try workshop.run([compilation.compiler, "-o", "printer", "printer.c"])
    return try workshop.run(["./printer"]).split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
  }

  private static func compare(_ structure: Structure, with truth: [[String]]) throws {
    for words in truth where words[0] != "size" {
      if words[0] == "bits" {
        let member = try #require(structure.member(words[1]), "\(words[1])")
        #expect(
          ["\(member.bitOffset)", "\(member.bitSize ?? 0)"] == Array(words[2...]), "\(words)")
      } else {
        let member = try #require(structure.member(words[0]), "\(words[0])")
        let size = structure.table.size(of: member.type) ?? -1
        #expect(["\(member.offset)", "\(size)"] == Array(words[1...]), "\(words)")
      }
    }
  }
}
