internal import Evidence

extension Finding {
  /// The same with the control groups that its objects are charged to among the evidence, where
  /// most are charged to any.
  func withCharges(in subject: Subject) -> Finding {
    guard let charges = subject.charges, !groups.isEmpty || !slots.isEmpty else { return self }
    let slots = groups.isEmpty ? self.slots : groups.flatMap(\.slots)
    let step = max((slots.count + Self.mostAsked - 1) / Self.mostAsked, 1)
    let asked = stride(from: 0, to: slots.count, by: step).map { slots[$0] }
    let counts = charges.owners(of: asked).compactMap { owner, count -> (Int, Int)? in
      guard case .group(let group) = owner, charges.groups.indices.contains(group) else {
        return nil
      }
      return (group, count)
    }
    .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    let charged = counts.reduce(0) { $0 + $1.1 }
    guard charged * 2 >= asked.count, let first = counts.first else { return self }
    var sentence = "\(charged.grouped) of \(asked.count.grouped) are charged to "
    if counts.count == 1 {
      sentence += "the control group " + charges.groups[first.0].told
    } else {
      let told = counts.prefix(Self.groupsTold).map { group, count in
        "\(count.grouped) to \(charges.groups[group].told)"
      }
      sentence += "\(counts.count.grouped) control groups: " + told.joined(separator: ", ")
      if counts.count > told.count { sentence += ", …" }
    }
    var finding = self
    finding.evidence.append(sentence)
    return finding
  }

  /// Of more objects an even sample is looked at.
  private static let mostAsked = 1 << 17
  private static let groupsTold = 3
}

extension ControlGroup {
  fileprivate var told: String { name + (isDying ? " (dying)" : "") }
}
