/// Copies of names, one for each place in the file: most members and types are described again in
/// each of the thousands of units that include their header.
struct NameCache {
  private var names: [UInt: String] = [:]

  /// A copy of the text that libdw lends at an address; nil when there is none.
  mutating func copy(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    let key = UInt(bitPattern: pointer)
    if let name = names[key] { return name }
    guard let name = unsafe CText.copy(pointer) else { return nil }
    // Shorter ones are held in the value itself, without a copy on the heap.
    if name.utf8.count > 15 { names[key] = name }
    return name
  }
}
