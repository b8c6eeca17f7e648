import Evidence
import Testing
import Transcript

@Suite struct CounterTests {
  @Test func readsMeminfo() throws {
    let text = """
      $ cat /proc/meminfo
      MemTotal:        4026532 kB
      MemFree:          201324 kB
      Buffers:            1024 kB
      Cached:           102400 kB
      AnonPages:        512000 kB
      Slab:             204800 kB
      SUnreclaim:       153600 kB
      HugePages_Total:       2
      Hugepagesize:       2048 kB
      """
    let counters = try #require(facts(text).memory.first)
    #expect(counters.bytes["MemTotal"] == 4_026_532 << 10)
    #expect(counters.bytes["HugePages_Total"] == 2)
    let account = try #require(evidence(text).subject.accounts.first)
    #expect(account.parts.first { $0.id == "huge_pages" }?.bytes == 4096 << 10)
    #expect(
      account.unexplained
        == (4_026_532 - 201_324 - 1024 - 102_400 - 512_000 - 204_800 - 4096) << 10)
  }

  @Test func aCounterThatComesAgainIsAnotherSnapshot() {
    let text = "MemTotal: 4026532 kB\nMemFree: 201324 kB\n"
    #expect(facts(text + "later\n" + text).memory.count == 2)
    #expect(
      facts("MemTotal: 4026532 kB MemFree: 201324 kB Buffers: 1 kB").memory.first?.bytes.count == 3)
  }

  @Test func readsSlabinfoAndSlabtop() {
    let tables = facts(
      """
      slabinfo - version: 2.1
      # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>
      kmalloc-128       1767698 1767712    128   32    1 : tunables    0    0    0 : slabdata  55241  55241      0
       Active / Total Objects (% used)    : 1811112 / 1839233 (98.5%)
        OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME
      1767712 1767698  99%    0.12K  55241       32    220964K kmalloc-128
      """
    ).slabInfo
    #expect(tables.flatMap(\.rows).map(\.name) == ["kmalloc-128", "kmalloc-128"])
    #expect(tables.flatMap(\.rows).map(\.active) == [1_767_698, 1_767_698])
    #expect(tables.first?.rows.first?.slabs == 55241)
  }

  @Test func readsTheUsageThatCrashPrints() throws {
    let text = """
                       PAGES        TOTAL      PERCENTAGE
          TOTAL MEM   116537     455.2 MB         ----
               FREE    96855     378.3 MB   83% of TOTAL MEM
            BUFFERS        0            0    0% of TOTAL MEM
             CACHED     3950      15.4 MB    3% of TOTAL MEM
               SLAB     6413      25.1 MB    5% of TOTAL MEM
      """
    let account = try #require(evidence(text).subject.accounts.first)
    #expect(account.total == 116_537 * 4096)
    #expect(account.parts.map(\.bytes) == [96855 * 4096, 0, 3950 * 4096, 6413 * 4096])
    #expect(unread(text) == 0)
  }

  @Test(arguments: [
    (
      "              total        used        free      shared  buff/cache   available\n"
        + "Mem:        4026532     3500000      201324        1024      325208      300000\n",
      4_026_532 << 10
    ),
    (
      "$ free -m\n             total       used       free     shared    buffers     cached\n"
        + "Mem:          3932       3418        196          0          1        316\n"
        + "-/+ buffers/cache:       3100        832\nSwap:         2047          0       2047\n",
      3932 << 10
    ),
    (
      "               total        used        free      shared  buff/cache   available\n"
        + "Mem:           3.8Gi       3.3Gi       196Mi       1.0Mi       317Mi       292Mi\n",
      4_080_218_931
    ),
  ])
  func readsFree(text: String, total: Int) {
    #expect(facts(text).memory.first?.bytes["total"] == total)
  }

  @Test func readsNetstat() throws {
    let sockets = facts(
      """
      Active Internet connections (servers and established)
      Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name     Timer
      tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      811/sshd: /usr/sbin  off (0.00/0/0)
      raw6   79691776      0 :::58                   :::*                    7           1234/ospf6d          off (0.00/0/0)
      udp        0      0 0.0.0.0:68              0.0.0.0:*                           702/dhclient         off (0.00/0/0)
      """
    ).sockets
    #expect(sockets.map(\.kind) == ["tcp", "raw6", "udp"])
    #expect(sockets.map(\.state) == ["LISTEN", "7", nil])
    #expect(sockets[1].receiveBytes == 79_691_776)
    #expect(sockets.map { $0.owner?.name } == ["sshd", "ospf6d", "dhclient"])
    #expect(sockets.map { $0.owner?.pid } == [811, 1234, 702])
  }

  @Test(arguments: [
    "p_raw  10485760 0                   *:eth0                   *        users:((\"suricata\",1234,5))",
    "p_raw  UNCONN  10485760   0        *:eth0     *    users:((\"suricata\",pid=1234,fd=5)) ino:1 sk:1",
  ])
  func readsPacketSockets(row: String) throws {
    let socket = try #require(facts("看这一行: \(row)\n\(row)\n").sockets.last)
    #expect(socket.kind == "packet")
    #expect(socket.local == "*:eth0")
    #expect(socket.receiveBytes == 10_485_760)
    #expect(socket.owner?.name == "suricata")
    #expect(socket.owner?.pid == 1234)
  }

  @Test func memoryOfASocketInTheNextLineIsItsOwn() throws {
    let sockets = facts(
      """
      Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
      tcp   ESTAB  0      36     10.0.2.15:22        10.0.2.2:49152    users:(("sshd",pid=900,fd=4))
      \t skmem:(r0,rb131072,t2304,tb87040,f1792,w2304,o0,bl0,d0)
      """
    ).sockets
    #expect(sockets.count == 1)
    #expect(sockets.first?.sendBytes == 2304)
  }

  @Test func readsProcesses() {
    let facts = facts(
      """
      USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
      root           1  0.0  0.1 167500 11220 ?        Ss   10:00   0:01 /sbin/init splash
      crash> ps
         PID    PPID  CPU       TASK        ST  %MEM     VSZ    RSS  COMM
      >     0      0   0  ffffffffaca11580  RU   0.0       0      0  [swapper/0]
           49      1   0  ff460871009267c0  IN   0.0    2256     52  sleep
      """)
    #expect(facts.tasks.map(\.name) == ["/sbin/init splash", "swapper/0", "sleep"])
    #expect(facts.tasks.map(\.residentBytes) == [11220 << 10, 0, 52 << 10])
  }

  @Test func theStatisticsOfCrashAreAnAccountInPages() throws {
    let text = """
           RELEASE: 6.1.0-50-amd64
           MACHINE: x86_64  (2596 Mhz)
      crash> kmem -i
                       PAGES        TOTAL      PERCENTAGE
          TOTAL MEM   120000     468.8 MB         ----
               FREE    94786     370.3 MB   78% of TOTAL MEM
      crash> kmem -V
        VM_ZONE_STAT:
                    NR_FREE_PAGES: 94786
        VM_NODE_STAT:
            NR_SLAB_RECLAIMABLE_B: 2997
          NR_SLAB_UNRECLAIMABLE_B: 11412
                   NR_ANON_MAPPED: 76
                    NR_FILE_PAGES: 2922
               NR_KERNEL_STACK_KB: 912
                     NR_PAGETABLE: 34
        VM_EVENT_STATES:
                           PGFREE: 121681

      """
    #expect(unread(text) == 0)
    let account = try #require(evidence(text).subject.accounts.last)
    #expect(account.total == 120_000 << 12)
    #expect(account.parts.first { $0.id == "slab" }?.bytes == (2997 + 11_412) << 12)
    #expect(account.parts.first { $0.id == "kernel_stacks" }?.bytes == 912 << 10)
    // kmem -V does not count vmalloc: what is missing cannot be told.
    #expect(account.unexplained == nil)
  }
}
