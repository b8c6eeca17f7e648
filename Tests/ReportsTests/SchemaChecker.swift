import Foundation
import Testing

/// Checks a JSON document against one of the published schemas.
///
/// It knows the few keywords that those schemas use, and refuses one that it does not know. It is
/// stricter than JSON Schema in one point: a key that the schema does not describe is an error.
struct SchemaChecker {
  private let root: [String: Any]

  /// Reads `Documentation/schema/<name>.json`.
  init(_ name: String) throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = package.appending(path: "Documentation/schema/\(name).json")
    root = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
  }

  /// What is wrong with a document, a sentence for each thing; empty when nothing is.
  func errors(in document: String) throws -> [String] {
    check(try JSONSerialization.jsonObject(with: Data(document.utf8)), root, at: "$")
  }

  private static let annotations: Set<String> = ["$schema", "$id", "title", "description", "$defs"]

  private func check(_ value: Any, _ schema: [String: Any], at path: String) -> [String] {
    schema.keys.sorted().flatMap { keyword -> [String] in
      guard !Self.annotations.contains(keyword), let rule = schema[keyword] else { return [] }
      return switch keyword {
      case "$ref": follow(rule, value, path)
      case "type": checkType(value, rule, path)
      case "const": checkOneOf(value, [rule], path)
      case "enum": checkOneOf(value, rule as? [Any] ?? [], path)
      case "pattern": checkPattern(value, rule, path)
      case "anyOf": checkAny(value, rule as? [[String: Any]] ?? [], path)
      case "items": checkItems(value, rule as? [String: Any] ?? [:], path)
      case "properties": checkProperties(value, rule as? [String: [String: Any]] ?? [:], path)
      case "required": checkRequired(value, rule as? [String] ?? [], path)
      default: ["\(path): the checker does not know the keyword \(keyword)"]
      }
    }
  }

  private func follow(_ rule: Any, _ value: Any, _ path: String) -> [String] {
    guard let name = (rule as? String)?.split(separator: "/").last,
      let definition = (root["$defs"] as? [String: Any])?[String(name)] as? [String: Any]
    else { return ["\(path): \(rule) leads nowhere"] }
    return check(value, definition, at: path)
  }

  private func checkType(_ value: Any, _ rule: Any, _ path: String) -> [String] {
    let allowed = rule as? [String] ?? [rule as? String ?? ""]
    let type = Self.type(of: value)
    // Every integer is a number.
    let fits = allowed.contains(type) || type == "integer" && allowed.contains("number")
    return fits ? [] : ["\(path): is \(type), not \(allowed)"]
  }

  private static func type(of value: Any) -> String {
    switch value {
    case is NSNull: "null"
    case is String: "string"
    case is [Any]: "array"
    case is [String: Any]: "object"
    case let number as NSNumber where number === kCFTrue || number === kCFFalse: "boolean"
    case let number as NSNumber:
      number.doubleValue.rounded() == number.doubleValue ? "integer" : "number"
    default: "unknown"
    }
  }

  /// JSON's `true` and `1` are of one class; these two objects are the booleans.
  private static let kCFTrue = NSNumber(value: true)
  private static let kCFFalse = NSNumber(value: false)

  private func checkOneOf(_ value: Any, _ allowed: [Any], _ path: String) -> [String] {
    let matches = allowed.contains { candidate in
      if candidate is NSNull { return value is NSNull }
      return (candidate as? String).map { $0 == value as? String } ?? false
    }
    return matches ? [] : ["\(path): \(value) is none of \(allowed)"]
  }

  private func checkPattern(_ value: Any, _ rule: Any, _ path: String) -> [String] {
    guard let text = value as? String, let pattern = rule as? String else { return [] }
    return text.range(of: pattern, options: .regularExpression) != nil
      ? [] : ["\(path): \(text) does not fit \(pattern)"]
  }

  private func checkAny(_ value: Any, _ schemas: [[String: Any]], _ path: String) -> [String] {
    let results = schemas.map { check(value, $0, at: path) }
    return results.contains(where: \.isEmpty) ? [] : results.flatMap { $0 }
  }

  private func checkItems(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    (value as? [Any] ?? []).enumerated().flatMap { check($1, schema, at: "\(path)[\($0)]") }
  }

  private func checkProperties(
    _ value: Any, _ properties: [String: [String: Any]], _ path: String
  ) -> [String] {
    (value as? [String: Any] ?? [:]).sorted { $0.key < $1.key }.flatMap { key, inner in
      properties[key].map { check(inner, $0, at: "\(path).\(key)") }
        ?? ["\(path): the key \(key) is not in the schema"]
    }
  }

  private func checkRequired(_ value: Any, _ keys: [String], _ path: String) -> [String] {
    guard let object = value as? [String: Any] else { return [] }
    return keys.filter { object[$0] == nil }.map { "\(path): the key \($0) is missing" }
  }
}
