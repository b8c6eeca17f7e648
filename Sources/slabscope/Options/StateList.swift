import ArgumentParser
import Evidence

/// States of objects, as `allocated,pending`.
struct StateList: ExpressibleByArgument {
  let states: [ObjectStateKind]

  static let allValueStrings = ["allocated", "free", "pending", "indeterminate"]

  init?(argument: String) {
    var states: [ObjectStateKind] = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      switch name {
      case "allocated": states.append(.allocated)
      case "free": states.append(.free)
      case "pending": states.append(.pending)
      case "indeterminate": states.append(.indeterminate)
      default: return nil
      }
    }
    self.states = states
  }
}
