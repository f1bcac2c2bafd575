import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: carts and checkouts")
struct ShopifyCartTests {
    @Test("a cart is created, changed by its token and emptied, with UTC times and nobody in it")
    func cart() throws {
        var fixture = ShopifyFixture()
        let token = try #require(
            try fixture.act(#"{"do":"cart","lines":[{"sku":"MUG-WHITE","quantity":2}],"email":"jo@example.com"}"#).at(
                "ids.cart")?.string)
        fixture.wait(5)
        try fixture.act(#"{"do":"cart","token":"\#(token)","lines":[{"sku":"TEE-RED-M","quantity":3}]}"#)
        try fixture.act(#"{"do":"cart","token":"\#(token)","lines":[]}"#)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["carts/create", "carts/update", "carts/update"])
        #expect(hooks.allSatisfy { $0.json["token"]?.string == token && $0.json["id"]?.string == token })
        #expect(hooks[1].json["created_at"] == "2026-11-21T10:00:00.000Z")
        #expect(hooks[1].json["updated_at"] == "2026-11-21T10:00:05.000Z")
        #expect(hooks[1].json.at("line_items.0.title") == "Tee - Red / M")
        #expect(hooks[1].json.at("line_items.0.line_price") == "75.00")
        #expect(hooks[1].json.at("line_items.0.line_price_set.shop_money.currency_code") == "GBP")
        #expect(hooks[2].json["line_items"] == [])
        #expect(!hooks[0].request.bodyText.contains("jo@example.com"))
        #expect(try fixture.state().at("carts.0.email") == "jo@example.com")
        try fixture.refused(#"{"do":"cart","lines":[]}"#)
        try fixture.refused(#"{"do":"cart","lines":[{"sku":"NO-SUCH"}]}"#)
    }

    @Test("a checkout takes its cart's lines, makes a customer for its e-mail and keeps what is not given")
    func checkout() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"cart","token":"c1","lines":[{"sku":"MUG-WHITE","quantity":2}]}"#)
        fixture.deliver()
        try fixture.act(#"{"do":"checkout","token":"k1","cart_token":"c1"}"#)
        #expect(fixture.deliver().map(\.topic) == ["checkouts/create"])
        let customer = try fixture.act(
            #"""
            {"do":"checkout","token":"k1","email":"jo@example.com","shipping":"4.95","buyer_accepts_marketing":true}
            """#
        ).at("ids.customer")
        let hooks = fixture.deliver()
        #expect(
            hooks.map(\.topic) == [
                "checkouts/update", "customers_email_marketing_consent/update", "customers/create",
            ])
        let body = hooks[0].json
        #expect(body["token"] == "k1" && body["cart_token"] == "c1" && body["id"] == nil, "no id since 2026-04")
        #expect(body.at("customer.id") == customer && body.at("customer.state") == "disabled")
        #expect(body["total_line_items_price"] == "25.00" && body["total_price"] == "29.95")
        #expect(body["total_tax"] == "4.99", "4.17 of the mugs and 0.82 of the post are in it")
        #expect(body["completed_at"] == .null && body["buyer_accepts_marketing"] == true)
        try fixture.act(#"{"do":"checkout","token":"k1","email":"jo@example.com","note":"ring"}"#)
        #expect(fixture.deliver().map(\.topic) == ["checkouts/update"], "a known customer is not changed by it")
        try fixture.act(#"{"do":"checkout","lines":[{"sku":"MUG-WHITE"}],"email":"al@example.com","guest":true}"#)
        #expect(fixture.deliver().first?.json["customer"] == .null)
        try fixture.refused(#"{"do":"checkout","email":"jo@example.com"}"#)
    }

    @Test("an order completes its checkout, and has its lines, its person and both tokens")
    func order() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"cart","token":"c1","lines":[{"sku":"MUG-WHITE","quantity":2}]}"#)
        try fixture.act(
            #"{"do":"checkout","token":"k1","cart_token":"c1","email":"jo@example.com","shipping":"4.95"}"#)
        fixture.deliver()
        fixture.wait(60)
        try fixture.act(#"{"do":"place_order","checkout_token":"k1"}"#)
        let hooks = fixture.deliver()
        #expect(
            hooks.map(\.topic) == [
                "orders/create", "orders/updated", "orders/paid", "customers/update", "checkouts/update",
            ])
        let (order, checkout) = (hooks[0].json, hooks[4].json)
        #expect(order["checkout_token"] == "k1" && order["cart_token"] == "c1")
        #expect(order["email"] == "jo@example.com" && order.at("customer.email") == "jo@example.com")
        #expect(order["total_price"] == checkout["total_price"] && order["total_tax"] == checkout["total_tax"])
        #expect(checkout["completed_at"] == "2026-11-21T10:01:00+00:00")
        #expect(try fixture.order()["checkout_token"] == "k1")
        let found = try fixture.query(#"{orders(first:9,query:"cart_token:c1"){nodes{name}}}"#)
        #expect(found.at("data.orders.nodes.0.name") == "#1001")
        try fixture.refused(#"{"do":"place_order","checkout_token":"k1"}"#)
        try fixture.refused(#"{"do":"checkout","token":"k1","note":"late"}"#)
        try fixture.act(#"{"do":"place_order","cart_token":"c1","guest":true}"#)
        #expect(try fixture.order().at("lines.0.quantity") == 2)
        try fixture.act(#"{"do":"place_order","cart_token":"elsewhere","lines":[{"sku":"MUG-WHITE"}]}"#)
        #expect(try fixture.order()["cart_token"] == "elsewhere")
    }

    @Test("a merge takes the checkouts along")
    func merge() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"checkout","token":"k1","lines":[{"sku":"MUG-WHITE"}],"email":"jo@example.com"}"#)
        let kept = try fixture.act(#"{"do":"create_account","email":"al@example.com"}"#).at("ids.customer")
        try fixture.act(#"{"do":"merge_customers","keep":"al@example.com","remove":"jo@example.com"}"#)
        #expect(try fixture.state().at("checkouts.0.customer_id") == kept)
    }
}
