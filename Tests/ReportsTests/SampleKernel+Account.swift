import Evidence
import Memory

extension SampleKernel {
  /// An account that does not know everything, and three blocks of pages of which one cannot be
  /// read.
  static var subjectWithAccount: Subject {
    var kernel = subject()
    kernel.accounts = [
      MemoryAccount(
        source: "the state of 1,024 pages", total: 4 << 20,
        parts: [
          .init(id: "free", bytes: 1 << 20, counter: .init(name: "MemFree", bytes: 1 << 20)),
          .init(
            id: "page_cache", bytes: 2 << 20,
            parts: [.init(id: "ext4", bytes: 2 << 20), .init(id: "bdev", bytes: 4096)]),
        ], remarks: ["page cache: the counter differs"])
    ]
    kernel.ghosts = GhostPages(
      blocks: [
        .init(start: VirtualAddress(slabStart + 0x1000), pages: 1, isCompound: false),
        .init(start: VirtualAddress(slabStart + 0x2000), pages: 8, isCompound: true),
        .init(start: VirtualAddress(slabStart + 0x10_0000), pages: 2, isCompound: false),
      ], pageSize: 4096, largeObjects: 4096)
    return kernel
  }
}
