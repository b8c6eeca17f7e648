import Evidence
import Foundation
import Memory
import Reports
import Testing

@Suite("Listing of objects")
struct ObjectListingTests {
  private let subject = SampleKernel.subject()
  private static let all = Set(ObjectStateKind.allCases)

  private func lines(
    _ format: ObjectListing.Format, caches: [Int]? = nil, _ states: Set<ObjectStateKind>
  ) -> [String] {
    var bytes: [UInt8] = []
    ObjectListing(subject, caches: caches, states: states).write(as: format) { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("objects come by address, those in other states left out")
  func addresses() throws {
    let addresses = try lines(.jsonLines, [.allocated, .pending]).map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
      return try #require(object?["address"])
    }
    #expect(addresses.count == 71)
    #expect(addresses == addresses.sorted())
    #expect(addresses.first == "0xffff888001000000")
  }

  @Test("some caches only")
  func someCaches() {
    #expect(lines(.jsonLines, caches: [1], Self.all).count == 16)
    #expect(lines(.jsonLines, caches: [], Self.all).isEmpty)
    #expect(lines(.jsonLines, caches: [99], Self.all).isEmpty)
  }

  @Test("where a free object was found, and what hides a state")
  func reasons() {
    #expect(
      lines(.text, [.pending, .indeterminate]) == [
        "0xffff888001001000 pending filp (kfree_rcu)",
        "0xffff888001001100 indeterminate filp (freelist comes back to slot 3)",
      ])
    #expect(
      lines(.text, caches: [0], [.free]).last == "0xffff888001000fe0 free kmalloc-32 (cpu_slab)")
  }

  @Test("a name with quotes and control characters stays one JSON string")
  func names() throws {
    let name = "a\"b\\c\u{1}\n"
    var builder = CensusBuilder(caches: [
      SampleKernel.cache(name, at: 0x1000, objectSize: 8, slotSize: 8, perSlab: 512)
    ])
    builder.addSlab(
      cache: 0, firstPage: VirtualAddress(0x1000), pages: 1, firstObject: VirtualAddress(0x1000),
      slots: 1, slotSize: 8)
    var subject = subject
    subject.census = Census(builder)
    var bytes: [UInt8] = []
    ObjectListing(subject, caches: nil, states: [.allocated]).write(as: .jsonLines) { bytes += $0 }
    let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String]
    #expect(object?["cache"] == name)
  }

  @Test("a failure to write ends the listing")
  func failure() {
    struct Full: Error {}
    let listing = ObjectListing(subject, caches: nil, states: [.allocated])
    #expect(throws: Full.self) {
      try listing.write(as: .text) { (_: [UInt8]) throws(Full) in throw Full() }
    }
  }
}
