internal import DebugInfo
internal import Evidence
internal import Memory

/// The functions of the kernel or of a module that open files of one kind, and the tables they are
/// in.
struct SeqFileOpeners {
  /// A function that opens such a file.
  struct Opener {
    let code: FunctionCode
    /// What it calls to open it: `single_open`.
    let callee: String
    /// Where its address stands in data.
    let places: [VirtualAddress]

    /// Its name in the source code.
    var name: String { code.symbol.plainName }
  }

  private let image: LoadedImage
  private let openers: [Opener]

  /// Searches the code and data of a module, or of the kernel.
  init(of module: String?, _ kind: SeqFileKind, in subject: Subject) {
    let targets = kind.openers.compactMap { name in
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
    self.image = image
    openers = Self.openers(functions, in: image) {
      callees[$0.symbol.address] ?? kind.openers.first ?? ""
    }
  }

  private static func openers(
    _ functions: [FunctionCode], in image: LoadedImage, callee: (FunctionCode) -> String
  ) -> [Opener] {
    let places = image.places(of: Set(functions.map(\.symbol.address)))
    return functions.map {
      Opener(code: $0, callee: callee($0), places: places[$0.symbol.address] ?? [])
    }
  }

  /// Those that refer to what they pass on: a `show` function or a table of operations.
  func passing(_ argument: VirtualAddress) -> [Opener] {
    openers.filter { $0.code.refers(to: argument) }
  }

  /// The functions that call one of the others, where one of the two refers to what is passed on:
  /// those that open a file by way of a function of their own.
  func passingByWay(_ argument: VirtualAddress) -> [Opener] {
    var ways: [VirtualAddress: Opener] = [:]
    let direct = openers.map { ($0, $0.code.refers(to: argument)) }
    let functions = image.functions { function in
      let way = direct.first { opener, refers in
        opener.code.symbol != function.symbol
          && function.branches(to: opener.code.symbol.address)
          && (refers || function.refers(to: argument))
      }
      ways[function.symbol.address] = way?.0
      return way != nil
    }
    return Self.openers(functions, in: image) { function in
      ways[function.symbol.address].map { "\($0.name), which calls \($0.callee)" } ?? ""
    }
  }
}
