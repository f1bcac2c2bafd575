import Foundation
import JSON
import Vault

/// A webhook that a test signs itself, as Shopify would.
struct Hook: Sendable {
    var topic: String
    var body: [UInt8]
    /// `X-Shopify-Webhook-Id`: the same at every attempt.
    var id: String
    var signature: String?

    init(_ topic: String, _ body: [UInt8], id: String, secret: String = TestInstallation.secret) {
        self.topic = topic
        self.body = body
        self.id = id
        signature = Data(HMACSHA256.code(key: Array(secret.utf8), message: body)).base64EncodedString()
    }

    var headers: [(String, String)] {
        var headers = [
            ("Content-Type", "application/json"), ("X-Shopify-Topic", topic), ("X-Shopify-Webhook-Id", id),
            ("X-Shopify-Event-Id", "event-\(id)"), ("X-Shopify-Shop-Domain", TestInstallation.shopDomain),
            ("X-Shopify-API-Version", "2026-04"),
        ]
        if let signature { headers.append(("X-Shopify-Hmac-Sha256", signature)) }
        return headers
    }

    func send(to installation: TestInstallation, connection: String = "shop") async throws -> Web.Answer {
        try await Web.send("POST", "\(installation.address)/webhooks/\(connection)", headers: headers, body: body)
    }

    /// The body of `orders/paid` of an order with one line of `pence`, that only this test knows.
    static func paidOrder(id: Int64, customer: Int64, pence: Int, at time: Date) -> [UInt8] {
        let price = "\(pence / 100).\(String(pence % 100 + 100).dropFirst())"
        let instant = time.ISO8601Format()
        // Their record is as new as the order, so they have no past to ask for.
        let person: JSON = [
            "id": JSON(customer), "email": .string("buyer\(customer)@example.test"),
            "created_at": .string(instant),
        ]
        let line: JSON = [
            "id": JSON(id + 500_000), "title": "Tee", "sku": "TEE-RED-M", "quantity": 1, "current_quantity": 1,
            "price": .string(price), "discount_allocations": [], "product_id": 7, "variant_id": 8,
        ]
        let order: JSON = [
            "id": JSON(id), "name": .string("#T\(id % 1_000_000)"), "created_at": .string(instant),
            "updated_at": .string(instant), "processed_at": .string(instant), "currency": "GBP",
            "presentment_currency": "GBP", "financial_status": "paid", "taxes_included": true, "test": false,
            "tags": "", "email": .string("buyer\(customer)@example.test"), "phone": .null, "customer": person,
            "current_total_price": .string(price), "current_subtotal_price": .string(price),
            "current_total_tax": "0.00", "current_total_discounts": "0.00", "total_price": .string(price),
            "line_items": [line], "shipping_lines": [], "fulfillments": [], "refunds": [], "discount_codes": [],
            "shipping_address": .null, "note_attributes": [],
        ]
        return order.encoded()
    }
}
