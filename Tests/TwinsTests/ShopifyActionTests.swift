import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: actions")
struct ShopifyActionTests {
    static let two = #"""
        {"do":"place_order","lines":[{"sku":"TEE-RED-M","quantity":2},{"sku":"CAP-BLACK"}],"shipping":"4.95"}
        """#

    @Test("a placed order is paid, worth its total and has ids beyond 2^53")
    func place() throws {
        var fixture = ShopifyFixture()
        let ids = try fixture.act(Self.two)["ids"]
        #expect(try #require(ids?["order"]?.int64) > 1 << 53)
        let order = try fixture.order()
        #expect(order["net_value"] == "72.95")
        #expect(order["financial_status"] == "paid")
        #expect(order["ever_paid"] == true)
    }

    @Test("E4 a swap is a removal and a new line in one edit, with a refund record without money")
    func swap() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        fixture.deliver()
        let ids = try fixture.act(
            ##"{"do":"swap_line","order":"#1001","remove_sku":"CAP-BLACK","add_sku":"MUG-WHITE","quantity":1}"##)
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["orders/edited", "refunds/create", "orders/updated"])
        #expect(Set(hooks.map { $0.request.headers["X-Shopify-Event-Id"] }).count == 1)
        #expect(Set(hooks.map { $0.request.headers["X-Shopify-Webhook-Id"] }).count == 3)
        let edit = try #require(hooks[0].json["order_edit"])
        let order = hooks[2].json
        let lines = try #require(order["line_items"]?.array)
        #expect(edit.at("line_items.removals.0.id") == lines[1]["id"])
        #expect(edit.at("line_items.additions.0.id") == lines[2]["id"])
        #expect(edit.at("line_items.additions.0.id") == ids.at("ids.lines.0"))
        #expect(lines[1]["quantity"] == 1 && lines[1]["current_quantity"] == 0)
        #expect(lines[2]["sku"] == "MUG-WHITE")
        #expect(order.at("refunds.0.transactions") == [])
        #expect(order.at("refunds.0.refund_line_items.0.restock_type") == "cancel")
        #expect(order["current_total_price"] == "67.45")
        #expect(order["total_outstanding"] == "-5.50")
        #expect(hooks[1].json == order.at("refunds.0"))
    }

    @Test("E1 a growing edit makes a paid order partially paid until it is paid")
    func grow() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","quantity":3}]}"##)
        #expect(try fixture.order()["financial_status"] == "partially_paid")
        #expect(try fixture.order()["outstanding"] == "25.00")
        fixture.deliver()
        try fixture.act(##"{"do":"pay","order":"#1001"}"##)
        #expect(fixture.deliver().map(\.topic) == ["orders/paid", "orders/updated"])
        #expect(try fixture.order()["net_value"] == "97.95")
    }

    @Test("money that settles a reducing edit has no adjustment; what goes beyond is an appeasement")
    func settle() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","quantity":1}]}"##)
        try fixture.act(##"{"do":"refund","order":"#1001","amount":"20.00"}"##)
        try fixture.act(##"{"do":"refund","order":"#1001","amount":"8.00"}"##)
        let order = try fixture.order()
        #expect(order.at("refunds.1.discrepancy") == "0.00")
        #expect(order.at("refunds.2.discrepancy") == "-3.00")
        #expect(order["current_total"] == "47.95", "an appeasement does not lower the current total")
        #expect(order["net_value"] == "44.95")
        #expect(order["outstanding"] == "0.00")
        let payload = fixture.deliver().last?.json
        #expect(payload?.at("refunds.2.order_adjustments.0.amount") == "-3.00")
        #expect(payload?.at("refunds.2.order_adjustments.0.kind") == "refund_discrepancy")
        #expect(payload?.at("refunds.1.order_adjustments") == [])
        #expect(payload?["financial_status"] == "partially_refunded")
    }

    @Test("returned goods lower the current total by what they cost, and all of it gives all money back")
    func returns() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3},{"sku":"CAP-BLACK"}],"shipping":"4.95",
             "discount":{"code":"TEN","amount":"10.00"},"presentment":{"currency":"EUR","rate":"1.1734"}}
            """#)
        try fixture.act(
            ##"{"do":"fulfil","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":2}],"tracking":"T1"}"##)
        try fixture.act(
            ##"{"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"amount":"5.00"}"##
        )
        #expect(try fixture.order().at("refunds.0.lines.0.restock_type") == "cancel")
        try fixture.act(
            #"""
            {"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":2},{"sku":"CAP-BLACK"}],
             "shipping":"4.95"}
            """#
        )
        let order = try fixture.order()
        #expect(order["current_total"] == "0.00")
        #expect(order["outstanding"] == "0.00")
        #expect(order["net_value"] == order.at("refunds.0.discrepancy"), "only what was kept back is left")
    }

    @Test("cancelling with money back leaves nothing, also after an appeasement and an unsettled edit")
    func cancel() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"refund","order":"#1001","amount":"5.00"}"##)
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","quantity":1}]}"##)
        fixture.deliver()
        try fixture.act(##"{"do":"cancel","order":"#1001","reason":"customer","refund":true}"##)
        #expect(fixture.deliver().map(\.topic) == ["refunds/create", "orders/cancelled", "orders/updated"])
        let order = try fixture.order()
        #expect(order["void"] == true)
        #expect(order["net_value"] == "0.00")
        #expect(order["outstanding"] == "0.00")
        #expect(order["financial_status"] == "refunded")
    }

    @Test("an authorised order is paid by its capture; cancelling voids it")
    func authorised() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"MUG-WHITE"}],"authorised":true}"#)
        #expect(try fixture.order()["financial_status"] == "authorized")
        #expect(try fixture.order()["ever_paid"] == false)
        try fixture.act(##"{"do":"capture","order":"#1001"}"##)
        #expect(try fixture.order()["financial_status"] == "paid")
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"MUG-WHITE"}],"authorised":true}"#)
        try fixture.act(##"{"do":"cancel","order":"#1002"}"##)
        #expect(try fixture.order()["financial_status"] == "voided")
    }

    @Test("a pending refund is no money until it settles")
    func pending() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"CAP-BLACK"}],"pending":true}"##)
        #expect(try fixture.order()["refunded"] == "0.00")
        #expect(try fixture.order()["refund_pending"] == "18.00")
        try fixture.act(##"{"do":"settle_refund","order":"#1001"}"##)
        #expect(try fixture.order()["refunded"] == "18.00")
        #expect(try fixture.order()["outstanding"] == "0.00")
    }

    @Test("a refused action says why, lists what is valid and changes nothing")
    func refusals() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        let before = try fixture.state()
        let bad = [
            ##"{"do":"explode"}"##,
            ##"{"do":"pay","order":"#1001","amont":1}"##,
            ##"{"do":"refund","order":"#1001"}"##,
            ##"{"do":"refund","order":"#1001","amount":"72.96"}"##,
            ##"{"do":"cancel","order":"#9"}"##,
            ##"{"do":"place_order","lines":[{"sku":"NO-SUCH"}]}"##,
            ##"{"do":"fulfil","order":"#1001","lines":[{"sku":"X"}]}"##,
            ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"CAP-BLACK","quantity":-1}]}"##,
            ##"[]"##,
        ]
        for body in bad {
            let response = try #require(fixture.send("POST", "/_twin/act", body).response)
            #expect(response.status == 400, "\(body)")
            #expect(try JSON.parse(response.body)["error"]?.string?.isEmpty == false)
        }
        #expect(try fixture.state()["orders"] == before["orders"])
        let action = try JSON.parse(try #require(fixture.send("POST", "/_twin/act", bad[0]).response).body)
        #expect(action["valid"]?.array?.contains("swap_line") == true)
    }

    @Test("whatever is done to an order, its ledger and its totals agree", arguments: 0..<40)
    func walk(seed: Int) throws {
        var fixture = ShopifyFixture(seed: UInt64(seed)) { $0.taxesIncluded = seed % 2 == 0 }
        var dice = TwinRandom(seed: UInt64(seed) &+ 1_000)
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":5},{"sku":"TEE-RED-S","quantity":3}],
             "shipping":"3.99","discount":{"code":"SEVEN","amount":"7.77"},
             "presentment":{"currency":"JPY","rate":"191.37"}}
            """#)
        let actions = [
            ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":2}]}"##,
            ##"{"do":"edit_order","order":"#1001","changes":[{"add_sku":"POSTER-A2","quantity":2}]}"##,
            ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-S","discount":"1.11"}]}"##,
            ##"{"do":"swap_line","order":"#1001","remove_sku":"TEE-RED-S","add_sku":"TEE-BLUE-M","quantity":1}"##,
            ##"{"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}]}"##,
            ##"{"do":"refund","order":"#1001","amount":"2.22"}"##, ##"{"do":"pay","order":"#1001"}"##,
            ##"{"do":"refund","order":"#1001","shipping":"1.00"}"##, ##"{"do":"fulfil","order":"#1001"}"##,
        ]
        for _ in 0..<12 {
            let action = actions[Int(dice.next() % UInt64(actions.count))]
            _ = fixture.send("POST", "/_twin/act", action)
            let row = try fixture.order()
            let shop = fixture.twin.shop
            let order = try #require(shop.orders.last)
            #expect(order.worth == order.net + order.outstanding)
            #expect(order.current.total.shop >= .zero)
            for line in order.lines {
                #expect(line.current <= line.quantity && line.unfulfilled <= line.current && line.unfulfilled >= 0)
            }
            // Goods taken off by refund records are exactly what the lines lost.
            let lost = order.lines.map { $0.quantity - $0.current }.reduce(0, +)
            #expect(order.refunds.flatMap(\.lines).map(\.quantity).reduce(0, +) == lost)
            #expect(row["net_value"]?.string == order.worth.shop.text(digits: 2))
        }
        if fixture.send("POST", "/_twin/act", ##"{"do":"cancel","order":"#1001","refund":true}"##).response?.status
            == 200
        {
            let order = try #require(fixture.twin.shop.orders.last)
            #expect(order.worth == .zero && order.net == .zero, "nothing is left in either currency")
        }
    }
}
