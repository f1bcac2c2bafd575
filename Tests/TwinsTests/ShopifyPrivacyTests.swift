import JSON
import Testing

@testable import Twins

@Suite("Shopify twin: privacy requests")
struct ShopifyPrivacyTests {
    @Test("a request for a copy names the customer and their orders, and goes to the app's address once")
    func dataRequest() throws {
        var fixture = ShopifyFixture()
        let placed = try fixture.act(#"{"do":"place_order","email":"jo@example.com","lines":[{"sku":"MUG-WHITE"}]}"#)
        fixture.deliver()
        let asked = try fixture.act(#"{"do":"privacy_request","kind":"data_request","customer":"jo@example.com"}"#)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["customers/data_request"])
        #expect(hooks.first?.address == ShopifyFixture.address)
        let body = try #require(hooks.first?.json)
        #expect(body["shop_domain"] == "acme.myshopify.com" && body["shop_id"]?.int64 != nil)
        #expect(body.at("customer.id") == placed.at("ids.customer") && body.at("customer.email") == "jo@example.com")
        #expect(body["orders_requested"] == .array([placed.at("ids.order") ?? .null]))
        #expect(body.at("data_request.id") == asked.at("ids.request"))
    }

    @Test("a request to erase may name a customer whom the shop has forgotten, or the whole shop")
    func redact() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"privacy_request","kind":"redact","customer":77}"#)
        try fixture.act(#"{"do":"privacy_request","kind":"shop_redact"}"#)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["customers/redact", "shop/redact"])
        #expect(hooks[0].json["customer"] == ["id": 77, "email": .null, "phone": .null])
        #expect(hooks[0].json["orders_to_redact"] == [])
        #expect(Set(try #require(hooks[1].json.object).keys) == ["shop_domain", "shop_id"])
        try fixture.refused(#"{"do":"privacy_request","kind":"redact"}"#)
        try fixture.refused(#"{"do":"privacy_request","kind":"forget","customer":77}"#)
    }

    @Test("nobody can subscribe to them, and without any subscription there is no address")
    func address() throws {
        var fixture = ShopifyFixture(subscribed: false)
        try fixture.refused(#"{"do":"privacy_request","kind":"shop_redact"}"#)
        for topic in ShopifyTopics.privacy {
            try fixture.refused(#"{"do":"subscribe","address":"https://a.example.test","topics":["\#(topic)"]}"#)
            #expect(ShopifyTopics.topic(enumName: ShopifyTopics.enumName(topic)) == nil)
        }
    }

    @Test("a request that nobody takes is repeated, and costs no subscription")
    func retries() throws {
        var fixture = ShopifyFixture()
        let count = try fixture.state()["subscriptions"]?.array?.count
        try fixture.act(#"{"do":"privacy_request","kind":"shop_redact"}"#)
        for _ in 0..<12 {
            fixture.deliver(status: 500)
            fixture.wait(10_000)
        }
        #expect(try fixture.state().at("webhooks.gave_up") == 1)
        #expect(try fixture.state()["subscriptions"]?.array?.count == count)
    }
}
