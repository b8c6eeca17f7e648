import Evidence
import FixtureKit
import Memory
import Survey
import Testing

@Suite("What can still be got at")
struct ReachabilityTests {
  private typealias Fixture = MemoryScanTests.Fixture

  /// What a scan finds of the first eight targets, and of the first eight holders when they are
  /// asked about as well.
  private func standings(
    _ fixture: Fixture, withHolders: Bool = false
  ) async throws -> [Reachability.Standing] {
    let kernel = fixture.kernel.kernel()
    let (census, _) = try await SlabSurvey(kernel).census()
    let targets = try (0..<8).map { try slot(of: fixture.target($0), in: census) }
    let holders = try (0..<8).map {
      try slot(of: fixture.kernel.object($0, of: fixture.holders), in: census)
    }
    let found = await MemoryScan(kernel, census: census)
      .reachability(of: withHolders ? targets + holders : targets)
    #expect(found.coverage.isComplete)
    return targets.map { found.standing(of: $0) }
  }

  private func slot(of address: VirtualAddress, in census: Census) throws -> UInt32 {
    UInt32(census.slot(of: try #require(census.object(containing: address))))
  }

  @Test("a list that a variable leads to is in use to its end, one without a head is lost")
  func lists() async throws {
    var fixture = Fixture()
    let variable = SlabKernel.spareFrame(0)
    fixture.kernel.setUse(ofFrame: variable, to: .reserved)
    fixture.keep(fixture.target(2).rawValue, inFrame: variable)
    // 2, 0, 1 from the variable; 3, 4, 5 in a circle; 6 refers to 7, and nothing to 6.
    for (from, to) in [(2, 0), (0, 1), (3, 4), (4, 5), (5, 3), (6, 7)] {
      fixture.kernel.write(
        fixture.target(to).rawValue + 8, at: fixture.target(from).advanced(by: 16))
    }
    #expect(
      try await standings(fixture) == [
        .inUse, .inUse, .inUse, .lostWithOthers, .lostWithOthers, .lostWithOthers, .lost,
        .lostWithOthers,
      ])
  }

  @Test("what an object refers to that is lost itself is lost with it, if both are asked about")
  func lostHolder() async throws {
    var fixture = Fixture()
    fixture.hold(fixture.target(1).rawValue, in: 2)
    #expect(try await standings(fixture)[1] == .inUse)
    #expect(try await standings(fixture, withHolders: true)[1] == .lostWithOthers)
  }

  @Test("what refers to what can be asked for")
  func referrers() async throws {
    var fixture = Fixture()
    for from in [3, 5] {
      fixture.kernel.write(
        fixture.target(4).rawValue, at: fixture.target(from).advanced(by: 8))
    }
    let kernel = fixture.kernel.kernel()
    let (census, _) = try await SlabSurvey(kernel).census()
    let slots = try (0..<8).map { try slot(of: fixture.target($0), in: census) }
    let found = await MemoryScan(kernel, census: census).reachability(of: slots)
    #expect(found.lostReferrers(of: slots[4]) == [slots[3], slots[5]])
    #expect(found.lostReferrers(of: slots[3]).isEmpty)
    #expect(found.isLost(slots[4]) && !found.isLost(.max))
    #expect(found.standing(of: .max) == .unknown)
  }

  @Test("a page of the kernel keeps what it refers to, whatever it is used for")
  func pages() async throws {
    var fixture = Fixture()
    fixture.kernel.setUse(ofFrame: SlabKernel.spareFrame(1), to: .kernel)
    fixture.keep(fixture.target(5).rawValue, inFrame: SlabKernel.spareFrame(1))
    #expect(try await standings(fixture)[5] == .inUse)
  }

  @Test("the address behind an object, in its slot, does not lead to it")
  func behind() async throws {
    var kernel = SlabKernel(.slub6_1)
    let padded = kernel.addCache("padded", objectSize: 40, slotSize: 64)
    let slab = kernel.addSlab(of: padded)
    let variable = SlabKernel.spareFrame(0)
    kernel.setUse(ofFrame: variable, to: .reserved)
    kernel.write(
      kernel.object(0, of: slab).rawValue + 39, at: kernel.address(64, inFrame: variable))
    kernel.write(
      kernel.object(1, of: slab).rawValue + 40, at: kernel.address(72, inFrame: variable))
    let image = kernel.kernel()
    let (census, _) = try await SlabSurvey(image).census()
    let slots = try (0..<2).map { try slot(of: kernel.object($0, of: slab), in: census) }
    let found = await MemoryScan(image, census: census).reachability(of: slots)
    #expect(slots.map { found.standing(of: $0) } == [.inUse, .lost])
  }
}
