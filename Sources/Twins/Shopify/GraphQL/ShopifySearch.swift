/// The search syntax of `orders(query:)`, `customers(query:)` and `products(query:)` as far as a sync needs it:
/// `updated_at:>'2026-11-01T00:00:00Z' AND test:false`. A field outside the list is refused: Shopify would ignore it
/// and return too much, which a test must not miss. So is an e-mail without quotes, of which Shopify would match the
/// parts (docs/vendors/shopify.md, Reads: pages and search).
struct ShopifySearch {
    enum Operation: String { case equal = "", over = ">", from = ">=", under = "<", upTo = "<=" }

    struct Term {
        var field: String
        var operation: Operation
        var value: String
        var negated: Bool
    }

    static let orderFields = [
        "created_at", "updated_at", "processed_at", "id", "name", "test", "tag", "status", "financial_status", "email",
        "source_name", "customer_id", "sku", "cart_token", "checkout_token",
    ]
    static let customerFields = [
        "id", "email", "phone", "first_name", "last_name", "tag", "state", "customer_date", "updated_at",
    ]
    static let productFields = [
        "id", "title", "handle", "vendor", "product_type", "status", "tag", "sku", "barcode", "variant_id",
        "created_at", "updated_at",
    ]

    private(set) var terms: [Term] = []

    init(_ query: String, fields: [String]) throws(GraphQLProblem) {
        var rest = Substring(query)
        var negated = false
        while let word = Self.word(&rest) {
            if word.text == "AND", !word.isQuoted { continue }
            if word.text == "NOT", !word.isQuoted {
                negated = true
                continue
            }
            terms.append(try Self.term(word.text, isQuoted: word.isQuoted, fields, negated: negated))
            negated = false
        }
    }

    /// The next word; quotes keep blanks together, a backslash in them takes the next sign as it is.
    private static func word(_ rest: inout Substring) -> (text: String, isQuoted: Bool)? {
        while rest.first == " " { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var (word, isQuoted) = ("", false)
        var quote: Character?
        while let character = rest.first, quote != nil || character != " " {
            rest = rest.dropFirst()
            if quote != nil, character == "\\", let next = rest.popFirst() {
                word.append(next)
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
                isQuoted = true
            } else {
                word.append(character)
            }
        }
        return (word, isQuoted)
    }

    private static func term(
        _ word: String, isQuoted: Bool, _ fields: [String], negated: Bool
    ) throws(GraphQLProblem) -> Term {
        let parts = word.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, fields.contains(String(parts[0])) else {
            throw GraphQLProblem(
                "the twin does not know the search term '\(word)'; it knows \(fields.joined(separator: ", "))",
                code: "BAD_REQUEST")
        }
        guard parts[0] != "email" || isQuoted else {
            throw GraphQLProblem("an e-mail must be quoted: email:\"jo@example.com\"", code: "BAD_REQUEST")
        }
        var value = parts[1]
        var operation = Operation.equal
        for candidate in [Operation.from, .upTo, .over, .under] where value.hasPrefix(candidate.rawValue) {
            operation = candidate
            value = value.dropFirst(candidate.rawValue.count)
            break
        }
        if parts[0].hasSuffix("_at") || parts[0].hasSuffix("_date"), TwinInstant(iso8601: String(value)) == nil {
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
        case "email": order.email?.lowercased() == term.value.lowercased()
        case "source_name": order.sourceName == term.value
        case "customer_id": order.customerID.map(String.init) == term.value
        case "cart_token": order.cartToken == term.value
        case "checkout_token": order.checkoutToken == term.value
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

    // MARK: Customers

    func matches(_ customer: ShopifyCustomer) -> Bool {
        terms.allSatisfy { Self.matches($0, customer) != $0.negated }
    }

    private static func matches(_ term: Term, _ customer: ShopifyCustomer) -> Bool {
        switch term.field {
        case "id": Int64(term.value).map { compare(customer.id, term.operation, $0) } ?? false
        case "email": customer.email?.lowercased() == term.value.lowercased()
        case "phone": customer.phone == term.value
        case "first_name": customer.firstName?.lowercased() == term.value.lowercased()
        case "last_name": customer.lastName?.lowercased() == term.value.lowercased()
        case "tag": customer.tags.contains(term.value)
        case "state": customer.state == term.value.lowercased()
        case "customer_date": compare(customer.createdAt.microseconds, term)
        default: compareDays(customer.updatedAt, term)
        }
    }

    /// `updated_at` of customers "matches a whole day": the time of day on either side does not count
    /// (docs/vendors/shopify.md, Reads: pages and search). So `>` leaves out what changed later on the same day, and a
    /// client must overlap.
    private static func compareDays(_ value: TwinInstant, _ term: Term) -> Bool {
        guard let wanted = TwinInstant(iso8601: term.value) else { return false }
        return compare(
            value.seconds.floorDivided(by: 86_400), term.operation, wanted.seconds.floorDivided(by: 86_400))
    }

    // MARK: Products

    func matches(_ product: ShopifyProduct, _ variants: [ShopifyVariant]) -> Bool {
        terms.allSatisfy { Self.matches($0, product, variants) != $0.negated }
    }

    private static func matches(_ term: Term, _ product: ShopifyProduct, _ variants: [ShopifyVariant]) -> Bool {
        switch term.field {
        case "id": Int64(term.value).map { compare(product.id, term.operation, $0) } ?? false
        case "variant_id": variants.contains { String($0.id) == term.value }
        case "title": product.title.lowercased() == term.value.lowercased()
        case "handle": product.handle == term.value
        case "vendor": product.vendor == term.value
        case "product_type": product.productType == term.value
        case "status": term.value.lowercased().split(separator: ",").contains { $0 == product.status }
        case "tag": product.tags.contains(term.value)
        case "sku": variants.contains { $0.sku == term.value }
        case "barcode": variants.contains { $0.barcode == term.value }
        case "created_at": compare(product.createdAt.microseconds, term)
        default: compare(product.updatedAt.microseconds, term)
        }
    }

    // MARK: Comparisons

    static func compare(_ value: Int64, _ term: Term) -> Bool {
        guard let wanted = TwinInstant(iso8601: term.value) else { return false }
        return compare(value, term.operation, wanted.microseconds)
    }

    static func compare(_ value: Int64, _ operation: Operation, _ wanted: Int64) -> Bool {
        switch operation {
        case .equal: value == wanted
        case .over: value > wanted
        case .from: value >= wanted
        case .under: value < wanted
        case .upTo: value <= wanted
        }
    }
}
