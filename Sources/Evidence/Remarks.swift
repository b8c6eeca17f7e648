extension [String] {
  /// The remarks, each told once: behind one that is there several times is how many times.
  package var toldOnce: [String] {
    var times: [String: Int] = [:]
    for remark in self { times[remark, default: 0] += 1 }
    return compactMap { remark in
      guard let count = times.removeValue(forKey: remark) else { return nil }
      return count == 1 ? remark : "\(remark) (\(count.grouped) times)"
    }
  }
}
