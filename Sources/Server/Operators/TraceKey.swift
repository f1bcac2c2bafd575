import Sync

/// What a person types to find a story: an order's id, name or GID, an e-mail, a customer id, a SKU, or anything that
/// an exception or a trace shows: an entity's key, an `event_key`, several of those with spaces between, a connection,
/// a flow.
struct TraceKey: Sendable {
    let text: String
    init(_ text: String) { self.text = text }

    /// Shown when nothing is known under a key.
    static let kinds =
        "A key is an order's name (#1001), id or GID, a purchase_id or event_key (shop-1001:purchase), an e-mail, a "
        + "customer's id, a SKU, a cart's token, any key that an exception or a trace shows (shop/order/1001, "
        + "acme/person/shop-order-1001), an exception's id, or the name of a connection or flow"

    /// The words of a text with spaces: some exceptions name two things, with a space between.
    var words: [String] {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        return words.count > 1 ? words : []
    }

    /// Keys that the text says by itself.
    func direct(flows: [Flow]) -> [EntityKey] {
        if let key = EntityKey(text) { return [key] }
        // An order that was only hinted at is known by its id alone, and so is a customer who only asked something.
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

    /// An `event_key` about a person begins with `person:` and the person's own part of the key, which may itself hold
    /// a colon; that part alone is a name too.
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

    /// What follows the id prefix in an `event_key` that is not about an order.
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

    /// Of what a number may be. A GID says which.
    private var kinds: [EntityKind] {
        guard text.hasPrefix("gid://") else { return [.order, .customer] }
        return text.contains("/Customer/") ? [.customer] : [.order]
    }

    /// A GID ends with the id: `gid://shopify/Order/5550000000000000001`, sometimes with a query.
    private var plainID: String {
        guard text.hasPrefix("gid://"), let last = text.split(separator: "/").last else { return text }
        return String(last.prefix { $0 != "?" })
    }

    /// Everything it could be the name of.
    func lookups(flows: [Flow]) -> [Lookup] {
        let value = plainID
        var lookups = Lookup.Kind.allCases.filter { $0 != .person }.map { Lookup($0, value) }
        // People type an order's name with and without its mark.
        if !value.hasPrefix("#") { lookups.append(Lookup(.name, "#" + value)) }
        // A checkout's events bear the token of the cart that it began from.
        lookups += candidates(flows: flows).filter { $0.kind == .cart }.map { Lookup(.cart, $0.id) }
        return lookups
    }
}
