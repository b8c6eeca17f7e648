import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("Sockets that the kernel forgot")
struct LostSocketsTests {
  /// A hundred sockets: inodes in slots 0 to 99, from a slab of 128, `struct sock` from 128 on.
  private func findings(
    inUse: Set<UInt32> = [], isComplete: Bool = true, count: UInt32 = 100
  ) async throws -> [Finding] {
    var kernel = SubjectBuilder()
    let inodes = kernel.cache("sock_inode_cache", objectSize: 32)
    let socks = kernel.cache("UDP", objectSize: 32)
    for _ in 0..<100 {
      kernel.object(in: inodes, [1])
      kernel.object(in: socks, [2])
    }
    var subject = kernel.subject
    let firstSock = UInt32(try #require(subject.census.slabs.last).firstSlot)
    subject.filelessSockets = (0..<count).map {
      FilelessSocket(kind: "udp", inode: $0, sock: firstSock + $0)
    }
    subject.references = Answers(
      inUse: inUse,
      coverage: ScanCoverage(scannedPages: 1000, missingPages: isComplete ? 0 : 3))
    return await Investigation(of: subject).findings.filter { $0.rule.hasPrefix("lost-") }
  }

  @Test("inode and sock are one finding, and none of lost-objects")
  func one() async throws {
    let found = try await findings()
    #expect(found.map(\.rule) == ["lost-sockets"])
    #expect(
      found.map(\.title) == [
        "100 udp sockets without a file (6.3 KiB with their inodes) are lost, nothing in use leads "
          + "to them"
      ])
    #expect(found.map(\.certainty) == [.definite])
    #expect(found.map(\.bytes) == [100 * 64])
    #expect(found.map(\.slots.count) == [100])
  }

  @Test("those that something leads to are in use, wherever it leads")
  func inUse() async throws {
    let found = try await findings(inUse: Set(0..<20).union(148..<158))
    #expect(found.map(\.count) == [70])
    #expect(
      found.first?.evidence.last == "30 more of this kind without a file are in use, or may be")
  }

  @Test("where pages are missing, it is possible only")
  func incomplete() async throws {
    #expect(try await findings(isComplete: false).map(\.certainty) == [.possible])
  }

  @Test("few are no finding of this rule")
  func few() async throws {
    #expect(try await !findings(count: 63).contains { $0.rule == "lost-sockets" })
  }
}
