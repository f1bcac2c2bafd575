/// The topics that tell about orders (apis/shopify.md 2.5).
public enum ShopifyTopic: String, Sendable, CaseIterable {
    case ordersCreate = "orders/create", ordersUpdated = "orders/updated", ordersPaid = "orders/paid"
    case ordersCancelled = "orders/cancelled", ordersFulfilled = "orders/fulfilled"
    case ordersPartiallyFulfilled = "orders/partially_fulfilled"
    case ordersEdited = "orders/edited", ordersDelete = "orders/delete"
    case refundsCreate = "refunds/create"
    case fulfillmentsCreate = "fulfillments/create", fulfillmentsUpdate = "fulfillments/update"

    /// `ORDERS_CREATE`: upper case with `_` for `/` (apis/shopify.md 2.4).
    public var graphQLName: String { rawValue.uppercased().split(separator: "/").joined(separator: "_") }
}
