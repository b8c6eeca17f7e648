import DebugInfo
import Evidence
import FixtureKit
import Memory

@testable import Analysis

/// A kernel with a module `leakmod` whose file of /proc left objects behind.
///
/// The module has two functions that may open the file, one that may close it, and two tables.
struct FileOfModule {
  static let image = SubjectBuilder.image
  static let module = SubjectBuilder.modules
  static let singleOpen = image.advanced(by: 0x2000)
  static let singleOpenSize = image.advanced(by: 0x2100)
  static let singleRelease = image.advanced(by: 0x2200)
  static let seqRelease = image.advanced(by: 0x2300)
  static let kernelOpen = image.advanced(by: 0x2400)
  static let kernelShow = image.advanced(by: 0x2500)
  static let kernelOps = image.advanced(by: 0x9040)
  static let show = module.advanced(by: 0x1000)
  static let open = module.advanced(by: 0x1108)
  static let otherOpen = module.advanced(by: 0x1188)
  static let close = module.advanced(by: 0x1208)
  static let veneers = module.advanced(by: 0x1ff8)
  static let operations = module.advanced(by: 0x3040)
  static let otherOperations = module.advanced(by: 0x30a0)
  static let files = module.advanced(by: 0x3100)

  var machine = Machine.x86_64
  /// Whether there is debug information for the module, or of the kernel alone.
  var hasModuleTypes = true
  /// Whether the kernel keeps symbols of the module's objects, not of its functions alone.
  var hasObjectSymbols = true
  /// What stands in memory by address, beside the objects.
  var code: [(VirtualAddress, [UInt8])] = []
  var words: [(VirtualAddress, [UInt64])] = []
  var show = Self.show

  /// The words of a `struct proc_ops`.
  static func operations(
    open: VirtualAddress, release: VirtualAddress?
  ) -> [UInt64] {
    [0, open.rawValue, 0, 0, 0, release?.rawValue ?? 0, 0, 0, 0, 0, 0, 0]
  }

  /// The kernel after the file was opened ten times.
  var subject: Subject {
    var kernel = SubjectBuilder(types: types(ofModule: hasModuleTypes))
    kernel.machine = machine
    var symbols = SymbolTableBuilder()
    let named = types(ofModule: true).symbols
    for index in 0..<named.count {
      let symbol = named[index]
      guard hasObjectSymbols || symbol.module == nil || symbol.kind == .function else { continue }
      symbols.add(symbol)
    }
    for (name, offset) in [("_stext", 0x0), ("_etext", 0x8000), ("_end", 0xa000)] {
      symbols.add(
        Symbol(
          name: name, address: Self.image.advanced(by: offset), size: 0, kind: .other))
    }
    kernel.symbols = SymbolTable(symbols)
    let cache = kernel.cache("kmalloc-32", objectSize: 32)
    for _ in 0..<10 {
      kernel.object(in: cache, LeakyModule.seqOperations.dropLast() + [show.rawValue])
    }
    // The rest of the code is of no interest, but there.
    for page in 0..<16 {
      kernel.memory.addPage(at: Self.module.advanced(by: page * 0x1000))
      kernel.memory.addPage(at: Self.image.advanced(by: page * 0x1000))
    }
    for (address, bytes) in code { kernel.memory.write(bytes, at: address) }
    for (address, words) in words { kernel.memory.write(words, at: address) }
    var subject = kernel.subject
    let end = Self.module.advanced(by: 0x4000)
    subject.modules = [
      Module(name: "leakmod", address: LeakyModule.thisModule, ranges: [Self.module..<end])
    ]
    return subject
  }

  private func types(ofModule hasModule: Bool) -> FixtureTypes {
    FixtureTypes { types in
      types.unit("fs/seq_file.c") { unit in
        declareOperations(&unit)
        unit.function("single_start", at: LeakyModule.singleStart)
        unit.function("single_next", at: LeakyModule.singleNext)
        unit.function("single_stop", at: LeakyModule.singleStop)
        unit.function("single_open", at: Self.singleOpen, line: 574)
        unit.function("single_open_size", at: Self.singleOpenSize)
        unit.function("single_release", at: Self.singleRelease)
        unit.function("seq_release", at: Self.seqRelease, line: 354)
        unit.function("own_open", at: Self.kernelOpen, line: 30)
        unit.function("own_show", at: Self.kernelShow)
        unit.object("own_ops", .structure("proc_ops"), at: Self.kernelOps)
      }
      guard hasModule else { return }
      types.unit("/home/me/leakmod.c", module: "leakmod") { unit in
        declareOperations(&unit)
        unit.structure("tm_file") {
          $0.member("name", .pointer(.char))
          $0.member("ops", .structure("proc_ops"))
        }
        unit.function("tm_show", at: Self.show, line: 20)
        unit.function("tm_open", at: Self.open, line: 21)
        unit.function("tm_open2", at: Self.otherOpen, line: 22)
        unit.function("tm_close", at: Self.close, line: 23)
        unit.object("tm_ops", .structure("proc_ops"), at: Self.operations, line: 24)
        unit.object("tm_ops2", .structure("proc_ops"), at: Self.otherOperations, line: 25)
        unit.object("tm_files", .array(.structure("tm_file"), 2), at: Self.files, line: 26)
      }
    }
  }

  private func declareOperations(_ unit: inout FixtureUnit) {
    unit.structure("proc_ops", size: 96) {
      $0.member("proc_flags", .unsignedInt)
      $0.member("proc_open", .voidPointer, at: 8)
      $0.member("proc_release", .voidPointer, at: 40)
    }
  }
}
