internal import ByteKit
public import Evidence
internal import Memory

/// Finds routes that are kept by a reference count which nobody will ever drop.
///
/// What it looks for, what it proves and what to do is told in `manual`.
public struct LostRoutes: Rule {
  /// Makes the rule.
  public init() {}

  /// `lost-routes`.
  public let name = "lost-routes"

  /// One line for the catalogue.
  public let summary = "routes that are counted once more than anything holds them"

  /// The manual.
  public let manual = """
    Whoever looks up a route by ip6_route_output, ip_route_output_key or the like gets a dst_entry
    with one reference, and keeps a pointer to it until dst_release. Who forgets that leaves the
    count too large: the route can never be freed, nor what it holds itself. Some lookups make a
    route of their own, so that each one leaves an object; others share a route, whose count grows
    while no memory seems to be lost.

    The objects are rt6_info, rtable or xfrm_dst, each with a dst_entry in front. Their caches are
    often merged with others, so that what grows is called pool_workqueue, filp or anything else of
    their size: slabscope groups tells the parts of a merged cache.

    What is found: by device and destination, 64 or more references that are left over once each word
    in memory that leads to a route was taken for one of them: of sockets, of packets, of tunnels and
    their caches, of the routing tables, of anything, whatever it is. What leads into a route does not
    count: lists of routes hold none. Neither does a pointer whose lowest bit is set: a packet that
    only borrows its route has it so. Where many destinations have a few references each, they are
    told of together.

    A route is also counted by its device, which cannot be freed before: removing it may wait for
    ever, and the kernel says "unregister_netdevice: waiting for eth0 to become free". Kernels since
    5.3 spare the devices of routes that they find in their lists when a device is removed: such
    routes are on blackhole_netdev then, and stay lost.

    How sure it is: definite, when all memory that may hold such words was read. Otherwise possible:
    the holders may be in pages that the dump does not have. A word that is left from before counts
    as a holder, so there may be some more references than are told.

    What it does not prove: who took the references.

    What to do: look in what was added to the kernel, modules first, for a lookup of a route and a
    way out that does not release it. The destination tells what was looked up.
    """

  /// A finding for each device and destination with such routes.
  public func findings(in subject: Subject, groups: [CacheGroups]) -> [Finding] {
    subject.routeSurpluses.map { finding($0, in: subject) }
  }

  private func finding(_ found: RouteSurplus, in subject: Subject) -> Finding {
    let census = subject.census
    let object = found.slots.first.flatMap { census.object(inSlot: Int($0)) }
    let cache = object.map { census.caches[Int(census.slabs[$0.slab].cache)] }
    let alias = cache.flatMap { CacheNames(subject).alias(ofType: found.type, in: $0) }
    let count = found.slots.count
    let bytes = count.multipliedReportingOverflow(by: cache?.slotSize ?? 0).partialValue
    let title =
      "\(count.grouped) \(found.type) (\(place(alias, in: cache))\(bytes.byteSize))"
      + "\(destination(found)) \(count == 1 ? "is" : "are") held by "
      + "\(found.surplus.counted("reference")) that nobody "
      + (found.coverage.isComplete ? "has" : "in the dump has")
    return Finding(
      rule: name,
      fingerprint: Fingerprint.of(
        rule: name,
        parts: [found.operations, found.device ?? ""]
          + (found.otherDestinations == 0 ? found.destinations : [])),
      title: title, certainty: found.coverage.isComplete ? .definite : .possible,
      cache: cache?.address, cacheName: cache?.name, alias: alias, type: found.type, count: count,
      bytes: bytes, module: nil, symbols: [found.operations],
      grounds: found.coverage.doubt
        ?? "their counts are larger than the number of words in all kernel memory that lead to them",
      evidence: [sum(found), scan(found), device(found)],
      verify: object.map { verifications(found.type, at: census.address(of: $0)) } ?? [],
      slots: found.slots)
  }

  /// Where the objects are, as the start of what stands in brackets.
  private func place(_ alias: String?, in cache: SlabCache?) -> String {
    guard let cache else { return "" }
    guard let alias, alias != cache.name else { return "\(cache.name); " }
    return "\(alias), merged into \(cache.name); "
  }

  private func destination(_ found: RouteSurplus) -> String {
    let device = found.device.map { " on \($0)" } ?? ""
    guard !found.destinations.isEmpty else { return device }
    let others =
      found.otherDestinations == 0
      ? "" : " and \(found.otherDestinations.counted("other destination"))"
    return device + " to " + found.destinations.joined(separator: ", ") + others
  }

  /// How the counts add up.
  private func sum(_ found: RouteSurplus) -> String {
    (found.slots.count == 1 ? "its count is " : "their counts add up to ")
      + "\(found.references.grouped): \(found.words.counted("word")) in memory may be a holder's, "
      + "\(found.surplus.grouped) \(found.surplus == 1 ? "is" : "are") left over"
  }

  private func scan(_ found: RouteSurplus) -> String {
    "\(found.coverage.reach) finds \(found.words.counted("word")) that "
      + (found.words == 1 ? "leads" : "lead")
      + " to \(found.slots.count == 1 ? "it" : "them"), those in lists and of packets that only "
      + "borrow a route left out" + found.coverage.limit
  }

  private func device(_ found: RouteSurplus) -> String {
    if found.isOfRemovedDevice { return "the device that they were on was removed" }
    let name = found.device ?? "their device"
    return "each holds its device, too: removing \(name) may wait for ever "
      + "(unregister_netdevice: waiting for \(name) to become free)"
  }

  private func verifications(_ type: String, at address: VirtualAddress) -> [Verification] {
    let digits = String(address.rawValue, radix: 16)
    return [
      Verification(tool: "crash", command: "struct dst_entry \(digits)"),
      Verification(tool: "crash", command: "search -k \(digits)"),
      Verification(
        tool: "drgn", command: "print(Object(prog, \"struct \(type) *\", \(address)).dst)"),
    ]
  }
}
