import ArgumentParser
import Commerce
import Foundation
import JSON
import NIOCore
import Server
import Transport
import Twins
import Vault

/// Whose orders they are.
enum BenchBuyers: String, ExpressibleByArgument, CaseIterable, Sendable { case new, known }

/// Orders as the simulated shop sends them, prepared before the clock starts.
struct BenchOrders {
    static let secret = "bench-secret"
    /// Buyers who share all orders where they are known.
    static let knownBuyers = 20
    /// From one order of a buyer to their next, where they are known.
    private static let minutesBetweenOrders: Int64 = 3 * 24 * 60

    /// Bodies of `orders/create`, about 6 KB each: different orders with one line each.
    let bodies: [[UInt8]]
    /// The shop's ids of the same orders.
    let ids: [String]

    /// - Parameters:
    ///   - count: how many different orders.
    ///   - buyers: how many place them in turn; `nil`: each is of a buyer of its own.
    init(count: Int, buyers: Int? = nil) {
        // A buyer does not order twice within the time in which one order may stand for another.
        let spacing: TimeSpan = buyers.map { .minutes(Self.minutesBetweenOrders / Int64($0)) } ?? .zero
        self.init(count: count, spacing: spacing) { number in
            ["email": .string("shopper\(buyers.map { number % $0 } ?? number)@example.test")]
        }
    }

    /// - Parameters:
    ///   - spacing: from one order to the next, into the future.
    ///   - details: what the action `place_order` is told of order n beside its line.
    init(count: Int, spacing: TimeSpan = .zero, _ details: (Int) -> JSONObject) {
        var settings = ShopifyTwinSettings(accessToken: "bench-token", webhookSecret: Self.secret)
        settings.domain = "acme.myshopify.com"
        let hmac: TwinHMAC = { _, _ in [] }
        var shop = ShopifyTwin(settings, subscriberAddress: "http://127.0.0.1/webhooks/shop", hmac: hmac)
        var random = TwinRandom(seed: 1)
        // Slightly in the future, so that no order is older than the baseline instant of its flow.
        let start = ServerClock.wall.now() + .minutes(10)
        var bodies: [[UInt8]] = []
        var ids: [String] = []
        for number in 0..<count {
            let now = TwinInstant(microseconds: start.microseconds + Int64(number) * spacing.microseconds)
            var action: JSONObject = [
                "do": "place_order", "shipping": "4.95", "lines": [["sku": "TEE-RED-M", "quantity": 2]],
            ]
            for detail in details(number).members { action[detail.key] = detail.value }
            let reply = shop.handle(
                HTTPRequest(
                    method: "POST", path: "/_twin/act", headers: ["Content-Type": "application/json"],
                    body: JSON.object(action).encoded()), now: now, random: &random)
            ids.append(Self.orderID(in: reply))
            for hook in shop.due(now: now, random: &random) {
                if hook.request.headers["X-Shopify-Topic"] == "orders/create" { bodies.append(hook.request.body) }
                shop.delivered(hook.id, status: 200, now: now, random: &random)
            }
        }
        self.bodies = bodies
        self.ids = ids
    }

    init(count: Int, _ buyers: BenchBuyers) {
        self.init(count: count, buyers: buyers == .known ? Self.knownBuyers : nil)
    }

    private static func orderID(in reply: TwinReply) -> String {
        let answer = (reply.response?.body).flatMap { try? JSON.parse($0) }
        return answer?["ids"]?["order"]?.int64.map(String.init) ?? ""
    }

    /// What a destination calls an order.
    static func purchaseID(_ id: String) -> String { "shop-\(id)" }

    var averageBytes: Int { bodies.isEmpty ? 0 : bodies.reduce(0) { $0 + $1.count } / bodies.count }

    /// Webhook requests, signed.
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
