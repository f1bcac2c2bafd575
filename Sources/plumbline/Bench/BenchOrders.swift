import Commerce
import Foundation
import JSON
import NIOCore
import Server
import Transport
import Twins
import Vault

/// Orders as the simulated shop sends them, prepared before the clock starts.
struct BenchOrders {
    static let secret = "bench-secret"

    /// Bodies of `orders/create`, about 6 KB each: different orders of guests, with one line each.
    let bodies: [[UInt8]]

    /// - Parameter count: how many different orders.
    init(count: Int) {
        var settings = ShopifyTwinSettings(accessToken: "bench-token", webhookSecret: Self.secret)
        settings.domain = "acme.myshopify.com"
        let hmac: TwinHMAC = { _, _ in [] }
        var shop = ShopifyTwin(settings, subscriberAddress: "http://127.0.0.1/webhooks/shop", hmac: hmac)
        var random = TwinRandom(seed: 1)
        // Slightly in the future, so that no order is older than the baseline instant of its flow.
        let now = TwinInstant(microseconds: (ServerClock.wall.now() + .minutes(10)).microseconds)
        var bodies: [[UInt8]] = []
        for number in 0..<count {
            let action: JSON = [
                "do": "place_order", "shipping": "4.95",
                "email": .string("shopper\(number)@example.test"),
                "lines": [["sku": "TEE-RED-M", "quantity": 2]],
            ]
            _ = shop.handle(
                HTTPRequest(
                    method: "POST", path: "/_twin/act", headers: ["Content-Type": "application/json"],
                    body: action.encoded()), now: now, random: &random)
            for hook in shop.due(now: now, random: &random) {
                if hook.request.headers["X-Shopify-Topic"] == "orders/create" { bodies.append(hook.request.body) }
                shop.delivered(hook.id, status: 200, now: now, random: &random)
            }
        }
        self.bodies = bodies
    }

    var averageBytes: Int { bodies.isEmpty ? 0 : bodies.reduce(0) { $0 + $1.count } / bodies.count }

    /// Webhook requests, signed; `round` tells repeated orders apart by their delivery id.
    func requests(path: String) -> [ByteBuffer] {
        bodies.enumerated().map { index, body in Self.request(path: path, body: body, deliveryID: "bench-\(index)") }
    }

    static func request(path: String, body: [UInt8], deliveryID: String) -> ByteBuffer {
        let signature = Data(HMACSHA256.code(key: Array(secret.utf8), message: body)).base64EncodedString()
        var buffer = ByteBuffer()
        buffer.writeString(
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                + "X-Shopify-Topic: orders/create\r\nX-Shopify-Hmac-Sha256: \(signature)\r\n"
                + "X-Shopify-Shop-Domain: acme.myshopify.com\r\nX-Shopify-API-Version: 2026-04\r\n"
                + "X-Shopify-Webhook-Id: \(deliveryID)\r\nX-Shopify-Event-Id: \(deliveryID)-event\r\n"
                + "X-Shopify-Triggered-At: 2026-11-27T09:00:00.000000Z\r\nContent-Length: \(body.count)\r\n\r\n")
        buffer.writeBytes(body)
        return buffer
    }
}
