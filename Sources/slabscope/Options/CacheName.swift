import ArgumentParser
import Evidence
import Intake
import Memory

/// A cache as the user names it: by name, by an alias, or by its address.
struct CacheName: ExpressibleByArgument {
  let text: String

  init(argument: String) { text = argument }

  /// The indices of the caches meant; throws a `Complaint` when there are none.
  func caches(in census: Census) throws(Complaint) -> [Int] {
    var found = census.caches(named: text)
    if found.isEmpty, let address = KernelAddress(argument: text)?.address {
      found = census.caches.indices.filter { census.caches[$0].address == address }
    }
    guard found.isEmpty else { return found }
    let merged = census.caches.contains { $0.sharers > $0.aliases.count + 1 }
    throw Complaint(
      .usage,
      "no cache is called \(text)" + (merged ? ", though one may be merged under another name" : "")
        + "; \(hint(census))")
  }

  /// The names that have the text in them, or where to see all names.
  private func hint(_ census: Census) -> String {
    let close = census.caches.flatMap { [$0.name] + $0.aliases }
      .filter { $0.lowercased().contains(text.lowercased()) }
    guard !close.isEmpty else { return "slabscope caches lists them" }
    return "there is " + Set(close).sorted().prefix(5).joined(separator: ", ")
  }
}

/// An address in hexadecimal, with or without `0x`.
struct KernelAddress: ExpressibleByArgument {
  let address: VirtualAddress

  init?(argument: String) {
    let digits = argument.lowercased().hasPrefix("0x") ? argument.dropFirst(2) : argument[...]
    guard let value = UInt64(digits, radix: 16) else { return nil }
    address = VirtualAddress(value)
  }
}
