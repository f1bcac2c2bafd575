/// One JSON value whose numbers keep the text they arrived as.
///
/// Money and 64-bit identifiers must never pass through `Double` (docs/architecture.md, law 8), and equal values must
/// have equal bytes in every process (docs/architecture.md, law 1). So numbers are text, objects keep the order they
/// were read in, and ``encoded(sortingKeys:)`` has one spelling for each value.
///
/// ```swift
/// let order = try JSON.parse(Array(#"{"id":820982911946154508,"total":12.50}"#.utf8))
/// order["id"]?.int64      // 820982911946154508
/// order["total"]?.decimalText   // "12.50"
/// ```
public enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// A JSON number as its source text, for example `12.50`.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The digits as written; a valid JSON number.
    public let text: String

    /// Trusts that `text` is a valid JSON number: for the parser and for exact decimal types.
    public init(exactly text: String) { self.text = text }
    public init(_ value: Int64) { text = String(value) }
    public init(_ value: Int) { text = String(value) }

    /// The value when the text is a whole number within 64 bits, else `nil`. `1.0` and `1e3` are not taken.
    public var int64: Int64? { Int64(text) }
    public var description: String { text }
}

/// The members of an object, in the order they were read or added.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    public private(set) var members: [(key: String, value: JSON)]

    public init() { members = [] }
    public init(_ members: [(key: String, value: JSON)]) { self.members = members }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        members = elements.map { (key: $0.0, value: $0.1) }
    }

    /// The member named `key`; the last one wins where a sender repeated it. Setting `nil` removes it.
    public subscript(key: String) -> JSON? {
        get { members.last { $0.key == key }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.key == key } }
            if let index = members.lastIndex(where: { $0.key == key }) {
                members[index].value = newValue
            } else {
                members.append((key: key, value: newValue))
            }
        }
    }

    public var keys: [String] { members.map(\.key) }
    public var isEmpty: Bool { members.isEmpty }
    public var count: Int { members.count }

    public static func == (left: Self, right: Self) -> Bool {
        left.members.count == right.members.count
            && left.members.allSatisfy { right[$0.key] == $0.value }
            && right.members.allSatisfy { left[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(members.count) }
}

extension JSON {
    /// The member of an object; `nil` when this is no object or has no such member.
    public subscript(key: String) -> JSON? {
        if case .object(let object) = self { object[key] } else { nil }
    }
    /// The element of an array; `nil` when this is no array or the index is outside it.
    public subscript(index: Int) -> JSON? {
        if case .array(let values) = self, values.indices.contains(index) { values[index] } else { nil }
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var int64: Int64? { if case .number(let value) = self { value.int64 } else { nil } }
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }

    /// The text of a number, or of a string: vendors write money both ways.
    public var decimalText: String? {
        switch self {
        case .number(let number): number.text
        case .string(let text): text
        default: nil
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
    }
    public init(nilLiteral: ()) { self = .null }
    public init(_ value: Int64) { self = .number(JSONNumber(value)) }
    public init(_ value: Int) { self = .number(JSONNumber(value)) }
    /// A string, or null where there is none.
    public init(_ value: String?) { self = value.map(JSON.string) ?? .null }
}
