import Sync

/// What a person types to find a story: an order's id, name or GID, an e-mail, a customer id, a SKU, an entity's key
/// or a purchase id (`shop-1001`, `shop-1001:purchase`).
struct TraceKey: Sendable {
    let text: String
    init(_ text: String) { self.text = text }

    /// Keys that the text says by itself.
    func direct(flows: [Flow]) -> [EntityKey] {
        if let key = EntityKey(text) { return [key] }
        // An order that was only hinted at is known by its id alone, and so is a customer who only asked something.
        let id = plainID
        if !id.isEmpty, id.allSatisfy({ $0.isASCII && $0.isNumber }) {
            let connections = Set(flows.map(\.source)).sorted()
            return kinds.flatMap { kind in connections.map { EntityKey(connection: $0, kind: kind, id: id) } }
        }
        let purchase = text.split(separator: ":", maxSplits: 1).first.map(String.init) ?? text
        return flows.compactMap { flow in
            let prefix = flow.idPrefix + "-"
            guard purchase.hasPrefix(prefix), purchase.count > prefix.count else { return nil }
            return EntityKey(connection: flow.source, kind: .order, id: String(purchase.dropFirst(prefix.count)))
        }
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
    var lookups: [Lookup] {
        let value = plainID
        var lookups = Lookup.Kind.allCases.filter { $0 != .person }.map { Lookup($0, value) }
        // People type an order's name with and without its mark.
        if !value.hasPrefix("#") { lookups.append(Lookup(.name, "#" + value)) }
        return lookups
    }
}
