import Elfutils
import Evidence
import Foundation
import KernelImage
import Memory

/// The debug files that belong to the modules of a kernel, as many as can be found.
struct ModuleFileChoice {
  /// The files, placed where the kernel loaded them.
  private(set) var files: [ModuleDebugFile] = []
  /// The modules, with whether a file was found for each.
  private(set) var modules: [Module] = []
  /// What the user should know.
  private(set) var remarks: [String] = []

  private let machine: Machine

  /// No folder of modules holds more files than this.
  private static let mostFiles = 100_000

  /// Finds files for modules among those that the user names, and then in `folders`.
  init(
    _ loaded: [LoadedModule], of machine: Machine, given: [String], folders: [String]
  ) throws(IntakeFailure) {
    self.machine = machine
    var candidates = try Self.candidates(given)
    for folder in folders { Self.collect(under: folder, into: &candidates) }
    for module in loaded { add(module, candidates[module.name] ?? []) }
  }

  /// The module files among paths that the user names, by the names of their modules.
  static func candidates(_ given: [String]) throws(IntakeFailure) -> [String: [String]] {
    var candidates: [String: [String]] = [:]
    for path in given {
      guard FileManager.default.fileExists(atPath: path) else {
        throw IntakeFailure(.noInput, "\(path): no such file")
      }
      if isFolder(path) {
        collect(under: path, into: &candidates)
      } else if let name = moduleName(path) {
        candidates[name, default: []].append(path)
      } else {
        throw IntakeFailure(
          .data, "\(path): not a module file (.ko, perhaps compressed) nor a folder of them")
      }
    }
    return candidates
  }

  private mutating func add(_ module: LoadedModule, _ candidates: [String]) {
    var file: ModuleDebugFile?
    for path in candidates where file == nil {
      do throws(DebugFileFailure) {
        let opened = try ModuleDebugFile(path: path, module: module, machine: machine)
        if let wanted = module.buildID, let found = opened.buildID, wanted != found {
          remarks.append("\(path) is of another build than the module \(module.name): not used")
        } else {
          file = opened
        }
      } catch {
        remarks.append("\(path): \(error): not used")
      }
    }
    if let file { files.append(file) }
    modules.append(
      Module(
        name: module.name, address: module.address, ranges: module.ranges,
        hasTypes: file?.hasTypes ?? false))
  }

  private static func isFolder(_ path: String) -> Bool {
    let values = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isDirectoryKey])
    return values?.isDirectory ?? false
  }

  private static func collect(under folder: String, into candidates: inout [String: [String]]) {
    guard let paths = FileManager.default.enumerator(atPath: folder) else { return }
    for case let path as String in paths.prefix(mostFiles) {
      guard let name = moduleName(path) else { continue }
      candidates[name, default: []].append("\(folder)/\(path)")
    }
  }

  /// The name that the kernel gives to the module in a file, or nil when the file is none.
  static func moduleName(_ path: String) -> String? {
    let file = path.split(separator: "/").last ?? ""
    guard let end = file.range(of: ".ko"),
      ["", ".xz", ".gz", ".zst", ".debug"].contains(file[end.upperBound...])
    else { return nil }
    return String(file[..<end.lowerBound].map { $0 == "-" ? "_" : $0 })
  }
}

extension ModuleDebugFile {
  /// Opens the file of a module and places it where the kernel loaded the module.
  fileprivate convenience init(
    path: String, module: LoadedModule, machine: Machine
  ) throws(DebugFileFailure) {
    var sections = Dictionary(
      module.sections.map { ($0.name, $0.address) }, uniquingKeysWith: { first, _ in first })
    sections[".data..percpu"] = module.perCPU?.lowerBound
    try self.init(path: path, name: module.name, sections: sections, expecting: machine)
  }
}
