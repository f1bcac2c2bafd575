import JSON
import Testing
import Transport

@testable import Twins

/// Orders that name another and do not take its place.
@Suite("Shopify twin: reshipments, exchanges, splits")
struct ShopifyNamingTests {
    private static func ship(_ name: String, _ fixture: inout ShopifyFixture) throws {
        try fixture.act(#"{"do":"fulfil","order":"\#(name)","tracking":"T1"}"#)
        fixture.deliver()
    }

    private func order(_ name: String, _ fixture: inout ShopifyFixture) throws -> JSON {
        try ShopifyRecreatingTests.order(name, &fixture)
    }

    @Test(
        "E3 a reshipment costs nothing, is paid, and names its original as the merchant does",
        arguments: ["attribute", "letter", "note"])
    func reshipment(mark: String) throws {
        var fixture = ShopifyFixture()
        try fixture.act(ShopifyRecreatingTests.two)
        try fixture.refused(##"{"do":"reship_order","order":"#1001"}"##)
        try Self.ship("#1001", &fixture)
        let answer = try fixture.act(##"{"do":"reship_order","order":"#1001","mark":"\##(mark)","app_id":9}"##)
        let name = try #require(answer.at("ids.name")?.string)
        #expect(name == (mark == "letter" ? "#1001A" : "#1002"))
        let hooks = fixture.deliver()
        #expect(hooks.map(\.topic) == ["orders/create", "orders/updated", "orders/paid", "customers/update"])
        let body = hooks[0].json
        #expect(body["total_price"] == "0.00" && body["financial_status"] == "paid")
        #expect(body["total_discounts"] == "68.00", "two tees and a cap")
        #expect(body["note"] == (mark == "letter" ? .null : "Reshipment of order #1001"))
        #expect(body["note_attributes"]?.array?.count == (mark == "attribute" ? 1 : 0))
        #expect(body["tags"] == "reshipment, vip" || body["tags"] == "vip, reshipment")
        let (old, new) = (try order("#1001", &fixture), try order(name, &fixture))
        #expect(old["void"] == false && old["net_value"] == "72.95")
        #expect(new["recreated_from"] == .null)
        #expect(new["origin"] == ["kind": "reshipment", "order": old["id"] ?? .null])
        #expect(new["net_value"] == "0.00" && new["ever_paid"] == true)
        #expect(new["lines"]?.array?.map { $0["current_quantity"] } == [2, 1])
    }

    @Test("E3 only what was sent is sent again, of an order that is not cancelled")
    func reshippedLines() throws {
        var fixture = ShopifyFixture()
        try fixture.act(ShopifyRecreatingTests.two)
        try fixture.act(##"{"do":"fulfil","order":"#1001","lines":[{"sku":"CAP-BLACK"}]}"##)
        fixture.deliver()
        let before = try fixture.state()
        for body in [
            ##"{"do":"reship_order","order":"#1001","lines":[{"sku":"TEE-RED-M"}]}"##,
            ##"{"do":"reship_order","order":"#1001","lines":[{"sku":"CAP-BLACK","quantity":2}]}"##,
            ##"{"do":"reship_order","order":"#1001","mark":"telepathy"}"##,
            ##"{"do":"reship_order","order":"#1001","paid":true}"##,
        ] { try fixture.refused(body) }
        #expect(try fixture.state() == before && fixture.deliver().isEmpty)
        let answer = try fixture.act(##"{"do":"reship_order","order":"#1001"}"##)
        let name = try #require(answer.at("ids.name")?.string)
        #expect(try order(name, &fixture)["lines"]?.array?.map { $0["sku"] } == ["CAP-BLACK"])
        try fixture.act(ShopifyRecreatingTests.two)
        try fixture.act(##"{"do":"cancel","order":"#1003"}"##)
        try fixture.refused(##"{"do":"reship_order","order":"#1003"}"##)
    }

    @Test("E3 an exchange: what was sent comes back for money, other goods are a paid order of their own")
    func exchange() throws {
        var fixture = ShopifyFixture()
        try fixture.act(ShopifyRecreatingTests.two)
        let action =
            ##"{"do":"exchange_order","order":"#1001","back":[{"sku":"CAP-BLACK"}],"lines":[{"sku":"MUG-WHITE"}]}"##
        try fixture.refused(action)
        try Self.ship("#1001", &fixture)
        try fixture.refused(##"{"do":"exchange_order","order":"#1001","lines":[{"sku":"MUG-WHITE"}]}"##)
        try fixture.refused(##"{"do":"exchange_order","order":"#1001","back":[{"sku":"CAP-BLACK"}]}"##)
        let answer = try fixture.act(action)
        let hooks = fixture.deliver()
        #expect(answer["event_ids"]?.array?.count == 2)
        #expect(
            hooks.map(\.topic) == [
                "orders/create", "orders/updated", "orders/paid", "customers/update", "refunds/create",
                "orders/updated",
            ])
        #expect(hooks[0].json["note_attributes"] == [["name": "original_order", "value": "#1001"]])
        #expect(hooks[0].json["note"] == "Exchange for order #1001")
        let (old, new) = (try order("#1001", &fixture), try order("#1002", &fixture))
        #expect(old["net_value"] == "54.95" && old["void"] == false && old["refunded"] == "18.00")
        #expect(old.at("refunds.0.created_at")?.string != nil)
        #expect(new["net_value"] == "12.50" && new["recreated_from"] == .null)
        #expect(new.at("origin.kind") == "exchange")
        // The money may come later, by a refund of its own.
        try fixture.act(
            ##"{"do":"exchange_order","order":"#1001","back":[{"sku":"TEE-RED-M","quantity":1}],"refund":false,"##
                + ##""lines":[{"sku":"CAP-BLACK"}],"paid":false,"mark":"note"}"##)
        #expect(try order("#1001", &fixture)["net_value"] == "54.95")
        #expect(try order("#1003", &fixture)["financial_status"] == "pending")
    }

    @Test(
        "E3 a split: two orders share goods and payment, and name the first, which is cancelled or stands",
        arguments: [true, false])
    func split(isClosed: Bool) throws {
        var fixture = ShopifyFixture()
        try fixture.act(ShopifyRecreatingTests.two)
        fixture.deliver()
        for lines in [
            "[]", ##"[{"sku":"TEE-RED-M"},{"sku":"CAP-BLACK"}]"##, ##"[{"sku":"TEE-RED-M","quantity":3}]"##,
        ] { try fixture.refused(##"{"do":"split_order","order":"#1001","lines":\##(lines)}"##) }
        let answer = try fixture.act(
            ##"{"do":"split_order","order":"#1001","lines":[{"sku":"TEE-RED-M"}],"close_original":\##(isClosed)}"##)
        #expect(answer["event_ids"]?.array?.count == (isClosed ? 3 : 2))
        #expect(answer.at("ids.first") != nil && answer.at("ids.second") != nil)
        let topics = fixture.deliver().map(\.topic)
        #expect(topics.count(where: { $0 == "orders/create" }) == 2)
        #expect(topics.contains("orders/cancelled") == isClosed)
        let (old, first, second) = (
            try order("#1001", &fixture), try order("#1002", &fixture), try order("#1003", &fixture)
        )
        #expect(old["void"] == JSON.bool(isClosed) && old["net_value"] == "72.95")
        #expect((old["cancelled_at"]?.string != nil) == isClosed)
        #expect(first["net_value"] == "54.95" && second["net_value"] == "18.00", "delivery goes with the first")
        for part in [first, second] {
            #expect(part["ever_paid"] == true && part["recreated_from"] == .null)
            #expect(part["origin"] == ["kind": "split", "order": old["id"] ?? .null])
        }
    }

    @Test("E3 nothing that was sent is split")
    func splitOfSent() throws {
        var fixture = ShopifyFixture()
        try fixture.act(ShopifyRecreatingTests.two)
        try Self.ship("#1001", &fixture)
        try fixture.refused(##"{"do":"split_order","order":"#1001","lines":[{"sku":"TEE-RED-M"}]}"##)
    }

    @Test("E3 an app may cancel first and make anew a while later")
    func closedBefore() throws {
        var fixture = ShopifyFixture()
        try fixture.act(ShopifyRecreatingTests.two)
        try fixture.refused(ShopifyRecreatingTests.recreate("#1001", #""style":"note","closed_before":true"#))
        try fixture.act(##"{"do":"cancel","order":"#1001","reason":"other"}"##)
        fixture.deliver()
        try fixture.refused(ShopifyRecreatingTests.recreate("#1001", #""style":"note""#))
        try fixture.act(ShopifyRecreatingTests.recreate("#1001", #""style":"letter_and_tags","closed_before":true"#))
        #expect(!fixture.deliver().map(\.topic).contains("orders/cancelled"))
        let (old, new) = (try order("#1001", &fixture), try order("#1001A", &fixture))
        #expect(new["recreated_from"] == old["id"] && new["net_value"] == "72.95")
        #expect(old["tags"] == ["vip"], "it was cancelled without the app's tag")
    }
}
