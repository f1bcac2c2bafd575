import Commerce
import JSON
import Sync
import Testing

@testable import Shopify

@Suite("What a webhook tells")
struct ObservationTests {
    let bundle = ShopBundle()

    @Test("E1 the six order topics are whole snapshots", .enabled(if: Specs.areHere), arguments: Specs.orderTopics)
    func samples(topic: String) throws {
        let body = try Specs.payload(topic).encoded()
        let observation = try #require(bundle.source.observations(in: bundle.receipt(topic, body)).first)
        let order = try #require(observation.order)
        #expect(observation.key == bundle.key("820982911946154500"))
        #expect(observation.isPartial == false)
        #expect(order.lines.first?.id == "487817672276298560")
        #expect(order.totals.current.shop.description == "414.95 USD")
        #expect(order.shippingLines.first?.price.shop.amount == .zero)
        #expect(order.buyer.email == .known("jon@example.com"))
        #expect(order.buyer.customerID == .known("115310627314723950"))
    }

    @Test("E1 an edit, a refund and a parcel are hints for their order", .enabled(if: Specs.areHere))
    func thinSamples() throws {
        for topic in ["orders/edited", "refunds/create", "fulfillments/create", "fulfillments/update"] {
            let observation = try #require(bundle.observation(topic, try Specs.payload(topic)))
            guard case .hint(let key, let time, "e1", true) = observation else {
                Issue.record("\(topic): \(observation)")
                continue
            }
            #expect(key == bundle.key("820982911946154500"))
            #expect(time == Instant(iso8601: "2021-12-31T19:00:00-05:00"))
        }
    }

