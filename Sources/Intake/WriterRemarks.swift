import DumpFiles
import Evidence

/// What is known to go wrong where dumps are written, as far as a dump shows it.
///
/// A dump does not tell which version of makedumpfile wrote it, so its effects are looked for; facts
/// from makedumpfile's history and IMPLEMENTATION.
struct WriterRemarks {
  private let dump: DumpFile
  private let pages: [PageCondition: Int]

  /// Bit 8 of a dump level: pages of processes are left out.
  private static let withoutUserPages = 8

  /// Looks at a dump whose pages were counted.
  init(_ dump: DumpFile, pages: [PageCondition: Int]) {
    self.dump = dump
    self.pages = pages
  }

  /// What the file itself shows, and what may be wrong with its slab pages.
  var ofFile: [String] { damage + exclusions + [suspicion].compactMap { $0 } }

  /// What the file shows, and what is wrong with its slab pages for sure.
  func of(_ coverage: Coverage) -> [String] {
    let excluded = coverage.absences[.excluded] ?? 0
    let left = excluded + (coverage.absences[.excludedOrZero] ?? 0)
    guard left > 0 else { return damage + exclusions }
    let slabs = "\(left.grouped) of \(coverage.slabPages.counted("slab page")) "
    let fate =
      excluded > 0
      ? "were left out of the dump, which nobody asks for: " + reason(coverage)
      : "are not in the dump: they held zeros, or were left out; a dump that is kdump-compressed tells"
        + (hasSlabType ? "; if they were left out, " + reason(coverage) : "")
    return damage + exclusions + [slabs + fate]
  }

  /// Whether only the slabs tell whether the dump lacks some of their pages.
  var isSuspicious: Bool { suspicion != nil }

  /// Why slab pages were left out, and what to do.
  private func reason(_ coverage: Coverage) -> String {
    if coverage.absentTails == coverage.absentSlabPages, hasCompoundInfo {
      return Self.tails
    }
    if hasSlabType { return Self.slabs }
    return "what wrote or filtered the dump took them for something else; take one with another "
      + "version of makedumpfile, or with fewer bits of -d"
  }

  /// makedumpfile bad2a7c, in 1.7.6: Linux 46df8e73a4a3 ("mm: free up PG_slab"), v6.10.
  private static let slabs =
    "makedumpfile before 1.7.6 takes slab pages of Linux 6.10 and newer for pages of processes; "
    + "take a dump with 1.7.6 or newer, or without bit 8 of -d (-d 23 for -d 31)"

  /// makedumpfile f50c015, after 1.7.9: Linux d50569612c29, v7.1.
  private static let tails =
    "makedumpfile up to 1.7.9 takes all but the first page of a slab of Linux 7.1 and newer for "
    + "something else; take a dump with a newer one, or with -d 1"

  /// What may have happened to slab pages, before the slabs are known.
  private var suspicion: String? {
    guard (dump.format.kdump?.dumpLevel ?? 0) & Self.withoutUserPages != 0, hasSlabType else {
      return nil
    }
    return "if this was so written: " + Self.slabs + (hasCompoundInfo ? "; " + Self.tails : "")
      + "; slabscope caches tells whether slab pages are missing"
  }

  /// Whether a page's type says that it is a slab's, and no page flag (since 6.10).
  private var hasSlabType: Bool {
    dump.vmcoreinfo?.number("PAGE_SLAB_MAPCOUNT_VALUE") != nil
  }

  /// Whether later pages of a block are told by another word than makedumpfile 1.7.9 knows (7.1).
  private var hasCompoundInfo: Bool {
    dump.vmcoreinfo?.offset("page.compound_info") != nil
  }

  /// Pages that should be there and are not.
  private var damage: [String] {
    var remarks: [String] = []
    let surplus = dump.format.surplusDescriptors
    if surplus != 0 {
      remarks.append(
        "the page bitmap is damaged: it marks \(Int(clamping: surplus.magnitude).counted("page")) "
          + "\(surplus > 0 ? "fewer" : "more") than the file holds, so that pages behind the damage "
          + "have the contents of others")
    }
    if surplus == 0, dump.format.strayBlocks > 0 {
      remarks.append(
        "the page bitmaps contradict each other: \(dump.format.strayBlocks.counted("page")) in the "
          + "file should be no memory; pages near them may have the contents of others")
    }
    if let lost = pages[.lost] {
      remarks.append(
        "\(lost.counted("page")) \(lost == 1 ? "is" : "are") lost: the dump was not finished, because the disk was full or "
          + "by makedumpfile's -L")
    } else if dump.format.isIncomplete {
      remarks.append("the dump says that it was not finished: pages may be missing from it")
    }
    if let cut = pages[.truncated] {
      remarks.append(
        "the file ends before \(cut.counted("page")) that it should have: copy it again, or save "
          + "the dump where there is room")
    }
    if let others = pages[.missingPart] {
      remarks.append(
        "\(others.counted("page")) \(others == 1 ? "is" : "are") in parts of the dump that were not "
          + "given: name all of them")
    }
    let corrupt = [.corruptSize, .corruptFlags, .corruptOffset, .corruptContents].reduce(0) {
      $0 + (pages[$1] ?? 0)
    }
    if corrupt > 0 {
      remarks.append(
        "\(corrupt.counted("page")) \(corrupt == 1 ? "is" : "are") corrupt: "
          + PageCondition.corruptionAdvice)
    }
    return remarks
  }

  /// Pages and bytes that somebody left out on purpose.
  private var exclusions: [String] {
    var remarks: [String] = []
    if let kdump = dump.format.kdump {
      if kdump.dumpLevel == 0, pages[.excluded] != nil {
        remarks.append(
          "pages are left out though the dump level is 0: an earlier makedumpfile left them out "
            + "of the dump that this one was made from")
      }
      if kdump.isWithoutUnusedVmemmap {
        remarks.append(
          "makedumpfile -e left out the struct page of pages that it left out: these are not "
            + "known to be in use or free")
      }
    }
    if pages[.excludedOrZero] != nil {
      remarks.append(
        "makedumpfile -E does not tell pages of zeros from those that it left out: neither are read"
      )
    }
    if !dump.format.erasures.isEmpty {
      remarks.append(
        "makedumpfile overwrote \(dump.format.erasures.count.counted("place")) with X, as it was "
          + "told to (\(dump.format.erasures[0])): objects full of 0x58 are no damage")
    }
    return remarks
  }
}
