import Evidence
import Testing

@Suite("Coverage")
struct CoverageTests {
  @Test("what was seen is not complete where pages are absent, or may be slabs that were not seen")
  func completeness() {
    var coverage = Coverage(slabPages: 3, absentPages: [0, 0])
    #expect(coverage.isComplete)
    coverage.unknownFrames = 4
    #expect(!coverage.isComplete)
    coverage = Coverage(slabPages: 3, absentPages: [0, 1])
    #expect(!coverage.isComplete)
  }
}
