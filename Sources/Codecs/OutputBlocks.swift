internal import ByteKit

/// Collects what a codec writes, a block at a time, up to a limit.
struct OutputBlocks {
  private static let blockSize = 1 << 20

  private(set) var bytes: [UInt8] = []
  private let limit: Int

  init(limit: Int) { self.limit = max(0, limit) }

  /// How a step of decompression ended.
  enum Step { case more, end, failure }

  var isFull: Bool { bytes.count >= limit }

  /// Lets `body` write into a block; it returns how many bytes it wrote, and how it went.
  mutating func write(_ body: (UnsafeMutableRawBufferPointer) -> (count: Int, step: Step)) -> Step {
    var result = Step.failure
    let size = min(Self.blockSize, limit - bytes.count)
    bytes += unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, written in
      let (count, step) = unsafe body(UnsafeMutableRawBufferPointer(buffer))
      written = min(max(count, 0), size)
      result = step
    }
    return result
  }

  /// What was written, and how decompression ended.
  func file(_ end: DecompressedFile.End) -> DecompressedFile {
    DecompressedFile(bytes: Bytes(bytes), end: end)
  }
}
