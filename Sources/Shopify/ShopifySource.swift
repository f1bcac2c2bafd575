public import Sync

/// One Shopify shop: web hooks in, set-based reads over GraphQL out. Pure.
///
/// What it guarantees: an admitted web hook was signed by the shop's secret over exactly its bytes; an order read and
/// an order received are the same value; nothing unreadable is guessed. What it costs: one read for each edit, refund
/// and parcel whose whole order does not arrive by itself.
public struct ShopifySource: Source {
    public let configuration: ShopifyConfiguration

    public init(configuration: ShopifyConfiguration) { self.configuration = configuration }

    public var connection: String { configuration.connection }
    public var bodyBytesMax: Int { configuration.bodyBytesMax }

    func key(order id: String) -> EntityKey { EntityKey(connection: connection, kind: .order, id: id) }
}
