/// The documents of `Sources/Shopify/GraphQL`, each whole in itself: exactly the bytes that are checked against the
/// stored schema are sent.
enum GraphQLDocument: String, CaseIterable {
    case ordersByID = "OrdersByID", ordersChanged = "OrdersChanged"
    case customersByID = "CustomersByID", customersChanged = "CustomersChanged"
    case productsByID = "ProductsByID", productsChanged = "ProductsChanged", appAccess = "AppAccess"
    case webhookSubscriptions = "WebhookSubscriptions", webhookSubscriptionCreate = "WebhookSubscriptionCreate"

    var text: String {
        let bytes =
            switch self {
            case .ordersByID: PackageResources.OrdersByID_graphql
            case .ordersChanged: PackageResources.OrdersChanged_graphql
            case .customersByID: PackageResources.CustomersByID_graphql
            case .customersChanged: PackageResources.CustomersChanged_graphql
            case .productsByID: PackageResources.ProductsByID_graphql
            case .productsChanged: PackageResources.ProductsChanged_graphql
            case .appAccess: PackageResources.AppAccess_graphql
            case .webhookSubscriptions: PackageResources.WebhookSubscriptions_graphql
            case .webhookSubscriptionCreate: PackageResources.WebhookSubscriptionCreate_graphql
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}
