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
  } catch DecodingError.typeMismatch(_, let context) {
    let place = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
    throw UnreadableFile(
      reason: "is not of schema \(schema): \(place.joined(separator: " ")) is of another type")
  } catch {
    throw UnreadableFile(reason: "is not a JSON document of schema \(schema)")
  }
}

/// The keys of a JSON document's objects that nobody reads, such as misspelt ones.
struct StrangeKeys {
  /// The first of them, if there is any.
  private(set) var first: String?
  private let known: Set<String>

  /// Looks for keys other than `known` in all objects of a document.
  init(in document: Data, known: Set<String>) {
    self.known = known
    if let document = try? JSONSerialization.jsonObject(with: document) { look(at: document) }
  }

  private mutating func look(at value: Any) {
    if let object = value as? [String: Any] {
      for (key, value) in object.sorted(by: { $0.key < $1.key }) where first == nil {
        if known.contains(key) { look(at: value) } else { first = key }
      }
    } else if let list = value as? [Any] {
      for value in list where first == nil { look(at: value) }
    }
  }
}
