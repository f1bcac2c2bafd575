public import Sync

/// What the configuration says about one shop (docs/configuration.md, Connections).
public struct ShopifyConfiguration: Sendable, Hashable {
    /// The connection's name.
    public var connection: String
    /// `acme.myshopify.com`
    public var shop: String
    /// `2026-04`; each version lives at least twelve months (docs/vendors/shopify.md, Versions).
    public var apiVersion: String
    public var credentials: ShopifyCredentials
    /// Two while a client secret is being rotated: Shopify may sign with the old one for an hour
    /// (docs/vendors/shopify.md, Webhooks: signature and headers).
    public var webhookSecrets: [String]
    public var bodyBytesMax: Int
    /// Kinds whose changes are polled for; those that no read can bring are passed over.
    public var polledKinds: Set<EntityKind>

    public init(
        connection: String, shop: String, apiVersion: String = "2026-04", credentials: ShopifyCredentials,
        webhookSecrets: [String], bodyBytesMax: Int = 2 * 1_024 * 1_024,
        polledKinds: Set<EntityKind> = [.customer, .order, .product]
    ) {
        self.connection = connection
        self.shop = shop
        self.apiVersion = apiVersion
        self.credentials = credentials
        self.webhookSecrets = webhookSecrets
        self.bodyBytesMax = bodyBytesMax
        self.polledKinds = polledKinds
    }
}

/// Never the secrets.
extension ShopifyConfiguration: CustomStringConvertible, CustomReflectable {
    public var description: String { "configuration of \(connection)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
