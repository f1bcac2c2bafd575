import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: cancel and recreate")
struct ShopifyRecreatingTests {
    /// Worth 72.95: two tees at 25, a cap at 18, 4.95 for the post.
    static let two = #"""
        {"do":"place_order","email":"jo@example.com","tags":["vip"],"shipping":"4.95",
         "lines":[{"sku":"TEE-RED-M","quantity":2},{"sku":"CAP-BLACK"}]}
        """#

    static func recreate(_ name: String, _ more: String) -> String {
        ##"{"do":"recreate_order","order":"\##(name)",\##(more)}"##
    }

    static func order(_ name: String, _ fixture: inout ShopifyFixture) throws -> JSON {
        try #require(try fixture.state()["orders"]?.array?.first { $0["name"]?.string == name })
    }

    @Test("E3 Cleverific: cancel, create with a letter, tags on both, equal total paid on the new")
    func equal() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        fixture.deliver()
        let answer = try fixture.act(Self.recreate("#1001", #""style":"letter_and_tags","app_id":77"#))
        #expect(answer.at("ids.name") == "#1001A")
        let hooks = fixture.deliver()
        #expect(
            hooks.map(\.topic) == [
                "orders/cancelled", "orders/updated", "orders/create", "orders/updated", "orders/paid",
                "customers/update",
            ])
        #expect(answer["event_ids"]?.array?.count == 2)
        #expect(Set(hooks.map(\.event)).count == 2, "two calls of the app")
        #expect(hooks[0].json["tags"] == "vip, Edit Order - Cancelled" && hooks[0].json["cancel_reason"] == "other")
        #expect(hooks[2].json["tags"] == "vip, Edit Order" && hooks[2].json["app_id"] == 77)
        #expect(hooks[2].json["source_name"] == "77")
        #expect(hooks[2].json["total_price"] == "72.95" && hooks[2].json["financial_status"] == "paid")
        #expect(hooks[2].json.at("customer.id") == hooks[0].json.at("customer.id"))
        let (old, new) = (try Self.order("#1001", &fixture), try Self.order("#1001A", &fixture))
        #expect(old["void"] == true && old["refunded"] == "0.00")
        #expect(new["net_value"] == "72.95" && new["recreated_from"] == old["id"])
        let ids = Set(old["lines"]?.array?.map { $0["id"] } ?? [])
        #expect(ids.isDisjoint(with: new["lines"]?.array?.map { $0["id"] } ?? []), "new lines have new ids")
        try fixture.refused(Self.recreate("#1001", #""style":"letter_and_tags""#))
    }

    @Test("E3 a lower total is refunded on the original, a higher one is pending on the new, the letter moves on")
    func money() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        fixture.deliver()
        try fixture.act(
            Self.recreate(
                "#1001", #""style":"letter_and_tags","changes":[{"sku":"CAP-BLACK","quantity":0}]"#))
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic).suffix(2) == ["refunds/create", "orders/updated"])
        let refund = try #require(hooks.first { $0.topic == "refunds/create" }?.json)
        #expect(refund.at("transactions.0.amount") == "18.00")
        #expect(refund["order_id"] == hooks[0].json["id"], "on the original")
        #expect(Set(hooks.map(\.event)).count == 3)
        #expect(try Self.order("#1001A", &fixture)["net_value"] == "54.95")
        try fixture.act(
            Self.recreate("#1001A", #""style":"letter_and_tags","changes":[{"add_sku":"MUG-WHITE","quantity":2}]"#))
        let third = try Self.order("#1001B", &fixture)
        #expect(third["financial_status"] == "partially_paid" && third["outstanding"] == "25.00")
        #expect(third["tags"] == ["vip", "Edit Order"], "the marks of the earlier edit are not copied")
        fixture.deliver()
        try fixture.act(##"{"do":"pay","order":"#1001B"}"##)
        #expect(try Self.order("#1001B", &fixture)["financial_status"] == "paid")
        let alive = try fixture.state()["orders"]?.array?.filter { $0["void"] == false }
        #expect(alive?.count == 1 && alive?.first?["net_value"] == "79.95")
    }

    @Test("E3 the create may come first, and paid may be forced either way")
    func order() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        fixture.deliver()
        try fixture.act(
            Self.recreate(
                "#1001",
                #""style":"letter_and_tags","create_first":true,"paid":true,"changes":[{"add_sku":"MUG-WHITE"}]"#))
        let topics = fixture.deliver().map(\.topic)
        #expect(topics.first == "orders/create" && topics.contains("orders/paid"))
        #expect(topics.suffix(2) == ["orders/cancelled", "orders/updated"])
        try fixture.act(Self.recreate("#1001A", #""style":"letter_and_tags","paid":false"#))
        #expect(try Self.order("#1001B", &fixture)["financial_status"] == "pending")
    }

    @Test("E3 a duplicating app names the original in a note and leaves it open until it is cancelled")
    func note() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        fixture.deliver()
        let name = try fixture.act(Self.recreate("#1001", #""style":"note""#)).at("ids.name")
        #expect(name == "#1002")
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["orders/create", "orders/updated", "orders/paid", "customers/update"])
        #expect(hooks[0].json["note"] == "Duplicated from order #1001")
        #expect(hooks[0].json["note_attributes"] == [["name": "original_order", "value": "#1001"]])
        #expect(try Self.order("#1001", &fixture)["void"] == false, "both are open: the risk of this kind of app")
        try fixture.act(##"{"do":"cancel","order":"#1001"}"##)
        #expect(fixture.deliver().map(\.topic) == ["orders/cancelled", "orders/updated"])
        try fixture.act(Self.recreate("#1002", #""style":"note","close_original":true"#))
        #expect(fixture.deliver().map(\.topic).suffix(2) == ["orders/cancelled", "orders/updated"])
    }

    @Test("an order that shipped cannot be cancelled, and a refused recreation changes nothing")
    func refused() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"fulfil","order":"#1001","lines":[{"sku":"CAP-BLACK"}]}"##)
        fixture.deliver()
        let before = try fixture.state()
        try fixture.refused(Self.recreate("#1001", #""style":"note","close_original":true"#))
        try fixture.refused(Self.recreate("#1001", #""style":"letter_and_tags""#))
        try fixture.refused(Self.recreate("#1001", #""style":"magic""#))
        try fixture.refused(Self.recreate("#1001", #""style":"note","changes":[{"sku":"NO-SUCH","quantity":1}]"#))
        #expect(try fixture.state() == before && fixture.deliver().isEmpty)
    }

    @Test("an authorised order is made anew as an authorised one, in both currencies")
    func authorised() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3}],"authorised":true,
             "discount":{"code":"TEN","amount":"10.00"},"presentment":{"currency":"EUR","rate":"1.1734"}}
            """#)
        try fixture.act(
            Self.recreate("#1001", #""style":"letter_and_tags","changes":[{"sku":"SOCKS-3PK","quantity":2}]"#))
        let new = try Self.order("#1001A", &fixture)
        #expect(new["financial_status"] == "authorized")
        #expect(try Self.order("#1001", &fixture)["financial_status"] == "voided")
        let order = try #require(fixture.twin.shop.orders.last)
        #expect(order.totals == order.current && order.discounts[0].amount == order.lines[0].allocations[0].amount)
        #expect(order.capturable == order.current.total)
    }

    @Test("E3 an order made anew is worth what the same edit would make it, and no money is lost", arguments: 0..<40)
    func sameAsEdited(seed: Int) throws {
        var dice = TwinRandom(seed: UInt64(seed))
        func roll(_ sides: UInt64) -> Int { Int(dice.next() % sides) }
        let place = """
            {"do":"place_order","shipping":"3.99","discount":{"code":"SEVEN","amount":"7.77"},
             "presentment":{"currency":"JPY","rate":"191.37"},
             "lines":[{"sku":"SOCKS-3PK","quantity":\(2 + roll(4))},{"sku":"TEE-RED-S","quantity":\(1 + roll(3))}]}
            """
        let earlier = """
            {"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":1},
             {"sku":"TEE-RED-S","discount":"1.11"}]}
            """
        let changes = """
            [{"sku":"TEE-RED-S","quantity":\(roll(4))},{"add_sku":"POSTER-A2","quantity":\(1 + roll(2))}]
            """
        var (edited, anew) = (
            ShopifyFixture { $0.taxesIncluded = seed % 2 == 0 }, ShopifyFixture { $0.taxesIncluded = seed % 2 == 0 }
        )
        for action in [place] + (seed % 3 == 0 ? [earlier] : []) {
            try edited.act(action)
            try anew.act(action)
        }
        let held = try #require(anew.twin.shop.orders.first).net.shop
        try edited.act(##"{"do":"edit_order","order":"#1001","changes":\##(changes)}"##)
        try anew.act(Self.recreate("#1001", #""style":"letter_and_tags","changes":\#(changes)"#))
        let (want, new) = (try #require(edited.twin.shop.orders.last), try #require(anew.twin.shop.orders.last))
        let old = try #require(anew.twin.shop.orders.first)
        #expect(new.current == want.current && new.totals == new.current)
        #expect(new.net.shop + old.refunded.shop == held, "what was paid is on the new order or went back")
        #expect(new.outstanding.shop == max(.zero, new.current.total.shop - held))
    }

    @Test(
        "names go on by letters",
        arguments: [
            ("#1031", "#1031A"), ("#1031A", "#1031B"), ("#1031Z", "#1031AA"), ("#1031AZ", "#1031BA"), ("X", "XA"),
        ])
    func letters(name: String, next: String) {
        let fixture = ShopifyFixture()
        #expect(fixture.twin.shop.lettered(name) == next)
    }
}
