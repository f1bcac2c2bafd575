import JSON
import Testing
import Transport

@testable import Twins

/// Orders that name another and do not take its place.
@Suite("Shopify twin: reshipments, exchanges, splits")
struct ShopifyNamingTests {
    private static func ship(_ name: String, _ bench: inout ShopifyBench) throws {
        try bench.act(#"{"do":"fulfil","order":"\#(name)","tracking":"T1"}"#)
        bench.deliver()
    }

    private func order(_ name: String, _ bench: inout ShopifyBench) throws -> JSON {
        try ShopifyRecreatingTests.order(name, &bench)
    }

    @Test(
        "E3 a reshipment costs nothing, is paid, and names its original as the merchant does",
        arguments: ["attribute", "letter", "note"])
    func reshipment(mark: String) throws {
        var bench = ShopifyBench()
        try bench.act(ShopifyRecreatingTests.two)
        try bench.refused(##"{"do":"reship_order","order":"#1001"}"##)
        try Self.ship("#1001", &bench)
        let answer = try bench.act(##"{"do":"reship_order","order":"#1001","mark":"\##(mark)","app_id":9}"##)
        let name = try #require(answer.at("ids.name")?.string)
        #expect(name == (mark == "letter" ? "#1001A" : "#1002"))
        let hooks = bench.deliver()
        #expect(hooks.map(\.topic) == ["orders/create", "orders/updated", "orders/paid", "customers/update"])
        let body = hooks[0].json
        #expect(body["total_price"] == "0.00" && body["financial_status"] == "paid")
        #expect(body["total_discounts"] == "68.00", "two tees and a cap")
        #expect(body["note"] == (mark == "letter" ? .null : "Reshipment of order #1001"))
        #expect(body["note_attributes"]?.array?.count == (mark == "attribute" ? 1 : 0))
        #expect(body["tags"] == "reshipment, vip" || body["tags"] == "vip, reshipment")
        let (old, new) = (try order("#1001", &bench), try order(name, &bench))
        #expect(old["void"] == false && old["net_value"] == "72.95")
        #expect(new["recreated_from"] == .null)
        #expect(new["origin"] == ["kind": "reshipment", "order": old["id"] ?? .null])
        #expect(new["net_value"] == "0.00" && new["ever_paid"] == true)
        #expect(new["lines"]?.array?.map { $0["current_quantity"] } == [2, 1])
    }

    @Test("E3 only what was sent is sent again, of an order that is not cancelled")
    func reshippedLines() throws {
        var bench = ShopifyBench()
        try bench.act(ShopifyRecreatingTests.two)
        try bench.act(##"{"do":"fulfil","order":"#1001","lines":[{"sku":"CAP-BLACK"}]}"##)
        bench.deliver()
        let before = try bench.state()
        for body in [
            ##"{"do":"reship_order","order":"#1001","lines":[{"sku":"TEE-RED-M"}]}"##,
            ##"{"do":"reship_order","order":"#1001","lines":[{"sku":"CAP-BLACK","quantity":2}]}"##,
            ##"{"do":"reship_order","order":"#1001","mark":"telepathy"}"##,
            ##"{"do":"reship_order","order":"#1001","paid":true}"##,
        ] { try bench.refused(body) }
        #expect(try bench.state() == before && bench.deliver().isEmpty)
        let answer = try bench.act(##"{"do":"reship_order","order":"#1001"}"##)
        let name = try #require(answer.at("ids.name")?.string)
        #expect(try order(name, &bench)["lines"]?.array?.map { $0["sku"] } == ["CAP-BLACK"])
        try bench.act(ShopifyRecreatingTests.two)
        try bench.act(##"{"do":"cancel","order":"#1003"}"##)
        try bench.refused(##"{"do":"reship_order","order":"#1003"}"##)
    }

    @Test("E3 an exchange: what was sent comes back for money, other goods are a paid order of their own")
    func exchange() throws {
        var bench = ShopifyBench()
        try bench.act(ShopifyRecreatingTests.two)
        let deed =
            ##"{"do":"exchange_order","order":"#1001","back":[{"sku":"CAP-BLACK"}],"lines":[{"sku":"MUG-WHITE"}]}"##
        try bench.refused(deed)
        try Self.ship("#1001", &bench)
        try bench.refused(##"{"do":"exchange_order","order":"#1001","lines":[{"sku":"MUG-WHITE"}]}"##)
        try bench.refused(##"{"do":"exchange_order","order":"#1001","back":[{"sku":"CAP-BLACK"}]}"##)
        let answer = try bench.act(deed)
        let hooks = bench.deliver()
        #expect(answer["event_ids"]?.array?.count == 2)
        #expect(
            hooks.map(\.topic) == [
                "orders/create", "orders/updated", "orders/paid", "customers/update", "refunds/create",
                "orders/updated",
            ])
        #expect(hooks[0].json["note_attributes"] == [["name": "original_order", "value": "#1001"]])
        #expect(hooks[0].json["note"] == "Exchange for order #1001")
        let (old, new) = (try order("#1001", &bench), try order("#1002", &bench))
        #expect(old["net_value"] == "54.95" && old["void"] == false && old["refunded"] == "18.00")
        #expect(old.at("refunds.0.created_at")?.string != nil)
        #expect(new["net_value"] == "12.50" && new["recreated_from"] == .null)
        #expect(new.at("origin.kind") == "exchange")
        // The money may come later, by a refund of its own.
        try bench.act(
            ##"{"do":"exchange_order","order":"#1001","back":[{"sku":"TEE-RED-M","quantity":1}],"refund":false,"##
                + ##""lines":[{"sku":"CAP-BLACK"}],"paid":false,"mark":"note"}"##)
        #expect(try order("#1001", &bench)["net_value"] == "54.95")
        #expect(try order("#1003", &bench)["financial_status"] == "pending")
    }

    @Test(
        "E3 a split: two orders share goods and payment, and name the first, which is cancelled or stands",
        arguments: [true, false])
    func split(isClosed: Bool) throws {
        var bench = ShopifyBench()
        try bench.act(ShopifyRecreatingTests.two)
        bench.deliver()
        for lines in [
            "[]", ##"[{"sku":"TEE-RED-M"},{"sku":"CAP-BLACK"}]"##, ##"[{"sku":"TEE-RED-M","quantity":3}]"##,
        ] { try bench.refused(##"{"do":"split_order","order":"#1001","lines":\##(lines)}"##) }
        let answer = try bench.act(
            ##"{"do":"split_order","order":"#1001","lines":[{"sku":"TEE-RED-M"}],"close_original":\##(isClosed)}"##)
        #expect(answer["event_ids"]?.array?.count == (isClosed ? 3 : 2))
        #expect(answer.at("ids.first") != nil && answer.at("ids.second") != nil)
        let topics = bench.deliver().map(\.topic)
        #expect(topics.count(where: { $0 == "orders/create" }) == 2)
        #expect(topics.contains("orders/cancelled") == isClosed)
        let (old, first, second) = (
            try order("#1001", &bench), try order("#1002", &bench), try order("#1003", &bench)
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
        var bench = ShopifyBench()
        try bench.act(ShopifyRecreatingTests.two)
        try Self.ship("#1001", &bench)
        try bench.refused(##"{"do":"split_order","order":"#1001","lines":[{"sku":"TEE-RED-M"}]}"##)
    }

    @Test("E3 an app may cancel first and make anew a while later")
    func closedBefore() throws {
        var bench = ShopifyBench()
        try bench.act(ShopifyRecreatingTests.two)
        try bench.refused(ShopifyRecreatingTests.recreate("#1001", #""style":"note","closed_before":true"#))
        try bench.act(##"{"do":"cancel","order":"#1001","reason":"other"}"##)
        bench.deliver()
        try bench.refused(ShopifyRecreatingTests.recreate("#1001", #""style":"note""#))
        try bench.act(ShopifyRecreatingTests.recreate("#1001", #""style":"letter_and_tags","closed_before":true"#))
        #expect(!bench.deliver().map(\.topic).contains("orders/cancelled"))
        let (old, new) = (try order("#1001", &bench), try order("#1001A", &bench))
        #expect(new["recreated_from"] == old["id"] && new["net_value"] == "72.95")
        #expect(old["tags"] == ["vip"], "it was cancelled without the app's tag")
    }
}
