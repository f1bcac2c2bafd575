public import Commerce
public import Sync
public import Transport

/// One Shopify shop: webhooks in, set-based reads over GraphQL out. Pure.
///
/// What it guarantees: an admitted webhook was signed by the shop's secret over exactly its bytes; a thing read and
/// the same thing received are one value where both tell it; nothing unreadable is guessed. What it costs: one read for
/// each edit, refund and parcel whose whole order does not arrive by itself, and for each product of many variants.
public struct ShopifySource: Source {
    public private(set) var login: ShopifyLogin

    public init(configuration: ShopifyConfiguration) { login = ShopifyLogin(configuration) }

    public var configuration: ShopifyConfiguration { login.configuration }
    public var connection: String { configuration.connection }
    public var bodyBytesMax: Int { configuration.bodyBytesMax }

    public func preparation(at now: Instant) -> HTTPRequest? { login.preparation(at: now) }
    public mutating func prepared(_ outcome: HTTPOutcome, at now: Instant) -> Preparation {
        login.prepared(outcome, at: now)
    }
    public mutating func forgetPreparation() { login.forget() }

    func key(_ kind: EntityKind, _ id: String) -> EntityKey { EntityKey(connection: connection, kind: kind, id: id) }
    func key(order id: String) -> EntityKey { key(.order, id) }
    /// A cart's token and that of a checkout could be the same text.
    func key(cart token: String) -> EntityKey { key(.cart, "cart-\(token)") }
    func key(checkout token: String) -> EntityKey { key(.cart, "checkout-\(token)") }
}
