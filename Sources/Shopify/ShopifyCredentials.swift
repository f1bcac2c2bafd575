/// How an app proves to a shop who it is (docs/vendors/shopify.md, Access tokens).
public enum ShopifyCredentials: Sendable, Hashable {
    /// The token of an app that was made in the shop's admin. It is valid until it is revoked.
    case token(String)
    /// An app of the Dev Dashboard, which has nothing else: Shopify gives it tokens that live a day. The secret signs
    /// webhooks too.
    case client(id: String, secret: String)

    /// The keys of the configuration that hold them.
    public var keys: String {
        switch self {
        case .token: "access_token"
        case .client: "client_id and client_secret"
        }
    }
}

/// Never the secrets.
extension ShopifyCredentials: CustomStringConvertible, CustomReflectable {
    public var description: String { "credentials from \(keys)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
