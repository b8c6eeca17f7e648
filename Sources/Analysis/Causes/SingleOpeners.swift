internal import DebugInfo
internal import Evidence
internal import Memory

/// The functions of the kernel or of a module that call `single_open`, and the tables they are in.
struct SingleOpeners {
  /// A function that calls `single_open` or `single_open_size`.
  struct Opener {
    let code: FunctionCode
    /// Which of the two it calls.
    let callee: String
    /// Where its address stands in data.
    let places: [VirtualAddress]

    /// Its name in the source code.
    var name: String { code.symbol.plainName }
  }

  private let openers: [Opener]

  /// Searches the code and data of a module, or of the kernel.
  init(of module: String?, in subject: Subject) {
    let targets = ["single_open", "single_open_size"].compactMap { name in
      subject.symbols.symbol(named: name).flatMap { $0.module == nil ? $0 : nil }
    }
    let image = LoadedImage(of: module, in: subject)
    var callees: [VirtualAddress: String] = [:]
    let functions = image.functions { function in
      // One may be made of the other, but is no file's open function for that.
      guard let target = targets.first(where: { function.branches(to: $0.address) }),
        !targets.contains(where: { $0.address == function.symbol.address })
      else { return false }
      callees[function.symbol.address] = target.name
      return true
    }
    let places = image.places(of: Set(callees.keys))
    openers = functions.map {
      Opener(
        code: $0, callee: callees[$0.symbol.address] ?? "single_open",
        places: places[$0.symbol.address] ?? [])
    }
  }

  /// Those that refer to a `show` function.
  func passing(_ show: VirtualAddress) -> [Opener] {
    openers.filter { $0.code.refers(to: show) }
  }
}
