internal import ByteKit
internal import Evidence
internal import Memory

/// Makes the groups of a cache out of clusters: their members, and what these share.
struct GroupAssembly {
  private let tally: SignatureTally
  private let cache: Int
  private let subject: Subject
  private let classifier: WordClassifier

  init(_ tally: SignatureTally, cache: Int, in subject: Subject) {
    self.tally = tally
    self.cache = cache
    self.subject = subject
    classifier = WordClassifier(subject)
  }

  /// The groups, largest first; of equal ones the one with the lowest slot.
  func groups(of clusters: [Cluster]) -> [ObjectGroup] {
    let equal = tally.largestEqualSubsets()
    let members = members(of: clusters)
    return clusters.indices.compactMap { number in
      guard let first = members[number].first else { return nil }
      let cluster = clusters[number]
      return ObjectGroup(
        cache: cache, template: template(of: cluster, example: Int(first)), type: cluster.type,
        slots: members[number],
        identical: cluster.rows.reduce(0) { max($0, equal[$1]) })
    }
    .sorted { ($1.slots.count, $0.slots[0]) < ($0.slots.count, $1.slots[0]) }
  }

  /// The slots of each cluster's objects, ascending.
  private func members(of clusters: [Cluster]) -> [[UInt32]] {
    var clusterOfRow = [Int](repeating: 0, count: tally.rows.count)
    var members: [[UInt32]] = []
    for (number, cluster) in clusters.enumerated() {
      for row in cluster.rows { clusterOfRow[row] = number }
      var slots: [UInt32] = []
      slots.reserveCapacity(cluster.count(in: tally))
      members.append(slots)
    }
    for (slot, row) in zip(tally.slots, tally.rowOfSlot) {
      members[clusterOfRow[Int(row)]].append(slot)
    }
    return members
  }

  private func template(of cluster: Cluster, example slot: Int) -> Template {
    let values = values(of: slot)
    if cluster.level == .text, cluster.rows.count == 1 { return textTemplate(values) }
    var count = tally.wordCount
    if case .known(_, let size) = cluster.type { count = min(count, (size + 7) / 8) }
    var words: [TemplateWord] = []
    for word in 0..<count {
      let (token, kind) = tally.common(word, in: cluster.rows)
      let shared = token.map { classifier.describeShared($0, word: values[word]) }
      words.append(TemplateWord(offset: word * 8, shared: shared, kind: kind))
    }
    if case .unknown = cluster.type {
      // Where the objects end is not known; what they do not share there is rather not theirs.
      while words.count > 1, words.last?.shared == nil { words.removeLast() }
    }
    return Template(words: words)
  }

  /// The characters of a string, eight to a word, without what stands behind its end.
  private func textTemplate(_ values: [UInt64?]) -> Template {
    var words: [TemplateWord] = []
    for (word, value) in values.enumerated() {
      guard let value else { break }
      let (count, _) = Printable.prefix(of: value)
      if count > 0 {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        let text = String(decoding: bytes, as: UTF8.self)
        words.append(TemplateWord(offset: word * 8, shared: .text(text)))
      }
      if count < 8 { break }
    }
    return Template(words: words)
  }

  /// The words of an object; nil where one cannot be read.
  private func values(of slot: Int) -> [UInt64?] {
    var values = [UInt64?](repeating: nil, count: tally.wordCount)
    guard let object = subject.census.object(inSlot: slot) else { return values }
    let address = subject.census.address(of: object)
    let whole = try? subject.memory.bytes(at: address, count: values.count * 8)
    for word in values.indices {
      values[word] =
        whole?.load(at: word * 8) ?? (try? subject.memory.load(at: address.advanced(by: word * 8)))
    }
    return values
  }
}
