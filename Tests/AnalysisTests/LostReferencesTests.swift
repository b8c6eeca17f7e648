import Analysis
import Evidence
import FixtureKit
import Memory
import Testing

@Suite("References that nobody has")
struct LostReferencesTests {
  private struct Audit: ReferenceAudit {
    let found: [Overcount]
    func overcounts() async -> [Overcount] { found }
  }

  /// A hundred dentries of 192 bytes with an inode of 512 bytes each.
  private func finding(_ change: (inout Overcount) -> Void = { _ in }) async throws -> Finding {
    var kernel = SubjectBuilder()
    let dentries = kernel.cache("dentry", objectSize: 192)
    let inodes = kernel.cache("shmem_inode_cache", objectSize: 512)
    for _ in 0..<100 {
      kernel.object(in: dentries, [1])
      kernel.object(in: inodes, [2])
    }
    var subject = kernel.subject
    func slots(_ cache: Int) -> [UInt32] {
      subject.census.slabsOfCache[cache].flatMap { number in
        let slab = subject.census.slabs[number]
        return (0..<Int(slab.slots)).map { UInt32(slab.firstSlot + $0) }
      }.filter { subject.census.stateKind(of: Int($0)) == .allocated }
    }
    var found = Overcount(
      type: "dentry", count: "d_lockref", fileSystem: "tmpfs", directory: "/tmp",
      examples: ["f0", "f1"],
      coverage: ScanCoverage(scannedPages: 1000))
    found.slots = slots(dentries)
    found.kept = slots(inodes)
    (found.references, found.pins, found.words, found.surplus) = (201, 100, 1, 100)
    found.holders.add("file")
    change(&found)
    subject.audit = Audit(found: [found])
    let findings = await Investigation.findings(in: subject, groups: [])
    return try #require(findings.first { $0.rule == "lost-references" })
  }

  @Test("the finding tells how many, where, how much and how the counts add up")
  func words() async throws {
    let finding = try await finding()
    #expect(
      finding.title == "100 dentries below /tmp (tmpfs, 68.8 KiB with their inodes) are held by "
        + "100 references that nobody has")
    #expect(finding.certainty == .definite && finding.count == 100)
    #expect(finding.bytes == 100 * (192 + 512))
    #expect(finding.cacheName == "dentry" && finding.type == "dentry")
    #expect(
      finding.evidence == [
        "their counts add up to 201: tmpfs may keep 100 for itself, 1 word in memory may be a "
          + "holder's, 100 are left over",
        "holders that were found: 1 open file",
        "a scan of all kernel memory in the dump (1,000 pages) finds 1 word that leads to them, "
          + "those in hash tables and lists left out",
        "their names: f0, f1 and so on",
        "they keep 100 inodes; 100 still have a name in their file system: their memory is lost "
          + "when that is removed",
        "look for path_get, kern_path, dget, d_find_alias, dget_parent without path_put, dput",
      ])
  }

  @Test("where pages are missing, it is possible only")
  func incomplete() async throws {
    let finding = try await finding { $0.coverage.missingPages = 7 }
    #expect(finding.certainty == .possible)
    #expect(
      finding.evidence[2].hasSuffix(", but 7 pages that could hold references cannot be read"))
  }

  @Test("what has no name any more is lost")
  func unhashed() async throws {
    let finding = try await finding {
      $0.unhashed = 100
      $0.directory = nil
      $0.holders = Overcount.Holders()
    }
    #expect(finding.title.hasPrefix("100 dentries (tmpfs, 68.8 KiB with their inodes) are held"))
    #expect(
      finding.evidence[4] == "they have no name in their file system any more and keep 100 "
        + "inodes: all of it is lost")
    #expect(finding.evidence[1].hasPrefix("no child, open file, mount,"))
  }
}
