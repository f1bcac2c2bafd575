/// The search syntax of `orders(query:)` as far as a sync needs it: `updated_at:>'2026-11-01T00:00:00Z' AND
/// test:false`. A field outside the list is refused: Shopify would ignore it and return too much, which a test must
/// not miss.
struct ShopifySearch {
    private enum Operation: String { case equal = "", over = ">", from = ">=", under = "<", upTo = "<=" }

    private struct Term {
        var field: String
        var operation: Operation
        var value: String
        var negated: Bool
    }

    private static let fields = [
        "created_at", "updated_at", "processed_at", "id", "name", "test", "tag", "status", "financial_status", "email",
        "source_name", "customer_id", "sku",
    ]

    private var terms: [Term] = []

    init(_ query: String) throws(GraphQLProblem) {
        var rest = Substring(query)
        var negated = false
        while let word = Self.word(&rest) {
            if word == "AND" { continue }
            if word == "NOT" {
                negated = true
                continue
            }
            terms.append(try Self.term(word, negated: negated))
            negated = false
        }
    }

    /// The next word; quotes keep blanks together.
    private static func word(_ rest: inout Substring) -> String? {
        while rest.first == " " { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var word = ""
        var quote: Character?
        while let character = rest.first, quote != nil || character != " " {
            rest = rest.dropFirst()
            if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
            } else {
                word.append(character)
            }
        }
        return word
    }

    private static func term(_ word: String, negated: Bool) throws(GraphQLProblem) -> Term {
        let parts = word.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, fields.contains(String(parts[0])) else {
            throw GraphQLProblem(
                "the twin does not know the search term '\(word)'; it knows \(fields.joined(separator: ", "))",
                code: "BAD_REQUEST")
        }
        var value = parts[1]
        var operation = Operation.equal
        for candidate in [Operation.from, .upTo, .over, .under] where value.hasPrefix(candidate.rawValue) {
            operation = candidate
            value = value.dropFirst(candidate.rawValue.count)
            break
        }
        if parts[0].hasSuffix("_at"), TwinInstant(iso8601: String(value)) == nil {
            throw GraphQLProblem("'\(value)' is no ISO time", code: "BAD_REQUEST")
        }
        return Term(field: String(parts[0]), operation: operation, value: String(value), negated: negated)
    }

    func matches(_ order: ShopifyOrder) -> Bool { terms.allSatisfy { Self.matches($0, order) != $0.negated } }

    private static func matches(_ term: Term, _ order: ShopifyOrder) -> Bool {
        switch term.field {
        case "created_at", "processed_at": compare(order.createdAt.microseconds, term)
        case "updated_at": compare(order.updatedAt.microseconds, term)
        case "id": Int64(term.value).map { compare(order.id, term.operation, $0) } ?? false
        case "name": order.name == term.value || order.name == "#" + term.value
        case "test": String(order.test) == term.value
        case "tag": order.tags.contains(term.value)
        case "email": order.email == term.value
        case "source_name": order.sourceName == term.value
        case "customer_id": order.customerID.map(String.init) == term.value
        case "sku": order.lines.contains { $0.sku == term.value }
        case "financial_status": order.financialStatus == term.value
        default:
            switch term.value {
            case "cancelled": order.cancelledAt != nil
            case "open", "not_closed": order.cancelledAt == nil
            case "any": true
            default: false
            }
        }
    }

    private static func compare(_ value: Int64, _ term: Term) -> Bool {
        guard let wanted = TwinInstant(iso8601: term.value) else { return false }
        return compare(value, term.operation, wanted.microseconds)
    }

    private static func compare(_ value: Int64, _ operation: Operation, _ wanted: Int64) -> Bool {
        switch operation {
        case .equal: value == wanted
        case .over: value > wanted
        case .from: value >= wanted
        case .under: value < wanted
        case .upTo: value <= wanted
        }
    }
}
