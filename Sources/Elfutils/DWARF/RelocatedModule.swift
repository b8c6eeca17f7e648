internal import CElfutils
internal import Glibc

/// A module whose debug information libdwfl has relocated to where the kernel put its sections.
@safe final class RelocatedModule {
  private let elf: ELFFile
  private let placement: Placement
  private let session: OpaquePointer
  /// The debug information; it belongs to `session`.
  private(set) var dwarf: OpaquePointer?

  /// Relocates the debug information of a file; nil when it has none, or it is damaged.
  init?(_ elf: ELFFile, placement: Placement) {
    guard let session = unsafe dwfl_begin(Self.callbacks) else { return nil }
    self.elf = elf
    self.placement = placement
    unsafe self.session = session
    unsafe dwarf = relocate()
    guard unsafe dwarf != nil else { return nil }
  }

  deinit { unsafe dwfl_end(session) }

  private func relocate() -> OpaquePointer? {
    // One module is alone in its session, so its address range is of no consequence.
    unsafe dwfl_report_begin(session)
    guard let module = unsafe dwfl_report_module(session, "module", 1, 2) else { return nil }
    var data: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    _ = unsafe dwfl_module_info(module, &data, nil, nil, nil, nil, nil, nil)
    guard let data = unsafe data else { return nil }
    unsafe data.pointee = Unmanaged.passUnretained(self).toOpaque()
    guard unsafe dwfl_report_end(session, nil, nil) == 0 else { return nil }
    var bias: Dwarf_Addr = 0
    return unsafe dwfl_module_getdwarf(module, &bias)
  }

  /// What libdwfl asks for; it keeps the pointer.
  nonisolated(unsafe) private static let callbacks: UnsafeMutablePointer<Dwfl_Callbacks> = {
    let callbacks = UnsafeMutablePointer<Dwfl_Callbacks>.allocate(capacity: 1)
    unsafe callbacks.initialize(
      to: Dwfl_Callbacks(
        find_elf: { _, data, _, _, path, file in unsafe RelocatedModule.find(data, path, file) },
        // Debug information in a further file is found by whoever chose this one.
        find_debuginfo: { _, _, _, _, _, _, _, _ in -1 },
        section_address: { _, data, _, _, _, index, _, address in
          unsafe RelocatedModule.place(data, section: index, address)
        },
        debuginfo_path: nil))
    return unsafe callbacks
  }()

  /// Hands over the open file, of which libdwfl ends up with a reference of its own.
  private static func find(
    _ data: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ path: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ file: UnsafeMutablePointer<OpaquePointer?>?
  ) -> Int32 {
    guard let module = unsafe module(data) else { return -1 }
    unsafe path?.pointee = strdup("module")
    unsafe file?.pointee = elf_begin(-1, ELF_C_READ, module.elf.handle)
    return -1
  }

  private static func place(
    _ data: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, section: UInt32,
    _ address: UnsafeMutablePointer<Dwarf_Addr>?
  ) -> Int32 {
    // All ones: not in memory.
    unsafe address?.pointee = module(data)?.placement.sectionStarts[Int(section)] ?? .max
    return 0
  }

  private static func module(
    _ data: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> RelocatedModule? {
    guard let pointer = unsafe data?.pointee else { return nil }
    return unsafe Unmanaged<RelocatedModule>.fromOpaque(pointer).takeUnretainedValue()
  }
}
