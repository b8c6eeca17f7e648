internal import Glibc

/// Text that libelf or libdw lends: NUL-terminated inside the file's image.
enum CText {
  /// No name in a kernel is longer; text in a damaged file can be as long as the file, and be
  /// referred to from everywhere.
  private static let limit = 512

  /// A copy of the text, nil when there is none or it is too long to be a name.
  static func copy(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    let count = unsafe strnlen(pointer, limit)
    guard count < limit else { return nil }
    return unsafe String(
      decoding: UnsafeRawBufferPointer(start: pointer, count: count), as: UTF8.self)
  }
}
