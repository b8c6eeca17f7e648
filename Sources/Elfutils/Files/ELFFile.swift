internal import ByteKit
internal import CElfutils
internal import Glibc
internal import Memory

/// An ELF file of 64 bits and little-endian byte order, opened with libelf, which decompresses it
/// where needed.
///
/// libelf is not made for several threads: an owner guards this with a lock.
@safe final class ELFFile {
  private let descriptor: Int32
  /// The decompressed file, where libelf does not decompress it.
  private let image: UnsafeMutableRawBufferPointer?
  let handle: OpaquePointer
  let machine: Machine
  /// Whether it is a module, whose sections have no addresses yet.
  let isRelocatable: Bool
  let sections: [ELFSection]

  private static let version = elf_version(UInt32(EV_CURRENT))

  /// Opens a file; throws `DebugFileFailure` when there is none or it is not of the expected kind.
  init(path: String) throws(DebugFileFailure) {
    guard Self.version != EV_NONE else { throw .refused("libelf is too old") }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .system(SystemFailure(call: "open", path: path, code: errno))
    }
    var handle: OpaquePointer?
    var image: UnsafeMutableRawBufferPointer?
    do throws(DebugFileFailure) {
      try Self.requireRegularFile(descriptor, path: path)
      if let contents = unsafe try Self.decompressed(path: path) {
        unsafe image = contents
        unsafe handle = elf_memory(
          contents.baseAddress?.assumingMemoryBound(to: CChar.self), contents.count)
      } else {
        unsafe handle = dwelf_elf_begin(descriptor)
      }
      guard let elf = unsafe handle, unsafe elf_kind(elf) == ELF_K_ELF else {
        throw Self.isBootImage(descriptor) ? .bootImage : .notELF
      }
      let header = try unsafe Self.header(of: elf)
      machine = try Self.machine(header.e_machine)
      isRelocatable = Int32(header.e_type) == ET_REL
      sections = unsafe Self.sections(of: elf)
      unsafe self.handle = elf
      unsafe self.image = image
      self.descriptor = descriptor
    } catch {
      unsafe elf_end(handle)
      unsafe image?.deallocate()
      close(descriptor)
      throw error
    }
  }

  deinit {
    unsafe elf_end(handle)
    unsafe image?.deallocate()
    close(descriptor)
  }

  /// The first section of a name.
  func section(named name: String) -> ELFSection? { sections.first { $0.name == name } }

  /// Whether it has debug information of its own.
  var hasDwarf: Bool {
    sections.contains {
      ($0.name == ".debug_info" || $0.name == ".zdebug_info") && $0.hasContents && $0.size > 0
    }
  }

  /// The build ID in lower-case hexadecimal, if a note tells it.
  var buildID: String? {
    var pointer: UnsafeRawPointer?
    let count = unsafe dwelf_elf_gnu_build_id(handle, &pointer)
    // SHA-1 has 20 bytes; nothing longer than SHA-512 is a build ID.
    guard let pointer = unsafe pointer, (1...64).contains(count) else { return nil }
    let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
    return bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The start and size of the loadable segments, in the order of the file.
  var segments: [(address: UInt64, size: UInt64)] {
    var count = 0
    guard unsafe elf_getphdrnum(handle, &count) == 0 else { return [] }
    var segments: [(UInt64, UInt64)] = []
    for index in 0..<min(count, 0xffff) {
      var header = GElf_Phdr()
      guard unsafe gelf_getphdr(handle, Int32(index), &header) != nil else { break }
      if header.p_type == PT_LOAD { segments.append((header.p_vaddr, header.p_memsz)) }
    }
    return segments
  }

  /// Lends the contents of a section; nil when the file does not hold them.
  func withContents<Result>(of section: ELFSection, _ body: (RawSpan) -> Result) -> Result? {
    guard section.hasContents, let handle = unsafe elf_getscn(handle, section.index),
      let data = unsafe elf_getdata(handle, nil), let start = unsafe data.pointee.d_buf
    else { return nil }
    return body(
      unsafe UnsafeRawBufferPointer(start: start, count: data.pointee.d_size).bytes)
  }

  /// A copy of the contents of a section; nil when the file does not hold them.
  func contents(of section: ELFSection) -> Bytes? {
    withContents(of: section) { span in
      unsafe span.withUnsafeBytes { source in
        unsafe Bytes(capacity: source.count) { target in
          unsafe target.copyMemory(from: source)
          return source.count
        }
      }
    }
  }

  /// The NUL-terminated text at an address the file was linked to, if the file holds it.
  func string(at address: UInt64, limit: Int) -> String? {
    let holder = sections.first {
      $0.isLoaded && $0.hasContents && address >= $0.address && address - $0.address < $0.size
    }
    guard let holder else { return nil }
    return withContents(of: holder) { span in
      var text: [UInt8] = []
      var offset = Int(truncatingIfNeeded: address - holder.address)
      while text.count < limit, let byte = span.load(UInt8.self, at: offset), byte != 0 {
        text.append(byte)
        offset += 1
      }
      return String(decoding: text, as: UTF8.self)
    }
  }
}

