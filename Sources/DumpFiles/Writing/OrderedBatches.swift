/// Works on batches of a list, several at the same time, and hands the results over in order.
enum OrderedBatches {
  private static let batchSize = 512
  private static let atOnce = 8

  /// Throws what `body` or `consume` throws; what is under way then is dropped.
  static func run<Element: Sendable, Output: Sendable>(
    _ elements: [Element], _ body: @escaping @Sendable (ArraySlice<Element>) throws -> Output,
    consume: (Output) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
      var start = 0
      var started = 0
      func startNext() {
        guard start < elements.count else { return }
        let batch = elements[start..<min(start + batchSize, elements.count)]
        let number = started
        start += batchSize
        started += 1
        group.addTask { (number, try body(batch)) }
      }
      for _ in 0..<atOnce { startNext() }
      var waiting: [Int: Output] = [:]
      var next = 0
      while let (number, output) = try await group.next() {
        waiting[number] = output
        while let output = waiting.removeValue(forKey: next) {
          try consume(output)
          next += 1
          startNext()
        }
      }
    }
  }
}
