import Testing
import Transcript

@Suite struct CacheRowTests {
  @Test func readsTheColumnsOfCrash724AndLater() {
    let rows = facts(
      """
      CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME
      ffff890c47c0e800     2048      48835     58464   3654    32k  kmalloc-2048
      ffff890c47c0ec00      512          ?         ?      ?    32k  kmalloc-512
      ffff893b3dce8e00 [IGNORED]                                    nfs_inode_cache
      ffff893b3dce8e00      208          3        19      1     4k  file lock cache
      """
    ).caches
    #expect(
      rows.map(\.name) == ["kmalloc-2048", "kmalloc-512", "nfs_inode_cache", "file lock cache"])
    #expect(rows[0].address == 0xffff_890c_47c0_e800)
    #expect(rows[0].objectSize == 2048)
    #expect(rows[0].allocated == 48835)
    #expect(rows[0].total == 58464)
    #expect(rows[0].slabs == 3654)
    #expect(rows[0].slabBytes == 32 << 10)
    #expect(rows[1].allocated == nil)
    #expect(rows[1].slabBytes == 32 << 10)
    #expect(rows[2].remark == "IGNORED")
  }

  @Test func readsTheColumnsBeforeCrash724() {
    let rows = facts(
      """
      CACHE            NAME                 OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE
      ffff8d3f07c06c00 kmalloc-512              512       1916      3680    115    16k
      ffff8804aaaaaa00 radix_tree_node(167:systemd-journald.service)   560  12    28   1    16k
      ffff8804aaaaab00 size-64(DMA)              64          0         0      0     4k
      ffff8804aaaaac00 UDP Lite v6              1024          1        16      1     4k
      """
    ).caches
    #expect(
      rows.map(\.name) == [
        "kmalloc-512", "radix_tree_node(167:systemd-journald.service)", "size-64(DMA)",
        "UDP Lite v6",
      ])
    #expect(rows[0].total == 3680)
    #expect(rows[1].objectSize == 560)
    #expect(rows[3].objectSize == 1024)
  }

  @Test func aRowWhoseCountIsNegativeHasNone() {
    let row = facts("ffff890c47c0e800     2048      -12     58464   3654    32k  kmalloc-2048")
      .caches
    #expect(row.count == 1)
    #expect(row.first?.allocated == nil)
    #expect(row.first?.total == 58464)
  }

  @Test func aRowThatAMailerWrappedIsCompleted() {
    let rows = facts(
      """
      CACHE            NAME                 OBJSIZE  ALLOCATED     TOTAL  SLABS
      SSIZE
      ffff88180f801b00 kmalloc-192              192      13121     13121    313
      8k
      """)
    #expect(rows.caches.map(\.slabBytes) == [8 << 10])
  }

  @Test func rowsInOneLineOfProseAreFoundBetweenDots() {
    let pasted = facts(
      "crash> kmem -s CACHE NAME OBJSIZE ALLOCATED TOTAL SLABS SSIZE ... "
        + "ffff8808b2a40e00 sock_inode_cache 640 2812345 2812392 234366 8k ... "
        + "ffff88085fc0ef00 dentry 192 3811208 3811227 181487 4k ..."
    ).caches
    #expect(pasted.map(\.name) == ["sock_inode_cache", "dentry"])
    #expect(pasted.map(\.allocated) == [2_812_345, 3_811_208])
  }

  @Test func theSameRowTwiceIsOneAndAnotherCountIsAnother() {
    let row = "ffff890c47c0e800     2048      48835     58464   3654    32k  kmalloc-2048\n"
    #expect(facts(row + row).caches.count == 1)
    let later = "ffff890c47c0e800     2048      48836     58464   3654    32k  kmalloc-2048\n"
    #expect(facts(row + later).caches.map(\.allocated) == [48835, 48836])
  }
}
