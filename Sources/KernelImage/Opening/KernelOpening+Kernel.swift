public import DebugInfo
import Memory

extension KernelOpening {
  /// Opens the dump as a kernel, with the symbols and types of its vmlinux as it ran.
  ///
  /// Throws when memory or its descriptors cannot be found, which means another kernel's vmlinux more
  /// often than not. What else cannot be read is missing, and told in `Kernel.damage`.
  public func kernel(
    symbols: SymbolTable, types: any TypeSource
  ) throws(KernelFailure) -> Kernel {
    var named = NamedMemory(memory: memory, symbols: symbols, types: types)
    let search = DirectMapSearch(kernel: named, info: info, physical: physical)
    guard let directMap = search.find() else { throw .noDirectMap }
    named = NamedMemory(
      memory: KernelMemory(
        machine: machine, tables: memory.tables, directMap: directMap.map, image: image(symbols)),
      symbols: symbols, types: types)
    let pages: (map: PageMap, damage: [Damage])
    do throws(Damage) {
      pages = try PageMap.read(
        from: named, info: info, physical: physical, directMapBase: directMap.base)
    } catch {
      throw .noPageStructs(error.summary)
    }
    var damage = pages.damage
    let perCPU = perCPU(in: named, &damage)
    let modules = ModuleList(in: named)
    let regions = KernelRegions(
      kernel: named, info: info, pages: pages.map, perCPU: perCPU, modules: modules.modules)
    return Kernel(
      machine: machine, release: release ?? "", physical: physical, memory: named.memory,
      pages: pages.map, perCPU: perCPU, symbols: symbols, types: types, modules: modules,
      regions: regions.all(), damage: damage + modules.damage, tables: memory.tables)
  }

  private func perCPU(in kernel: NamedMemory, _ damage: inout [Damage]) -> PerCPU {
    do throws(Damage) {
      return try PerCPU.read(from: kernel)
    } catch {
      damage.append(error)
      return PerCPU(possible: [], offsets: [])
    }
  }

  /// The kernel's own code and data, which lie together with the first page table.
  private func image(_ symbols: SymbolTable) -> LinearMap? {
    let ends = ["_text", "_end"].map { name in
      symbols.symbols(named: name).first { $0.module == nil }?.address
    }
    guard let start = ends[0], let end = ends[1], start < end else { return nil }
    let physical = memory.tables.root.advanced(by: start.offset(from: directory))
    return LinearMap(range: start..<end, start: physical)
  }
}
