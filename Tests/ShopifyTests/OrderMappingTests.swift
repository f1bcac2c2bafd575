import Commerce
import JSON
import Sync
import Testing

@testable import Shopify

@Suite("From Shopify's order to Commerce")
struct OrderMappingTests {
    let bundle = ShopBundle()

    private func order(_ json: JSON) throws -> Order {
        let observation = try #require(bundle.observation("orders/updated", json))
        return try #require(observation.order, "\(observation)")
    }
    private func refunded(_ refund: JSON, taxesIncluded: Bool = true, total: String = "45.00") throws -> Order {
        try order(
            SampleOrders.order().with("refunds", [refund]).with("taxes_included", .bool(taxesIncluded))
                .with("current_total_price_set", SampleOrders.set(total)))
    }

    @Test("ids above 2^53, money and times are exact")
    func exactness() throws {
        let order = try order(
            SampleOrders.order(id: Int64.max).with("current_total_price_set", SampleOrders.set("12345678901.123456")))
        #expect(order.id == "9223372036854775807")
        #expect(order.buyer.customerID == .known("115310627314723954"))
        #expect(order.totals.current.shop.amount.description == "12345678901.123456")
        #expect(order.createdAt.description == "2026-11-01T09:00:00Z")
    }

    @Test("empty texts are nothing, e-mail is trimmed, tags are a set")
    func texts() throws {
        let order = try order(SampleOrders.order())
        #expect(order.note == nil)
        #expect(order.lines[0].variantTitle == nil)
        #expect(order.buyer.email == .known("Ann@example.com"))
        #expect(order.buyer.phone == .known(nil))
        #expect(order.tags == ["edit", "gift", "vip"])
        #expect(order.appID == "580111")
        #expect(order.shippingAddress.value??.name == "Ann Bee")
        #expect(
            order.shippingLines == [
                ShippingLine(
                    id: "3", title: "Post", price: bag("5"), isRemoved: false)
            ])
    }

    @Test("both sides of money are kept, and a third currency is unreadable")
    func currencies() throws {
        func set(_ shop: String, _ buyer: String) -> JSON {
            SampleOrders.set(shop, buyer, currency: "GBP", buyer: "EUR")
        }
        var json = SampleOrders.order().with("currency", "GBP").with("presentment_currency", "EUR")
        for key in ["total_price", "subtotal_price", "total_tax", "total_discounts", "shipping_price"] {
            json = json.with("current_\(key)_set", set("10.00", "12.00"))
        }
        json = json.with("shipping_lines", [])
            .with("line_items", [SampleOrders.line(1).with("price_set", set("5.00", "6.00"))])
        #expect(try order(json).totals.current.presentment.description == "12 EUR")
        #expect(try order(json).lines[0].unitPrice.shop.description == "5 GBP")
        let foreign = json.with("current_total_tax_set", SampleOrders.set("1.00"))
        #expect(bundle.observation("orders/updated", foreign)?.unreadableCode == "shopify_foreign_currency")
    }

    @Test("a plain amount serves both sides only where both are one currency")
    func plainAmounts() throws {
        let bare = SampleOrders.order().with("current_total_tax_set", nil).with("presentment_currency", nil)
        #expect(try order(bare).totals.currentTax.presentment.description == "7 USD")
        let line = SampleOrders.line(1).with("price_set", nil)
        let two = SampleOrders.order().with("line_items", [line]).with("presentment_currency", "EUR")
        #expect(bundle.observation("orders/updated", two)?.isHint == true)
    }

    @Test("W6 a removed line stays, and a removing edit's refund record returns nothing for money")
    func editedAway() throws {
        let refund = SampleOrders.refund(lines: [SampleOrders.refundLine(1, 2, subtotal: "20.00", tax: "3.33")])
        let order = try order(
            SampleOrders.addingUp(
                SampleOrders.order().with("refunds", [refund])
                    .with("line_items", [SampleOrders.line(1, current: 0), SampleOrders.line(2)])))
        #expect(order.lines[0].refundedQuantity == 0)
        #expect(order.lines[0].fulfillmentStatus == .removed)
        #expect(!order.refunds[0].movesMoney)
        #expect(order.refunds[0].lines == [Refund.Line(lineID: "1", quantity: 2, value: bag("20"))])
    }

    @Test("a refund line is worth its tax too, where prices exclude it")
    func taxOfRefundLines() throws {
        let line = SampleOrders.refundLine(1, 1, subtotal: "10.01", tax: "2.005")
        let refund = SampleOrders.refund(lines: [line], transactions: [SampleOrders.transaction("12.02")])
        #expect(try refunded(refund).refunds[0].lines[0].value == bag("10.01"))
        #expect(try refunded(refund, taxesIncluded: false).refunds[0].lines[0].value == bag("12.015"))
        #expect(try refunded(refund).lines[0].refundedQuantity == 1)
        let numbers = SampleOrders.refund(lines: [line.with("subtotal_set", nil).with("total_tax_set", nil)])
        #expect(try refunded(numbers, taxesIncluded: false).refunds[0].lines[0].value == bag("12.015"))
    }

    @Test("only refund transactions count: settled, on their way, or not at all")
    func transactions() throws {
        let refund = SampleOrders.refund(transactions: [
            SampleOrders.transaction("10.00"), SampleOrders.transaction("3.00", status: "pending"),
            SampleOrders.transaction("4.00", status: "failure"), SampleOrders.transaction("5.00", status: "error"),
            SampleOrders.transaction("6.00", kind: "void"), SampleOrders.transaction("7.00").with("currency", nil),
        ])
        let mapped = try refunded(refund).refunds[0]
        #expect(mapped.moneySettled == bag("17"))
        #expect(mapped.moneyPending == bag("3"))
        let foreign = SampleOrders.refund(transactions: [SampleOrders.transaction("1.00").with("currency", "EUR")])
        #expect(bundle.observation("orders/paid", SampleOrders.order().with("refunds", [foreign]))?.isHint == true)
    }

    @Test("money back on an order in two currencies is told in one, so the order is read")
    func oneSidedRefund() {
        var json = SampleOrders.order().with("presentment_currency", "EUR")
            .with("refunds", [SampleOrders.refund(transactions: [SampleOrders.transaction("1.00")])])
        for key in ["total_price", "subtotal_price", "total_tax", "total_discounts", "shipping_price"] {
            json = json.with("current_\(key)_set", SampleOrders.set("10.00", "12.00", buyer: "EUR"))
        }
        json = json.with("line_items", []).with("shipping_lines", [])
        #expect(bundle.observation("orders/updated", json)?.isHint == true)
    }

    @Test("E2 fulfilled units are those of successful fulfilments only")
    func fulfilled() throws {
        func parcel(_ id: Int, _ status: String) -> JSON {
            [
                "id": JSON(id), "status": .string(status), "created_at": "2026-11-01T12:00:00Z", "tracking_number": "T",
                "line_items": [["id": 1, "quantity": 1]], "shipment_status": "IN_TRANSIT",
            ]
        }
        let order = try order(
            SampleOrders.order().with("fulfillments", [parcel(12, "cancelled"), parcel(9, "success")]))
        #expect(order.lines.map(\.fulfilledQuantity) == [1, 0])
        #expect(order.fulfillments.map(\.id) == ["9", "12"])
        #expect(order.fulfillments[0].trackingNumbers == ["T"])
        #expect(order.fulfillments[0].shipmentStatus == "in_transit")
        let strange = SampleOrders.order().with("fulfillments", [parcel(1, "teleported")])
        #expect(bundle.observation("orders/updated", strange)?.unreadableCode == "shopify_unknown_value")
    }

    @Test("discounts are summed over their allocations")
    func discounts() throws {
        let line = SampleOrders.line(1).with(
            "discount_allocations", [["amount_set": SampleOrders.set("1.50")], ["amount": "0.25"]])
        let json = SampleOrders.addingUp(SampleOrders.order().with("line_items", [line]))
        #expect(try order(json).lines[0].allocatedDiscount == bag("1.75"))
    }

    @Test("shipping that older versions tell only by its lines")
    func oldShipping() throws {
        let removed: JSON = ["id": 4, "title": "Van", "discounted_price": "9.00", "is_removed": true]
        let kept: JSON = ["id": 5, "title": "Post", "price": "4.00"]
        let old = SampleOrders.order().with("current_shipping_price_set", nil).with("shipping_lines", [removed, kept])
        #expect(try order(old).totals.currentShipping == bag("4"))
        let adjustment = SampleOrders.adjustment("-4.00", kind: "shipping_refund", reason: "Shipping refund")
        let refunded = old.with("refunds", [SampleOrders.refund(adjustments: [adjustment])])
        #expect(bundle.observation("orders/updated", refunded)?.isHint == true)
    }

    @Test("what a payload lacks is unknown; what it shows empty is known empty")
    func redaction() throws {
        let full = SampleOrders.order()
        #expect(try order(full.with("email", nil).with("phone", nil).with("customer", nil)).buyer.email == .unknown)
        let guest = full.with("customer", JSON.null)
        #expect(try order(guest).buyer.customerID == .known(nil))
        let addressed = guest.with("email", JSON.null)
        #expect(try order(addressed).buyer == Buyer(customerID: .known(nil), email: .known(nil), phone: .known(nil)))

        let nobody = addressed.with("shipping_address", nil).with("billing_address", nil)
        let observation = try #require(bundle.observation("orders/updated", nobody))
        #expect(observation.order?.buyer == Buyer())
        #expect(observation.isPartial == true)

        let country: JSON = ["country": "UK", "country_code": "GB", "province_code": "ENG"]
        let hidden = try #require(bundle.observation("orders/updated", full.with("shipping_address", country)))
        #expect(hidden.order?.shippingAddress == .unknown)
        #expect(hidden.order?.buyer.email == .known("Ann@example.com"))
        #expect(hidden.isPartial == true)

        let digital = try #require(bundle.observation("orders/updated", full.with("shipping_address", JSON.null)))
        #expect(digital.order?.shippingAddress == .known(nil))
        #expect(digital.isPartial == false)
        let absent = try #require(bundle.observation("orders/updated", full.with("shipping_address", nil)))
        #expect(absent.order?.shippingAddress == .unknown)
        #expect(absent.isPartial == false)
    }

    private func bag(_ text: String) -> MoneyBag { SampleOrders.bag(text) }
}

