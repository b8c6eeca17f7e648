internal import ByteKit
internal import Evidence
internal import Transcript

/// The saved text of crash sessions.
struct SessionTarget: FuzzTarget {
  var name: String { "session" }

  /// Something of all that is recognised.
  func seeds() -> [[UInt8]] { [Array(Self.text.utf8)] }

  /// Reads the text, makes evidence of it, and asks for what is missing.
  func run(_ input: Bytes) async {
    var reader = SessionReader()
    guard let text = SavedText(input, name: "fuzz") else { return }
    reader.read(text)
    let sessions = reader.finish()
    for facts in sessions {
      let evidence = SessionEvidence(facts, among: sessions, textSize: input.count)
      evidence.subject.census.checkInvariants()
      precondition(evidence.subject.census.slotCount <= max(1 << 17, input.count * 8))
      precondition(FollowUp(facts, evidence).commands.hasSuffix("quit\n"))
    }
  }

  static let text = """
    crash 8.0.2
        RELEASE: 6.1.0-18-arm64
        NODENAME: host
    crash> kmem -S kmalloc-128
    CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
    ffff80007b000000      128    1723323   1723968  53874     4k  kmalloc-128
    CPU 1 SLAB:
      SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE
      ffff7e0000e96c00  ffff80003a5b0000     0     32         29     3
      FREE / [ALLOCATED]
      [ffff80003a5b0000]
       ffff80003a5b0080  (cpu 1 cache)
      [ffff80003a5b0100]
    NODE 0 PARTIAL:
      ffff7e0000e96d00  ffff80003a5b8000     0     32         12    20
    NODE 0 FULL:
      (not tracked)
    kmem: kmalloc-128: slab: ffff7e0000e96c00 invalid freepointer: 11ff9ef7be25f5f8
    crash> rd ffff80003a5b0000 4
    ffff80003a5b0000:  ffff00000824edd8 ffff00000824ee00   ..$.......$.....
    ffff80003a5b0010:  ffff00000824ede8 ffff000001415218   ..$......RA.....
    crash> rd -s ffff80003a5b0100 2
    ffff80003a5b0100:  single_start     single_stop+13
    crash> sym ffff00000824edd8
    ffff00000824edd8 (t) single_start /home/u/linux/fs/seq_file.c: 541
    crash> struct seq_operations ffff80003a5b0000
    struct seq_operations {
      start = 0xffff00000824edd8 <single_start>,
      stop = 0xffff00000824ee00 <single_stop>
    }
    ffffffffc021b040  leakmod  16384  (not loaded)  [CONFIG_KALLSYMS]
    MemTotal:        4026532 kB
    MemFree:          201324 kB
    kmalloc-128 1767698 1767712 128 32 1 : tunables 0 0 0 : slabdata 55241 55241 0
    raw6   79691776      0 :::58      :::*      7      1234/ospf6d  off (0.00/0/0)

    """
}
