import Sync

/// The topics that tell about orders, customers and their consent, baskets and products (docs/vendors/shopify.md,
/// Webhooks: topics).
public enum ShopifyTopic: String, Sendable, CaseIterable {
    case ordersCreate = "orders/create", ordersUpdated = "orders/updated", ordersPaid = "orders/paid"
    case ordersCancelled = "orders/cancelled", ordersFulfilled = "orders/fulfilled"
    case ordersPartiallyFulfilled = "orders/partially_fulfilled"
    case ordersEdited = "orders/edited", ordersDelete = "orders/delete"
    case refundsCreate = "refunds/create"
    case fulfillmentsCreate = "fulfillments/create", fulfillmentsUpdate = "fulfillments/update"
    case customersCreate = "customers/create", customersUpdate = "customers/update"
    case customersEnable = "customers/enable", customersDisable = "customers/disable"
    case customersDelete = "customers/delete", customersMerge = "customers/merge"
    case emailConsentUpdate = "customers_email_marketing_consent/update"
    /// Text messages, whatever its name says (docs/vendors/shopify.md, Consent).
    case smsConsentUpdate = "customers_marketing_consent/update"
    case checkoutsCreate = "checkouts/create", checkoutsUpdate = "checkouts/update"
    case checkoutsDelete = "checkouts/delete"
    case cartsCreate = "carts/create", cartsUpdate = "carts/update"
    case productsCreate = "products/create", productsUpdate = "products/update", productsDelete = "products/delete"

    /// Its payload is the whole order; all six have one shape.
    var isWholeOrder: Bool {
        switch self {
        case .ordersCreate, .ordersUpdated, .ordersPaid, .ordersCancelled, .ordersFulfilled, .ordersPartiallyFulfilled:
            true
        default: false
        }
    }

    /// `ORDERS_CREATE`: upper case with `_` for `/` (docs/vendors/shopify.md, Webhooks: subscriptions).
    public var graphQLName: String { rawValue.uppercased().split(separator: "/").joined(separator: "_") }
}