    @Test("deletion is an act under its own id, at the sender's time", .enabled(if: Specs.areHere))
    func deletion() throws {
        let body = try Specs.payload("orders/delete").encoded()
        let at = Instant(seconds: 1_700_000_000)
        let act = Act(id: "orders/delete/820982911946154500", kind: .deleted, at: at)
        #expect(
            bundle.source.observations(in: bundle.receipt("orders/delete", body, triggeredAt: at))
                == [.act(bundle.key("820982911946154500"), act)])
        let late = bundle.source.observations(in: bundle.receipt("orders/delete", body))
        #expect(late == [.act(bundle.key("820982911946154500"), Act(id: act.id, kind: .deleted, at: bundle.now))])
    }

    @Test("topics that no flow uses are counted", .enabled(if: Specs.areHere))
    func otherTopics() throws {
        for topic in [
            "orders/link_requested", "orders/risk_assessment_changed", "order_transactions/create",
            "customers/purchasing_summary",
        ] {
            #expect(bundle.observation(topic, try Specs.payload(topic)) == .unknownTopic(topic))
        }
        #expect(bundle.source.observations(in: bundle.receipt("", [])) == [.unknownTopic("")])
    }

    @Test("anonymised deliveries: structure true, values placeholders", .enabled(if: Specs.areHere))
    func exemplars() throws {
        let order = try Specs.json("webhook-exemplars-2025-04/orders/1.json")
        let raw = try #require(bundle.observation("orders/updated", order))
        #expect(raw.unreadableCode == "shopify_bad_field")
        #expect(raw.key == bundle.key("123"))
        let edit = try Specs.json("webhook-exemplars-2025-04/orders/2.json")
        #expect(bundle.observation("orders/edited", edit)?.isHint == true)
        for refund in ["1", "2"] {
            let json = try Specs.json("webhook-exemplars-2025-04/refunds/\(refund).json")
            #expect(bundle.observation("refunds/create", json)?.isHint == true)
        }
        let fulfillment = try Specs.json("webhook-exemplars-2025-04/fulfillments/1.json")
        #expect(bundle.observation("fulfillments/update", fulfillment)?.isHint == true)
    }

    @Test(
        "an order without access to personal data is partial, and nothing personal is claimed",
        .enabled(if: Specs.areHere))
    func redacted() throws {
        let json = ExemplarFilling.order(try Specs.json("webhook-exemplars-2025-04/orders/1.json"))
        let observation = try #require(bundle.observation("orders/updated", json))
        let order = try #require(observation.order)
        #expect(observation.isPartial == true)
        #expect(order.buyer.customerID == .known("123"))
        #expect(order.buyer.email == .unknown && order.buyer.phone == .unknown)
        #expect(order.shippingAddress == .unknown)
        #expect(order.lines.first?.fulfilledQuantity == 123)
    }

    @Test("payloads from before 2020 lack what an order is now, so they only cause a read", .enabled(if: Specs.areHere))
    func oldShapes() throws {
        for (path, id) in [
            ("rest-fixtures-python/order.json", "450789469"), ("rest-fixtures-go/order.json", "123456"),
            ("rest-fixtures-go/order_with_transaction.json", "123456"),
        ] {
            let order = try #require(try Specs.json(path)["order"])
            let time = order["updated_at"]?.string.flatMap(Instant.init(iso8601:))
            #expect(
                bundle.observation("orders/updated", order)
                    == .hint(bundle.key(id), sourceTime: time, eventID: "e1", awaitsCompanion: false))
        }
        for path in ["rest-fixtures-python/orders.json", "rest-fixtures-go/orders.json"] {
            for order in try #require(try Specs.json(path)["orders"]?.array) {
                #expect(bundle.observation("orders/create", order)?.isHint == true)
            }
        }
        let refund = try #require(try Specs.json("rest-fixtures-python/refund.json")["refund"])
        #expect(bundle.observation("refunds/create", refund)?.key == bundle.key("450789469"))
        let fulfillment = try #require(try Specs.json("rest-fixtures-go/fulfillment.json")["fulfillment"])
        #expect(bundle.observation("fulfillments/create", fulfillment)?.isHint == true)
    }

    @Test(
        "bytes that cannot be understood never crash and never show a value",
        arguments: [
            ("", "json_unexpected_end"), ("[]", "shopify_bad_field"), ("{", "json_unexpected_end"),
            (#"{"id":1e400}"#, "shopify_bad_id"), (#"{"id":99999999999999999999}"#, "shopify_bad_id"),
            (#"{"id":-5}"#, "shopify_bad_id"), (#"{"id":"007"}"#, "shopify_bad_id"),
            (#"{"id":12.0}"#, "shopify_bad_id"), (#"{"id":true}"#, "shopify_bad_id"),
            (#"{"id":"gid://shopify/Customer/5"}"#, "shopify_bad_id"), (#"{"name":"secret"}"#, "shopify_missing_field"),
            ("{\"id\":\"\u{7F}", "json_unexpected_end"),
        ])
    func unreadable(text: String, code: String) {
        let observations = bundle.source.observations(in: bundle.receipt("orders/updated", Array(text.utf8)))
        #expect(observations.map(\.unreadableCode) == [code])
        #expect(!"\(observations)".contains("secret"))
    }

    @Test("bytes that are no UTF-8, and nesting without end, are unreadable")
    func brokenBytes() {
        let broken = Array(#"{"id":1,"name":""#.utf8) + [0xFF, 0xFE] + Array("\"}".utf8)
        #expect(
            bundle.source.observations(in: bundle.receipt("orders/create", broken)).first?.unreadableCode
                == "json_invalid_text")
        let deep = Array(repeating: UInt8(ascii: "["), count: 900_000)
        #expect(
            bundle.source.observations(in: bundle.receipt("orders/create", deep)).first?.unreadableCode
                == "json_depth_exceeded")
    }

    @Test("a broken field names the place and the order, not the value")
    func brokenField() throws {
        let line = SampleOrders.line(1).with("quantity", "many")
        let order = SampleOrders.order().with("line_items", [SampleOrders.line(2), line])
        let observation = try #require(bundle.observation("orders/updated", order))
        guard case .unreadable(let key, let code, let detail) = observation else {
            Issue.record("\(observation)")
            return
        }
        #expect(key == bundle.key("9007199254740993"))
        #expect(code == "shopify_bad_field")
        #expect(detail.contains("line_items[1].quantity"))
        #expect(!detail.contains("many"))
    }

    @Test("random byte flips never crash")
    func byteFlips() {
        var random = SeededRandom(42)
        for seed in 0..<40 {
            var orders = SeededRandom(UInt64(seed))
            let clean = SampleOrders.random(&orders).encoded()
            for _ in 0..<25 {
                var bytes = clean
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                let topic = ShopifyTopic.allCases.randomElement(using: &random)?.rawValue ?? ""
                #expect(bundle.source.observations(in: bundle.receipt(topic, bytes)).count == 1)
            }
        }
    }
}

/// Gives the placeholders of an anonymised delivery values that a shop would send.
enum ExemplarFilling {
    static func order(_ json: JSON) -> JSON { SampleOrders.addingUp(filled(json)) }

    static func filled(_ json: JSON, key: String = "") -> JSON {
        switch json {
        case .array(let values): return .array(values.map { filled($0, key: key) })
        case .object(let object):
            return .object(JSONObject(object.members.map { (key: $0.key, value: filled($0.value, key: $0.key)) }))
        case .string("example string"):
            if key.contains("currency") { return "EUR" }
            if key == "financial_status" { return "paid" }
            if key == "status" { return "success" }
            if key == "state" { return "enabled" }
            if key == "token" || key == "cart_token" { return "exemplar-token" }
            if key == "amount" || key.contains("price") || key.contains("total") || key.contains("discount") {
                return "7.50"
            }
            return json
        default: return json
        }
    }
}
