import ByteKit
import FixtureKit
import Memory
import Testing

/// Expects two memories to know the same page frames and to hold the same in them.
func expectEqual(
  _ memory: any PhysicalMemory, _ expected: any PhysicalMemory,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(memory.frames == expected.frames, sourceLocation: sourceLocation)
  for range in expected.frames {
    for number in range.lowerBound.rawValue..<range.upperBound.rawValue {
      let frame = PageFrame(number)
      let isEqual = (try? memory.page(frame)) == (try? expected.page(frame))
      #expect(isEqual, "page frame \(number)", sourceLocation: sourceLocation)
      #expect(memory.absence(of: frame) == nil, sourceLocation: sourceLocation)
    }
  }
}

extension PhysicalImage {
  /// The bytes of a page frame; zeros where there is no memory.
  func bytes(of frame: UInt64) -> [UInt8] {
    (try? page(PageFrame(frame)).array) ?? [UInt8](repeating: 0, count: pageSize.bytes)
  }
}
