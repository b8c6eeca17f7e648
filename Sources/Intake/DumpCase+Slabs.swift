import Evidence

extension DumpCase {
  /// Throws when no slab was found in the dump, so that nothing can be told of any object.
  func requireSlabs(_ outcome: Outcome) throws(IntakeFailure) {
    let census = outcome.subject.census
    guard census.slabs.isEmpty else { return }
    let missing = census.caches.isEmpty ? "no slab cache" : "no slab of any cache"
    throw IntakeFailure(
      .data,
      "\(name): \(missing) can be found in it, so nothing can be told of its objects: "
        + "\(reason(outcome)); slabscope info says what is missing")
  }

  /// Why that may be, and what to do, in a clause.
  private func reason(_ outcome: Outcome) -> String {
    if let shortfall { return shortfall }
    if case .found(_, let match) = outcome.input.vmlinux, match == KernelFileChoice.forced {
      return "--force let a vmlinux of another build pass: give that of the dump's kernel"
    }
    let frames = outcome.subject.coverage.unknownFrames
    guard frames == 0 else {
      return "the struct page of \(frames.counted("page frame")) cannot be read, so the dump is "
        + "damaged or lacks too much: take it again"
    }
    return outcome.subject.coverage.remarks.first ?? "the dump lacks too much: take it again"
  }
}