@Suite("One order, two wires")
struct EqualityTests {
    let bundle = ShopBundle()

    private func both(_ rest: JSON) throws -> (rest: MappedOrder, graphQL: MappedOrder) {
        let object = try #require(rest.object)
        let answer = try #require(GraphQLTranscription.order(rest).object)
        return (try OrderMapping.rest(Payload(object)), try OrderMapping.graphQL(Payload(answer)))
    }

    @Test(
        "REST and GraphQL give an equal order for every stored sample", .enabled(if: Specs.areHere),
        arguments: Specs.orderTopics)
    func samples(topic: String) throws {
        let mapped = try both(try Specs.payload(topic))
        #expect(mapped.rest == mapped.graphQL)
    }

    @Test("and for a redacted delivery", .enabled(if: Specs.areHere))
    func redacted() throws {
        let json = ExemplarFilling.order(try Specs.json("webhook-exemplars-2025-04/orders/1.json"))
        let mapped = try both(json)
        #expect(mapped.rest == mapped.graphQL)
        #expect(mapped.graphQL.isPartial)
    }

    @Test("C6 and for orders at random in two currencies", arguments: 0..<50)
    func twoCurrencies(seed: Int) throws {
        var random = SeededRandom(UInt64(seed))
        let rest = Self.inEuro(SampleOrders.random(&random)).with("presentment_currency", "EUR")
        let mapped = try both(rest)
        #expect(mapped.rest == mapped.graphQL, "seed \(seed)")
        #expect(mapped.rest.order.totals.presentmentCurrency.code == "EUR")
    }

    /// The buyer pays in euro, and no refund moves money: REST would tell one side of it only.
    private static func inEuro(_ json: JSON) -> JSON {
        switch json {
        case .array(let values): return .array(values.map(inEuro))
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        switch member.key {
                        case "presentment_money":
                            let amount = member.value["amount"]?.string ?? ""
                            let sign = amount.hasPrefix("-") ? "-1" : "1"
                            return (
                                member.key,
                                ["amount": .string(sign + amount.filter { $0 != "-" }), "currency_code": "EUR"]
                            )
                        case "transactions": return (member.key, [])
                        default: return (member.key, inEuro(member.value))
                        }
                    }))
        default: return json
        }
    }

    @Test("and for orders at random", arguments: 0..<200)
    func random(seed: Int) throws {
        var random = SeededRandom(UInt64(seed))
        let mapped = try both(SampleOrders.random(&random))
        #expect(mapped.rest == mapped.graphQL, "seed \(seed)")
    }
}