extension ELFFile {
  /// What libelf says of its last failure.
  static var complaint: String {
    unsafe CText.copy(elf_errmsg(-1)) ?? "libelf refuses the file"
  }

  private static func requireRegularFile(
    _ descriptor: Int32, path: String
  ) throws(DebugFileFailure) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .system(SystemFailure(call: "fstat", path: path, code: errno))
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      let code = kind == S_IFDIR ? EISDIR : 0
      throw .system(SystemFailure(call: "open", path: path, code: code))
    }
  }

  /// The contents of a file of which libelf does not know the compression; nil for any other.
  ///
  /// They are writable, because libdwfl relocates a module's debug information in place.
  private static func decompressed(
    path: String
  ) throws(DebugFileFailure) -> UnsafeMutableRawBufferPointer? {
    let file: Bytes
    do throws(SystemFailure) { file = try Bytes.mapped(path: path) } catch { throw .system(error) }
    guard ZstdFile.begins(file) else { return nil }
    guard let contents = ZstdFile.contents(of: file), contents.count > 0 else { throw .notELF }
    let image = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 16)
    unsafe contents.withUnsafeBytes { unsafe image.copyMemory(from: $0) }
    return unsafe image
  }

  private static func header(of elf: OpaquePointer) throws(DebugFileFailure) -> GElf_Ehdr {
    var header = GElf_Ehdr()
    guard unsafe gelf_getehdr(elf, &header) != nil else { throw .refused(complaint) }
    // EI_CLASS and EI_DATA of the ELF identification.
    guard header.e_ident.4 == ELFCLASS64, header.e_ident.5 == ELFDATA2LSB else {
      throw .notLittleEndian64
    }
    return header
  }

  private static func machine(_ number: UInt16) throws(DebugFileFailure) -> Machine {
    switch Int32(number) {
    case EM_X86_64: .x86_64
    case EM_AARCH64: .arm64
    default: throw .unknownMachine(number)
    }
  }

  /// Far more sections than any kernel or module has.
  private static let largestCount = 100_000

  private static func sections(of elf: OpaquePointer) -> [ELFSection] {
    var names = 0
    guard unsafe elf_getshdrstrndx(elf, &names) == 0 else { return [] }
    var sections: [ELFSection] = []
    var next = unsafe elf_nextscn(elf, nil)
    while let section = unsafe next, sections.count < largestCount {
      unsafe next = elf_nextscn(elf, section)
      var header = GElf_Shdr()
      guard unsafe gelf_getshdr(section, &header) != nil else { continue }
      let name = unsafe elf_strptr(elf, names, Int(header.sh_name))
      sections.append(
        ELFSection(
          index: unsafe elf_ndxscn(section), name: unsafe CText.copy(name) ?? "",
          type: header.sh_type, flags: header.sh_flags, address: header.sh_addr,
          size: header.sh_size, link: Int(header.sh_link)))
    }
    return sections
  }

  /// Whether a file that is not ELF begins like a kernel to boot.
  ///
  /// Documentation/arch/x86/boot.rst: `HdrS` at 0x202. Documentation/arch/arm64/booting.rst: `ARM\x64`
  /// at 56.
  private static func isBootImage(_ descriptor: Int32) -> Bool {
    var head = [UInt8](repeating: 0, count: 0x206)
    guard unsafe pread(descriptor, &head, head.count, 0) == head.count else { return false }
    return Array(head[0x202..<0x206]) == Array("HdrS".utf8)
      || Array(head[56..<60]) == Array("ARM\u{64}".utf8)
  }
}
