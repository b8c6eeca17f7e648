internal import DebugInfo
internal import Memory

/// Where functions and objects stand in the source code, as far as debug information tells.
struct SourcePlaces {
  let types: (any TypeSource)?

  /// The line that defines the function at an address.
  func ofFunction(at address: VirtualAddress) -> SourceLine? {
    types?.unit(defining: address)?.functions[address].flatMap { SourceLine($0) }
      ?? types?.sourceLine(of: address)
  }

  /// The line that defines the object at an address.
  func ofObject(at address: VirtualAddress) -> SourceLine? {
    types?.unit(defining: address)?.objects[address].flatMap { SourceLine($0) }
  }
}

extension SourceLine {
  fileprivate init?(_ definition: Definition) {
    guard let file = definition.file, let line = definition.line else { return nil }
    self.init(file: file, line: line)
  }

  /// The name of the file without its folder.
  var fileName: String { file.split(separator: "/").last.map(String.init) ?? file }

  /// The path of the file within the source tree.
  ///
  /// An absolute path is of the machine that compiled it, and means nothing on this one: only the
  /// name is kept.
  var portableFile: String { file.hasPrefix("/") ? fileName : file }
}
