internal import ByteKit
internal import CElfutils
internal import DebugInfo

/// Which local symbols come from one source file, as the marks that the linker leaves between them
/// tell (System V gABI, `STT_FILE`).
///
/// `.debug_aranges` lists code only. The linker lays the objects of a file side by side, so an object
/// belongs to the file of one of its neighbours.
struct SymbolNeighbours {
  /// A source file.
  struct File {
    /// Its name without a folder.
    let name: String
    /// An address of its code, unless all its functions are global.
    var code: UInt64?
  }

  private struct Local {
    let address: UInt64
    let file: Int
  }

  /// The local symbols that have a file, by address.
  private var locals: [Local] = []
  private var files: [File] = []

  init(_ elf: ELFFile) {
    guard let names = elf.symbolNames else { return }
    var isInFile = false
    elf.forEachSymbol { symbol in
      guard !symbol.isGlobal else { return }
      if Int32(symbol.type) == STT_FILE {
        // The linker's own symbols stand behind a mark without a name.
        let name = names.string(at: symbol.name, limit: 256) ?? ""
        isInFile = !name.isEmpty
        if isInFile { files.append(File(name: name)) }
      } else if isInFile, let kind = symbol.kind, symbol.section < Int(SHN_LORESERVE) {
        let file = files.count - 1
        locals.append(Local(address: symbol.value, file: file))
        if kind == .function, files[file].code == nil { files[file].code = symbol.value }
      }
    }
    locals.sort { $0.address < $1.address }
  }

  /// The file that the local symbol at an address comes from, if there is such a symbol.
  func file(at address: UInt64) -> File? {
    let index = firstIndex(from: address)
    guard index < locals.count, locals[index].address == address else { return nil }
    return files[locals[index].file]
  }

  /// The files that the nearest local symbols before and behind an address come from.
  func files(around address: UInt64) -> (before: File?, behind: File?) {
    let index = firstIndex(from: address)
    return (
      index > 0 ? files[locals[index - 1].file] : nil,
      index < locals.count ? files[locals[index].file] : nil
    )
  }

  private func firstIndex(from address: UInt64) -> Int {
    var low = 0
    var high = locals.count
    while low < high {
      let middle = (low + high) / 2
      if locals[middle].address < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
