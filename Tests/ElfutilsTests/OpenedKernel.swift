import DebugInfo
import Elfutils
import Memory

/// A kernel's file with its symbols and types, moved as KASLR would.
struct OpenedKernel {
  let file: KernelDebugFile
  let symbols: SymbolTable
  let types: DwarfTypes

  init(_ path: String, relocation: UInt64 = 0) throws {
    file = try KernelDebugFile(path: path)
    var builder = SymbolTableBuilder()
    file.addSymbols(to: &builder, relocation: relocation)
    symbols = SymbolTable(builder)
    types = DwarfTypes(kernel: file, relocation: relocation, symbols: symbols)
  }
}

extension TypeTable {
  /// A type in words that resemble C.
  func spelling(of id: TypeID) -> String {
    switch self[id] {
    case .void: "void"
    case .integer(let name, _, _), .floating(let name, _), .alias(let name, _):
      // The compilers differ in the order of words.
      name == "long int" ? "long" : name == "long unsigned int" ? "unsigned long" : name
    case .pointer(let target): spelling(of: target) + " *"
    case .array(let element, let count):
      spelling(of: element) + " [" + (count.map(String.init) ?? "") + "]"
    case .aggregate(let index):
      (aggregates[index].isUnion ? "union " : "struct ") + (aggregates[index].name ?? "{}")
    case .enumeration(let index, _): "enum " + (enumerations[index].name ?? "{}")
    case .function(let prototype):
      spelling(of: prototype.returns) + " ("
        + (prototype.parameters.map(spelling) + (prototype.isVariadic ? ["..."] : []))
        .joined(separator: ", ") + ")"
    }
  }
}
