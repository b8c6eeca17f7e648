/// A way to open a file of fs/seq_file.c, and what has to close it.
struct SeqFileKind: Hashable {
  /// The functions that open it.
  let openers: [String]
  /// The function that closes it.
  let release: String
  /// Others that do what it does.
  let likeRelease: [String]
  /// Functions of fs/seq_file.c that close other files and leave something of this one.
  let wrong: [String]

  /// A file that is printed all at once, with operations of its own.
  static let single = SeqFileKind(
    openers: ["single_open", "single_open_size"], release: "single_release", likeRelease: [],
    wrong: ["seq_release"])

  /// A file that is printed entry by entry, with operations that all such files share.
  static let iterated = SeqFileKind(
    openers: ["seq_open", "__seq_open_private", "seq_open_private"], release: "seq_release",
    likeRelease: ["seq_release_private", "single_release"], wrong: [])
}
