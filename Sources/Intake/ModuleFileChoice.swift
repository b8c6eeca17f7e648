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
  /// The files that were opened and are of no use, with the reason.
  private var refused: [(path: String, reason: String)] = []

  /// No folder of modules holds more files than this.
  private static let mostFiles = 100_000

  /// Finds files for a kernel's modules among those that the user names, and then where
  /// distributions put them.
  init(
    _ kernel: Kernel, _ opening: KernelOpening, _ options: CaseOptions
  ) throws(IntakeFailure) {
    machine = opening.machine
    var candidates = try Self.candidates(options.modules)
    let places = DebugFilePlaces(release: opening.release, buildID: nil)
    for folder in places.moduleFolders { Self.collect(under: folder, into: &candidates) }
    for module in kernel.modules.modules { add(module, candidates[module.name] ?? []) }
    tellRefused()
    for path in options.modules { tellUnused(path) }
  }

  /// The modules with the paths of their files.
  var listed: [InputDescription.ModuleFile] {
    let paths = Dictionary(files.map { ($0.name, $0.path) }) { first, _ in first }
    return modules.map { InputDescription.ModuleFile(name: $0.name, path: paths[$0.name]) }
  }

  /// Says why files are not used, files with the same reason together.
  private mutating func tellRefused() {
    for (reason, files) in Dictionary(grouping: refused, by: \.reason)
      .sorted(by: { $0.key < $1.key })
    {
      let others = files.count > 1 ? " and \((files.count - 1).counted("other module file"))" : ""
      remarks.append("\(files[0].path)\(others): \(reason): not used")
    }
  }

  /// Says so when nothing of what the user names is of a loaded module.
  private mutating func tellUnused(_ path: String) {
    guard let candidates = try? Self.candidates([path]) else { return }
    let paths = Set(candidates.values.flatMap(\.self))
    guard !files.contains(where: { paths.contains($0.path) }),
      !refused.contains(where: { paths.contains($0.path) })
    else { return }
    let name = candidates.count == 1 ? candidates.keys.first : nil
    if let name, modules.contains(where: { $0.name == name }) {
      remarks.append("\(path): another file of the module \(name) is used")
    } else if let name {
      remarks.append("\(path): not used: no module \(name) is loaded in the dump")
    } else {
      remarks.append(
        paths.isEmpty
          ? "\(path): no module file is in it"
          : "\(path): none of its \(paths.count.grouped) module files is of a loaded module")
    }
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
        if let wanted = module.buildID, let found = opened.buildID,
          !Self.isSame(wanted, found)
        {
          refused.append((path, "of another build than the module in the dump"))
        } else {
          file = opened
        }
      } catch {
        refused.append((path, "\(error)"))
      }
    }
    if let file { files.append(file) }
    modules.append(
      Module(
        name: module.name, address: module.address, ranges: module.ranges,
        hasTypes: file?.hasTypes ?? false))
  }

  /// Whether two build IDs in hexadecimal are of one build.
  ///
  /// They are hashes, which have half of their digits in common only when they are the same one. A
  /// redacted dump has other digits where bytes of it read as text.
  static func isSame(_ one: String, _ other: String) -> Bool {
    let equal = zip(one.utf8, other.utf8).count { $0 == $1 }
    return one.utf8.count == other.utf8.count && equal * 2 >= one.utf8.count
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
