import Sync

/// What an operator types to find a trace: an order's id, name or GID, an e-mail, a customer id, a SKU, or anything
/// that an exception or a trace shows: an entity's key, an `event_key`, several of those separated by spaces, a
/// connection, a flow.
struct TraceKey: Sendable {
    let text: String
    init(_ text: String) { self.text = text }

    /// Shown if nothing is known about a key.
    static let kinds =
        "A key is an order's name (#1001), id or GID, a purchase_id or event_key (shop-1001:purchase), an e-mail, a "
        + "customer id, a SKU, a cart token, any key that an exception or a trace shows (shop/order/1001, "
        + "acme/person/shop-order-1001), an exception's id, or the name of a connection or flow"

    /// The words of a text with spaces: the subjects of some exceptions are two keys, or a key
    /// and a flow, separated by a space.
    var words: [String] {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        return words.count > 1 ? words : []
    }

    /// Keys that the text itself denotes.
    func direct(flows: [Flow]) -> [EntityKey] {
        if let key = EntityKey(text) { return [key] }
        // An order known only from a hint has nothing but its id, and so has the customer of a privacy request.
        let id = plainID
        if !id.isEmpty, id.allSatisfy({ $0.isASCII && $0.isNumber }) {
            let connections = Set(flows.map(\.source)).sorted()
            return kinds.flatMap { kind in connections.map { EntityKey(connection: $0, kind: kind, id: id) } }
        }
        return Self.people(in: text, flows) + flows.flatMap { Self.entities(in: text, $0) }
    }

    /// Keys of the text and of each of its words. Words that are only digits are ignored: names and SKUs contain them.
    func candidates(flows: [Flow]) -> [EntityKey] {
        var seen: Set<EntityKey> = []
        let parts = words.filter { !$0.allSatisfy(\.isNumber) }.map { TraceKey($0) } + [self]
        return parts.flatMap { $0.direct(flows: flows) }.filter { seen.insert($0).inserted }
    }

    /// An `event_key` about a person begins with `person:` and the id part of the person's key, which may itself
    /// contain a colon. That part alone is also accepted.
    private static func people(in text: String, _ flows: [Flow]) -> [EntityKey] {
        let prefix = "person:"
        var names = text.contains(":") ? [] : [text]
        if text.hasPrefix(prefix) {
            let rest = text.dropFirst(prefix.count)
            names = rest.indices.filter { rest[$0] == ":" }.map { String(rest[..<$0]) } + [String(rest)]
        }
        return Set(flows.map(\.brand)).sorted().flatMap { brand in
            names.map { EntityKey(connection: brand, kind: .person, id: $0) }
        }
    }

    /// The text after the id prefix in an `event_key` that is not about an order.
    private static let marks: [(mark: String, kind: EntityKind)] = [
        ("product:", .product), ("consent:", .customer), ("cart:", .cart), ("checkout:", .cart),
    ]

    private static func entities(in text: String, _ flow: Flow) -> [EntityKey] {
        let prefix = flow.idPrefix + "-"
        guard text.hasPrefix(prefix) else { return [] }
        let rest = text.dropFirst(prefix.count)
        let mark = marks.first { rest.hasPrefix($0.mark) }
        let id = rest.dropFirst(mark?.mark.count ?? 0).prefix { $0 != ":" }
        guard !id.isEmpty else { return [] }
        return [EntityKey(connection: flow.source, kind: mark?.kind ?? .order, id: String(id))]
    }

    /// The kinds of entity that a number may identify. A GID names its kind.
    private var kinds: [EntityKind] {
        guard text.hasPrefix("gid://") else { return [.order, .customer] }
        return text.contains("/Customer/") ? [.customer] : [.order]
    }

    /// A GID ends with the id: `gid://shopify/Order/5550000000000000001`, sometimes with a query.
    private var plainID: String {
        guard text.hasPrefix("gid://"), let last = text.split(separator: "/").last else { return text }
        return String(last.prefix { $0 != "?" })
    }

    /// Every name that the text may be.
    func lookups(flows: [Flow]) -> [Lookup] {
        let value = plainID
        var lookups = Lookup.Kind.allCases.filter { $0 != .person }.map { Lookup($0, value) }
        // Operators type an order's name with and without `#`.
        if !value.hasPrefix("#") { lookups.append(Lookup(.name, "#" + value)) }
        // A checkout's events carry the token of its cart.
        lookups += candidates(flows: flows).filter { $0.kind == .cart }.map { Lookup(.cart, $0.id) }
        return lookups
    }
}
