import Foundation

/// A file that is not what it was given as: what is wrong with it, in one clause.
public struct UnreadableFile: Error, Hashable, Sendable {
  /// What is wrong, to stand behind the file's name.
  public let reason: String
}

private struct Heading: Decodable { let schema: String }

/// Decodes a document of a schema; what is wrong with it is told in words for its user.
func decoded<File: Decodable>(
  _ data: Data, schema: String
) throws(UnreadableFile) -> File {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  do {
    let heading = try decoder.decode(Heading.self, from: data)
    guard heading.schema == schema else {
      throw UnreadableFile(reason: "is of schema \(heading.schema), not \(schema)")
    }
    return try decoder.decode(File.self, from: data)
  } catch let unreadable as UnreadableFile {
    throw unreadable
  } catch DecodingError.keyNotFound(let key, _) {
    throw UnreadableFile(reason: "is not of schema \(schema): it has no \(key.stringValue)")
  } catch {
    throw UnreadableFile(reason: "is not a JSON document of schema \(schema)")
  }
}
