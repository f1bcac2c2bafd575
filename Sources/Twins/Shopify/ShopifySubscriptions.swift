import JSON

/// A webhook subscription made through the API. Declared ones (TOML) are never deleted; these are
/// (docs/vendors/shopify.md, Webhooks: subscriptions).
struct ShopifySubscription: Sendable, Hashable {
    var id: Int64
    /// `orders/create`
    var topic: String
    var address: String
    var name: String?
    var createdAt: TwinInstant
    /// Sequence of the last success, so that "consecutive" can be told.
    var lastSuccess: Int64 = 0

    var gid: String { "gid://shopify/WebhookSubscription/\(id)" }
}

/// Topics by their GraphQL enum names (`/` and `.` become `_`).
enum ShopifyTopics {
    /// What the twin really fires.
    static let fired = [
        "orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/fulfilled",
        "orders/partially_fulfilled", "orders/edited", "orders/delete", "refunds/create", "fulfillments/create",
        "fulfillments/update", "customers/create", "customers/update", "customers/delete", "customers/merge",
        "customers_email_marketing_consent/update", "customers_marketing_consent/update", "products/create",
        "products/update", "products/delete", "carts/create", "carts/update", "checkouts/create", "checkouts/update",
    ]
    /// May be subscribed to, never fires (docs/vendors/shopify.md, Webhooks: topics).
    static let silent = [
        "order_transactions/create", "returns/request", "returns/approve", "returns/update", "returns/close",
        "customers/enable", "customers/disable", "customer.tags_added", "customer.tags_removed",
        "customers/purchasing_summary", "checkouts/delete", "inventory_levels/update",
        "fulfillment_orders/placed_on_hold", "fulfillment_orders/hold_released", "fulfillment_orders/moved",
        "fulfillment_orders/split", "fulfillment_orders/cancelled", "bulk_operations/finish", "app/uninstalled",
        "app/scopes_update", "shop/update",
    ]
    /// Declared in the file of an app: the API neither lists them nor subscribes to them.
    static let privacy = ["customers/data_request", "customers/redact", "shop/redact"]
    static let all = fired + silent

    static func enumName(_ topic: String) -> String {
        String(topic.uppercased().map { $0 == "/" || $0 == "." ? "_" : $0 })
    }
    static func topic(enumName: String) -> String? { all.first { Self.enumName($0) == enumName } }
}
