/// Runs `body` for each part, on as many threads as there are, and returns the results in order.
func concurrently<Part: Sendable, Output: Sendable>(
  _ parts: [Part], _ body: @escaping @Sendable (Part) -> Output
) async -> [Output] {
  await withTaskGroup(of: (Int, Output).self) { group in
    for (number, part) in parts.enumerated() {
      group.addTask { (number, body(part)) }
    }
    var outputs = [Output?](repeating: nil, count: parts.count)
    for await (number, output) in group { outputs[number] = output }
    return outputs.compactMap { $0 }
  }
}
