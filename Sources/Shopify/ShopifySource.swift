public import Sync

/// One Shopify shop: webhooks in, set-based reads over GraphQL out. Pure.
///
/// What it guarantees: an admitted webhook was signed by the shop's secret over exactly its bytes; a thing read and
/// the same thing received are one value where both tell it; nothing unreadable is guessed. What it costs: one read for
/// each edit, refund and parcel whose whole order does not arrive by itself, and for each product of many variants.
public struct ShopifySource: Source {
    public let configuration: ShopifyConfiguration

    public init(configuration: ShopifyConfiguration) { self.configuration = configuration }

    public var connection: String { configuration.connection }
    public var bodyBytesMax: Int { configuration.bodyBytesMax }

    func key(_ kind: EntityKind, _ id: String) -> EntityKey { EntityKey(connection: connection, kind: kind, id: id) }
    func key(order id: String) -> EntityKey { key(.order, id) }
    /// A cart's token and that of a checkout could be the same text.
    func key(cart token: String) -> EntityKey { key(.cart, "cart-\(token)") }
    func key(checkout token: String) -> EntityKey { key(.cart, "checkout-\(token)") }
}
