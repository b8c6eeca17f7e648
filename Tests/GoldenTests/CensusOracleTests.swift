import Foundation
import Testing

/// What drgn says of a cache, from the fixture's census.json.
private struct DrgnCache: Decodable {
  var name: String
  var slab_cache: String
  var allocated: Int
  var addresses_sha256: String
}

/// A line of `objects --format jsonl`.
private struct ObjectLine: Decodable {
  var address: String
  var cache_address: String
  var state: String
}

@Suite("Every cache's objects are those that drgn finds")
struct CensusOracleTests {
  @Test(arguments: Fixture.all)
  func objects(fixture: Fixture) throws {
    let outcome = try Tool.run(
      ["objects"] + fixture.inputs + ["--state", "allocated,pending", "--format", "jsonl"])
    try #require(outcome.status == 0, Comment(rawValue: outcome.errors))
    var addresses: [UInt64: [UInt64]] = [:]
    for line in outcome.output.split(separator: UInt8(ascii: "\n")) {
      let object = try JSONDecoder().decode(ObjectLine.self, from: line)
      #expect(object.state == "allocated" || object.state == "pending")
      addresses[try number(object.cache_address), default: []].append(try number(object.address))
    }
    let census = try JSONDecoder().decode(
      [DrgnCache].self,
      from: Data(contentsOf: Tool.project.appending(path: "\(fixture.folder)/census.json")))
    #expect(census.count > 50)
    for cache in census {
      let found = (addresses.removeValue(forKey: try number(cache.slab_cache)) ?? []).sorted()
      #expect(found.count == cache.allocated, "\(cache.name)")
      #expect(try digest(of: found) == cache.addresses_sha256, "\(cache.name)")
    }
    #expect(addresses.isEmpty, "caches that drgn does not know")
  }

  private func number(_ address: String) throws -> UInt64 {
    try #require(UInt64(address.dropFirst(2), radix: 16), "\(address)")
  }

  /// The SHA-256 of addresses as 64-bit little-endian numbers, by coreutils.
  private func digest(of addresses: [UInt64]) throws -> String {
    var bytes = Data(capacity: addresses.count * 8)
    for address in addresses {
      for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: address >> UInt64(byte * 8))) }
    }
    let outcome = try Tool.run(URL(fileURLWithPath: "/usr/bin/sha256sum"), [], input: bytes)
    return String(outcome.text.prefix(64))
  }
}
