import Commerce
import JSON
import Sync

/// What people ask about their data. Shopify hands it on to each app that holds personal data
/// (docs/vendors/shopify.md, Privacy webhooks).
///
/// These topics are declared in the app's own file (`compliance_topics`): the API neither lists them nor subscribes to
/// them, so they are no ``ShopifyTopic``.
enum ShopifyPrivacyTopic: String, CaseIterable {
    case dataRequest = "customers/data_request"
    case customersRedact = "customers/redact"
    /// 48 hours after the app was uninstalled.
    case shopRedact = "shop/redact"

    /// Shopify requires that a request is completed within 30 days of its receipt.
    static let period = TimeSpan.days(30)
}

extension ShopifySource {
    /// A request must not be lost over a part that only describes it, so no more is insisted on than whose data it is.
    func privacyRequest(
        _ payload: Payload, _ topic: ShopifyPrivacyTopic, of receipt: Receipt
    ) throws(ShopifyError) -> PrivacyRequest {
        // One secret signs for all shops of an app, and no header is signed: the body says whose data it is.
        if let shop = try payload.text("shop_domain"), shop.lowercased() != configuration.shop.lowercased() {
            throw ShopifyError(.badField, at: payload.place("shop_domain"))
        }
        let dueAt = receipt.receivedAt + ShopifyPrivacyTopic.period
        if topic == .shopRedact {
            return PrivacyRequest(.erasure, connection: connection, customer: nil, dueAt: dueAt)
        }
        let customer = key(.customer, try payload.requiredChild("customer").requiredID("id", kind: "Customer"))
        switch topic {
        case .dataRequest:
            let number = payload.object["data_request"]?["id"].flatMap { ShopifyID.digits($0, kind: "DataRequest") }
            return PrivacyRequest(
                .access, connection: connection, customer: customer, number: number,
                orderCount: payload.object["orders_requested"]?.array?.count ?? 0, dueAt: dueAt)
        case .customersRedact, .shopRedact:
            return PrivacyRequest(
                .erasure, connection: connection, customer: customer,
                orderCount: payload.object["orders_to_redact"]?.array?.count ?? 0, dueAt: dueAt)
        }
    }

    /// Whose data a broken request is about, where that much can be told.
    func customer(in payload: Payload) -> EntityKey? {
        payload.object["customer"]?["id"].flatMap { ShopifyID.digits($0, kind: "Customer") }.map { key(.customer, $0) }
    }
}
