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
  private let extensions: ObjectExtensions
  /// In an element: the pointer to a `struct codetag`.
  private let tag: Field
  /// What a `struct codetag` tells.
  private let line, module, function, file: Field

  /// Finds out where the records are; nil in a kernel without them.
  init?(_ kernel: Kernel) {
    guard let extensions = ObjectExtensions(kernel),
      let tag = extensions.element?.field("ref.ct"),
      let code = kernel.types.structure("codetag", near: ObjectExtensions.anchors),
      let line = code.field("lineno"), let module = code.field("modname"),
      let function = code.field("function"), let file = code.field("filename")
    else { return nil }
    (self.kernel, self.extensions, self.tag) = (kernel, extensions, tag)
    (self.line, self.module, self.function, self.file) = (line, module, function, file)
  }

  /// The address of the `struct codetag` of an object of a slab, or nil when it has none.
  func tag(of index: Int, in slab: Slab) -> VirtualAddress? {
    guard let place = extensions.array(of: slab)?.element(index),
      let element = try? Record(at: place, extent: tag.end, in: kernel.memory)
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
