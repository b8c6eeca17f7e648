import DebugInfo
import Evidence
import KernelImage
import Memory

/// The lines of code that allocated objects, as CONFIG_MEM_ALLOC_PROFILING records them.
///
/// Linux 22d407b164ff ("lib: add allocation tagging support for memory allocation profiling"),
/// v6.10. A slab leads to an array with an element for each of its objects.
struct CodeTags: Sendable {
  private let kernel: Kernel
  /// In `struct slab`: where the array is, with flags in its lowest bits.
  private let array: Field
  /// In `struct slab`: how far its elements lie apart, where that is not always the same.
  private let stride: Field?
  /// The size of an element in bytes.
  private let elementSize: Int
  /// In an element: the pointer to a `struct codetag`.
  private let tag: Field
  /// What a `struct codetag` tells.
  private let line, module, function, file: Field

  /// Functions of mm/slub.c.
  private static let anchors = [
    "kmem_cache_alloc_noprof", "__kmem_cache_shutdown", "___slab_alloc",
  ]
  /// Flags of the array, and of `page.memcg_data`, which lies in the same place.
  private static let flags: UInt64 = 7

  /// Finds out where the records are; nil in a kernel without them.
  init?(_ kernel: Kernel) {
    let types = kernel.types
    guard let element = types.structure("slabobj_ext", near: Self.anchors),
      let tag = element.field("ref.ct"), let size = try? element.requireSize(),
      let slab = types.structure("slab", near: Self.anchors), let array = slab.field("obj_exts"),
      let code = types.structure("codetag", near: Self.anchors),
      let line = code.field("lineno"), let module = code.field("modname"),
      let function = code.field("function"), let file = code.field("filename")
    else { return nil }
    self.kernel = kernel
    (self.array, stride) = (array, slab.field("stride"))
    (elementSize, self.tag) = (size, tag)
    (self.line, self.module, self.function, self.file) = (line, module, function, file)
  }

  /// The address of the `struct codetag` of an object of a slab, or nil when it has none.
  func tag(of index: Int, in slab: Slab) -> VirtualAddress? {
    guard let frame = kernel.pages.frame(of: slab.firstPage),
      let page = try? Record(
        at: kernel.pages.structPage(of: frame),
        extent: [array, stride].compactMap { $0 }.extent, in: kernel.memory)
    else { return nil }
    let start = kernel.machine.untagged(VirtualAddress(page[array] & ~Self.flags))
    let stride = self.stride.map { page[$0] } ?? UInt64(elementSize)
    guard start != VirtualAddress(0), stride >= UInt64(elementSize), stride <= 1 << 22,
      let element = try? Record(
        at: start.advanced(by: UInt64(index) &* stride), extent: tag.end, in: kernel.memory)
    else { return nil }
    // 1 says that an object is not to be counted.
    return element[tag] > 1 ? VirtualAddress(element[tag]) : nil
  }

  /// The line that a `struct codetag` names, or nil when there is none at the address.
  func line(_ tag: VirtualAddress) -> AllocationLine? {
    guard
      let record = try? Record(
        at: kernel.machine.untagged(tag), extent: [line, module, function, file].extent,
        in: kernel.memory),
      let function = text(record[function]), let file = text(record[file]),
      let number = Int(exactly: record[line]), number > 0, Self.isName(function)
    else { return nil }
    let module = record[module] == 0 ? nil : text(record[module])
    return AllocationLine(file: file, line: number, function: function, module: module)
  }

  /// The text that a pointer leads to; nil when that is not plain text.
  private func text(_ pointer: UInt64) -> String? {
    let place = kernel.machine.untagged(VirtualAddress(pointer))
    guard pointer != 0, let text = try? kernel.memory.string(at: place, limit: 256),
      !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { return nil }
    return text
  }

  /// Whether a text can be the name of a function.
  private static func isName(_ text: String) -> Bool {
    text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
  }
}
