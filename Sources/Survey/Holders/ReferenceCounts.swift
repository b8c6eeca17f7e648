import DebugInfo
public import Evidence
public import KernelImage
import Memory

/// The audit of reference counts: who holds each object, and which are held by nobody.
///
/// A holder is whatever has a pointer to an object that lists and hash tables have not. So the words
/// that lead to an object are the most holders that it can have, apart from what it or its file
/// system keeps for itself. All types are looked for in one scan of memory, and in none where the
/// holders that can be looked up explain the counts.
public struct ReferenceCounts: ReferenceAudit {
  private let kernel: Kernel
  private let census: Census
  private let scan: any ReferenceScan

  /// Fewer references too many are not looked for: calls in progress hold some.
  static let fewest = 64

  /// Prepares an audit of the kernel that a census was taken of.
  public init(_ kernel: Kernel, census: Census, scan: any ReferenceScan) {
    self.kernel = kernel
    self.census = census
    self.scan = scan
  }

  /// The objects by what they have in common whose counts exceed all that may hold them.
  public func overcounts() async -> [Overcount] {
    let layout = try? DentryLayout(kernel.types)
    let dentries = layout.map { DentryTable(kernel, census: census, layout: $0) }
    let objects = CountedType.all.compactMap {
      CountedObjects($0, kernel, census: census, dentries: dentries)
    }
    let inodes = dentries.flatMap { InodeInquiries(kernel, census: census, dentries: $0) }
    var inquiries = objects.map { $0.inquiry() }
    if let layout, let dentries { inquiries.append(dentries.inquiry(layout)) }
    inquiries += inodes?.inquiries() ?? []
    inquiries = inquiries.map(Self.doubtful).filter { !$0.suspects.isEmpty }
    guard !inquiries.isEmpty else { return [] }

    let suspects = inquiries.flatMap(\.suspects)
    let slots = Set(suspects.map(\.slot))
    let proxies = ProxyBudget(suspects, kernel, census: census, dentries: dentries)
    let strangers = objects.reduce(
      into: proxies.wayBack.union(inodes?.strangers(to: slots) ?? [])
    ) { $0.formUnion($1.strangers(to: slots)) }
    let references = await scan.references(
      to: inquiries.map {
        ReferenceTargets(
          $0.suspects.map(\.slot), links: $0.links, pageLinks: $0.pageLinks, tables: $0.tables)
      } + [ReferenceTargets(ProxyBudget.slots(of: suspects))], besides: strangers)
    let held = HeldObjects(inquiries, references, proxies)
    return OvercountAssembly(kernel, census: census, dentries: dentries, layout: layout)
      .overcounts(held)
  }

  /// An inquiry about those only that are enough together.
  private static func doubtful(_ inquiry: Inquiry) -> Inquiry {
    var sums: [Suspect.Lot: Int] = [:]
    for suspect in inquiry.suspects {
      sums[suspect.lot, default: 0] &+= suspect.count - suspect.pins - suspect.holders.total
    }
    var inquiry = inquiry
    inquiry.suspects.removeAll { sums[$0.lot, default: 0] < fewest }
    return inquiry
  }
}
