import Evidence

/// One reference to a target that counts.
struct ReferenceHit: Sendable {
  /// The slot referred to.
  let slot: UInt32
  /// What the word lies in.
  let place: ReferencePlace
  /// The slot of the target that it lies in, if it is one.
  let source: UInt32?
}

/// Takes the references that the parts of a scan find.
protocol ReferenceSink: Sendable {
  /// Takes references and empties the list of them; called by several threads.
  func add(_ hits: inout [ReferenceHit])
}
