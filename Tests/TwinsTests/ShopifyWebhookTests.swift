import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: webhooks")
struct ShopifyWebhookTests {
    /// Of a guest, so that only the order's own topics are fired.
    static let place = #"{"do":"place_order","lines":[{"sku":"MUG-WHITE"}],"guest":true}"#

    @Test("a delivery carries the headers of Shopify and a signature over its exact bytes")
    func headers() throws {
        var fixture = ShopifyFixture()
        let event = try fixture.act(Self.place).at("event_ids.0")?.string
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["orders/create", "orders/updated", "orders/paid"])
        let hook = try #require(hooks.first)
        let headers = hook.request.headers
        #expect(headers["X-Shopify-Event-Id"] == event)
        #expect(headers["x-shopify-shop-domain"] == "acme.myshopify.com")
        #expect(headers["X-Shopify-API-Version"] == "2026-04")
        #expect(headers["X-Shopify-Triggered-At"] == "2026-11-21T10:00:00.000000Z")
        #expect(
            headers["X-Shopify-Hmac-Sha256"] == base64(ShopifyFixture.hmac(Array("secret".utf8), hook.request.body)))
        #expect(hook.request.path == "/webhooks/shop")
        #expect(hook.timeoutMilliseconds == 5_000)
        #expect(base64(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
    }

    @Test(
        "a failed delivery is retried with its original payload, and the eighth failed retry deletes the subscription")
    func retries() throws {
        var fixture = ShopifyFixture(subscribed: false)
        try fixture.act(#"{"do":"subscribe","address":"https://sync.example.test/w","topics":["orders/create"]}"#)
        try fixture.act(Self.place)
        let first = try #require(fixture.deliver(status: 500).first)
        try fixture.act(##"{"do":"update_order","order":"#1001","note":"changed"}"##)
        let started = fixture.now
        for retry in 1...8 {
            #expect(try fixture.state()["subscriptions"]?.array?.count == 1)
            fixture.now = try #require(fixture.twin.nextDue)
            let again = try #require(fixture.deliver(status: retry == 3 ? 302 : nil).first)
            #expect(again.request.body == first.request.body)
            #expect(again.request.headers == first.request.headers)
            #expect(again.id != first.id)
        }
        #expect(fixture.now == started.advanced(seconds: 14_400))
        #expect(fixture.twin.nextDue == nil)
        #expect(try fixture.state()["subscriptions"] == [])
    }

    @Test("retries are compressed by configuration, and a success in between saves the subscription")
    func compressed() throws {
        var fixture = ShopifyFixture(subscribed: false) { $0.retryScaleMillionths = 1_000 }
        try fixture.act(#"{"do":"subscribe","address":"https://sync.example.test/w","topics":["orders/create"]}"#)
        try fixture.act(Self.place)
        fixture.deliver(status: 503)
        #expect(fixture.twin.nextDue == fixture.now.advanced(microseconds: 10_000))
        fixture.wait(1)
        try fixture.act(Self.place)
        let hooks = fixture.twin.due(now: fixture.now, random: &fixture.random)
        #expect(hooks.count == 2)
        for hook in hooks {
            let fails = hook.json["name"] == "#1001"
            fixture.twin.delivered(hook.id, status: fails ? 503 : 200, now: fixture.now, random: &fixture.random)
        }
        for _ in 0..<8 {
            fixture.wait(3_600)
            fixture.deliver(status: 503)
        }
        #expect(try fixture.state().at("webhooks.gave_up") == 1)
        #expect(try fixture.state()["subscriptions"]?.array?.count == 1)
    }

    @Test("A2 faults: a duplicate has the same Webhook-Id, a dropped hook never comes, a delayed one comes later")
    func faults() throws {
        var fixture = ShopifyFixture()
        func fault(_ body: String) { #expect(fixture.send("POST", "/_twin/faults", body).response?.status == 200) }
        fault(#"{"target":"webhooks","kind":"duplicate","rate":1}"#)
        try fixture.act(Self.place)
        let doubled = fixture.deliver()
        #expect(doubled.count == 6)
        #expect(Set(doubled.compactMap { $0.request.headers["X-Shopify-Webhook-Id"] }).count == 3)
        #expect(fixture.send("DELETE", "/_twin/faults").response?.status == 200)
        fault(#"{"target":"webhooks","kind":"drop"}"#)
        try fixture.act(Self.place)
        #expect(fixture.deliver().isEmpty && fixture.twin.nextDue == nil)
        _ = fixture.send("DELETE", "/_twin/faults")
        fault(#"{"target":"webhooks","kind":"delay","seconds":30,"until":5}"#)
        try fixture.act(Self.place)
        #expect(fixture.deliver().isEmpty)
        fixture.wait(30)
        #expect(fixture.deliver().count == 3)
        try fixture.act(Self.place)
        #expect(fixture.deliver().count == 3, "the fault ended by itself")
        let refused = fixture.send("POST", "/_twin/faults", #"{"target":"webhooks","kind":"explode"}"#).response
        #expect(refused?.status == 400)
    }

    @Test("a redacted payload lacks the person but keeps the trade")
    func redaction() throws {
        var fixture = ShopifyFixture()
        _ = fixture.send("POST", "/_twin/faults", #"{"target":"webhooks","kind":"redact"}"#)
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"MUG-WHITE"}],"email":"jo@example.com",
             "buyer_accepts_marketing":true}
            """#
        )
        let hooks = fixture.deliver()
        let order = try #require(hooks.first?.json.object)
        #expect(order["email"] == nil && order["phone"] == nil)
        #expect(order["shipping_address"]?.object?.keys.contains("address1") == false)
        #expect(order["shipping_address"]?["country_code"] == "GB")
        #expect(order["total_price"] == "12.50")
        #expect(hooks.map(\.topic).suffix(2) == ["customers_email_marketing_consent/update", "customers/create"])
        for hook in hooks { #expect(!hook.request.bodyText.contains("jo@example.com"), "\(hook.topic)") }
        let customer = try #require(hooks.last?.json)
        #expect(
            customer.at("addresses.0")?.object?.keys.sorted() == [
                "country", "country_code", "province", "province_code",
            ])
    }

    @Test("actions in one second share updated_at; time can be advanced")
    func seconds() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.place)
        fixture.now = fixture.now.advanced(microseconds: 400_000)
        try fixture.act(##"{"do":"update_order","order":"#1001","note":"a"}"##)
        let times = fixture.deliver().map { $0.json["updated_at"] }
        #expect(Set(times) == ["2026-11-21T10:00:00+00:00"])
        _ = fixture.send("POST", "/_twin/time", #"{"advance":86400}"#)
        try fixture.act(##"{"do":"update_order","order":"#1001","note":"b"}"##)
        #expect(fixture.twin.nextDue == fixture.now)
        #expect(fixture.deliver().first?.json["updated_at"] == "2026-11-22T10:00:00+00:00")
    }

    @Test("same seed and same calls give the same bytes")
    func determinism() throws {
        func run() throws -> [[UInt8]] {
            var fixture = ShopifyFixture(seed: 42)
            _ = fixture.send(
                "POST", "/_twin/faults", #"{"target":"webhooks","kind":"reorder","rate":"0.5","seconds":9}"#)
            _ = fixture.send("POST", "/_twin/faults", #"{"target":"webhooks","kind":"duplicate","rate":0.3}"#)
            var bytes: [[UInt8]] = []
            for _ in 0..<20 {
                try bytes.append(fixture.act(Self.place).encoded())
                fixture.wait(2)
                for hook in fixture.deliver(status: bytes.count % 3 == 0 ? 500 : 200) {
                    bytes.append(hook.request.body)
                    bytes.append(hook.request.headers.fields.flatMap { Array(($0.name + $0.value).utf8) })
                }
            }
            bytes.append(try fixture.state().encoded())
            return bytes
        }
        #expect(try run() == run())
    }
}
