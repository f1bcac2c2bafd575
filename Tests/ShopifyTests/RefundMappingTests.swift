import Commerce
import JSON
import Sync
import Testing

@testable import Shopify

/// What refund records say and do not say, over both wires: what a record took off the order is exactly what the
/// order's total lost, so that a refund alone is never an edit.
@Suite("Refund records")
struct RefundMappingTests {
    private typealias Sample = SampleOrders

    private func bag(_ text: String) -> MoneyBag { SampleOrders.bag(text) }

    private func rest(_ json: JSON) throws -> Order {
        try OrderMapping.rest(Payload(try #require(json.object))).order
    }
    private func both(_ json: JSON) throws -> Order {
        let rest = try rest(json)
        let answer = GraphQLTranscription.order(json)
        #expect(try OrderMapping.graphQL(Payload(try #require(answer.object))).order == rest)
        return rest
    }

    private func order(_ refunds: [JSON], total: String, shipping: String = "5.00", taxesIncluded: Bool = true) -> JSON
    {
        Sample.order().with("refunds", .array(refunds)).with("taxes_included", .bool(taxesIncluded))
            .with("current_total_price_set", Sample.set(total))
            .with("current_shipping_price_set", Sample.set(shipping))
    }
    private func discrepancy(_ amount: String, _ reason: String = "Refund discrepancy") -> JSON {
        Sample.adjustment(amount, kind: "refund_discrepancy", reason: reason)
    }
    private func returned(_ json: JSON) -> JSON {
        Sample.addingUp(json.with("line_items", [Sample.line(1, current: 0), Sample.line(2)]))
    }

    // MARK: Money that is on its way

    @Test("E6 adjustments of a record are netted, whatever their reason: a late gateway's refund is worth its goods")
    func lateGateway() throws {
        let goods = Sample.refundLine(1, 2, subtotal: "20.00", tax: "3.33")
        func seen(_ adjustments: [JSON], _ status: String) throws -> Order {
            let refund = Sample.refund(
                lines: [goods], adjustments: adjustments, transactions: [Sample.transaction("20.00", status: status)])
            return try both(returned(order([refund], total: "25.00")))
        }
        let before = EditedState(of: try both(Sample.order()))
        let pending = try seen([discrepancy("20.00")], "pending")
        #expect(pending.refunds[0].moneyPending == bag("20"))
        #expect(EditedState(of: pending).total == before.total)
        let settled = try seen(
            [discrepancy("20.00"), discrepancy("-20.00", "Pending refund discrepancy")], "success")
        #expect(settled.refunds[0].itemised == bag("20"))
        #expect(settled.refunds[0].moneySettled == bag("20"))
        #expect(EditedState(of: settled).total == before.total)
        // The gateway says no: the goods are gone, and their money stays with the shop.
        let failed = try seen([discrepancy("20.00")], "failure")
        #expect(failed.refunds[0].movesMoney)
        #expect(failed.refunds[0].itemised == bag("0"))
        #expect(EditedState(of: failed).total == before.total)
    }

    @Test("E6 a pending appeasement is worth nothing yet, and its amount when it has settled")
    func lateAppeasement() throws {
        let pending = Sample.refund(
            adjustments: [discrepancy("-10.00"), discrepancy("10.00")],
            transactions: [Sample.transaction("10.00", status: "pending")])
        #expect(try both(order([pending], total: "45.00")).refunds[0].itemised == bag("0"))
        let settled = Sample.refund(
            adjustments: [
                discrepancy("-10.00"), discrepancy("10.00"), discrepancy("-10.00", "Pending refund discrepancy"),
            ], transactions: [Sample.transaction("10.00")])
        for total in ["45.00", "35.00"] {
            let order = try both(order([settled], total: total))
            #expect(order.refunds[0].itemised == bag("10"))
            #expect(order.totals.current == bag("45"), "an appeasement lowers nothing, however Shopify reckons")
        }
    }

    // MARK: Shipping

    private func shipping(_ subtotal: String, line: JSON? = nil) -> JSON {
        let refunded: JSON = ["id": 90, "shipping_line_id": 3, "subtotal_amount_set": Sample.set(subtotal)]
        return line.map { refunded.with("shipping_line", $0) } ?? refunded
    }
    private func shippingAdjustment(_ amount: String, tax: String) -> JSON {
        Sample.adjustment(amount, tax: tax, kind: "shipping_refund", reason: "Shipping refund")
    }
    private static let shippingLine: JSON = [
        "id": 3, "title": "Post", "price_set": SampleOrders.set("6.00"),
        "discounted_price_set": SampleOrders.set("5.00"),
        "tax_lines": [["price": "1.00", "price_set": SampleOrders.set("1.00")]],
    ]

    @Test(
        "E6 shipping whose subtotal leaves its tax out, though prices include tax, is worth both",
        arguments: [("4.00", "-4.00"), ("5.00", "-4.00")])
    func shippingWithTaxBeside(subtotal: String, adjusted: String) throws {
        // Told once without its tax and once with it: the order's own sums say which.
        let refund = Sample.refund(
            adjustments: [shippingAdjustment(adjusted, tax: "-1.00")], transactions: [Sample.transaction("5.00")],
            shipping: [shipping(subtotal).with("tax_amount_set", Sample.set("1.00"))])
        let before = EditedState(of: try both(Sample.order()))
        let order = try both(order([refund], total: "40.00", shipping: "0.00"))
        #expect(order.refunds[0].shipping == bag("5"))
        #expect(order.refunds[0].shippingPrice == bag("5"))
        #expect(EditedState(of: order) == before)
    }

    @Test("E6 with tax on top, shipping given back is priced without it and worth both")
    func shippingTaxOnTop() throws {
        let refund = Sample.refund(
            adjustments: [shippingAdjustment("-5.00", tax: "-1.00")], transactions: [Sample.transaction("6.00")],
            shipping: [shipping("5.00").with("tax_amount_set", Sample.set("1.00"))])
        let order = try both(order([refund], total: "46.00", shipping: "0.00", taxesIncluded: false))
        #expect(order.refunds[0].shipping == bag("6"))
        #expect(order.refunds[0].shippingPrice == bag("5"))
        #expect(order.refunds[0].discrepancy == bag("0"), "the adjustment repeats the shipping")
    }

    @Test("the tax that REST does not tell with shipping comes from an adjustment or the shipping line, else a read")
    func undocumentedTax() throws {
        func seen(_ refund: JSON, shipping: String = "0.00", taxesIncluded: Bool = false) throws -> Order {
            try rest(order([refund], total: "40.00", shipping: shipping, taxesIncluded: taxesIncluded))
        }
        let adjusted = Sample.refund(
            adjustments: [shippingAdjustment("-5.00", tax: "-1.00")], shipping: [shipping("5.00")])
        #expect(try seen(adjusted).refunds[0].shipping == bag("6"))
        let whole = Sample.refund(shipping: [shipping("5.00", line: Self.shippingLine)])
        #expect(try seen(whole).refunds[0].shipping == bag("6"))
        let part = Sample.refund(shipping: [shipping("2.00", line: Self.shippingLine)])
        #expect(throws: ShopifyError.self) { try seen(part, shipping: "3.00") }
        let untaxed = Sample.refund(shipping: [shipping("2.00", line: Self.shippingLine.with("tax_lines", []))])
        #expect(try seen(untaxed, shipping: "3.00").refunds[0].shipping == bag("2"))
        // Prices that include tax add up by themselves.
        #expect(try seen(part, shipping: "3.00", taxesIncluded: true).refunds[0].shipping == bag("2"))
        #expect(throws: ShopifyError.self) { try seen(part, shipping: "2.60", taxesIncluded: true) }
    }

    @Test("shipping that only an adjustment tells counts with the tax that is added to it")
    func shippingByAdjustment() throws {
        let refund = Sample.refund(
            adjustments: [shippingAdjustment("-4.00", tax: "-1.00")], transactions: [Sample.transaction("5.00")])
        #expect(try rest(order([refund], total: "40.00", shipping: "0.00")).refunds[0].shipping == bag("5"))
    }

    // MARK: Duties and fees

    @Test("E6 duties given back belong to the refund, itemised or as a total")
    func duties() throws {
        let goods = Sample.refundLine(1, 2, subtotal: "20.00", tax: "0.00")
        let refund = Sample.refund(lines: [goods], transactions: [Sample.transaction("24.00")])
            .with("duties", [["duty_id": 1, "amount_set": Sample.set("4.00")]])
        func charged(_ json: JSON) -> JSON {
            returned(json).with("current_total_duties_set", Sample.set("2.00"))
                .with("original_total_duties_set", Sample.set("6.00"))
        }
        let order = try both(charged(order([refund], total: "27.00")))
        #expect(order.refunds[0].itemised == bag("24"))
        #expect(EditedState(of: order).total == bag("51"))
        let total = refund.with("duties", []).with("total_duties_set", Sample.set("4.00"))
        #expect(try rest(charged(self.order([total], total: "27.00"))).refunds[0].duties == bag("4"))
        // Nothing names them: they are what the order's duties fell by and the money covers.
        let silent = refund.with("duties", [])
        #expect(try both(charged(self.order([silent], total: "27.00"))).refunds[0].duties == bag("4"))
    }

    @Test("E6 fees, which no field of a refund names, are what the order's fees fell by and the money covers")
    func fees() throws {
        let goods = Sample.refundLine(1, 2, subtotal: "20.00", tax: "0.00")
        func seen(money: String, left: String) throws -> Refund {
            let refund = Sample.refund(lines: [goods], transactions: [Sample.transaction(money)])
            return try both(
                returned(order([refund], total: "27.00"))
                    .with("current_total_additional_fees_set", Sample.set(left))
                    .with("original_total_additional_fees_set", Sample.set("6.00"))
            ).refunds[0]
        }
        #expect(try seen(money: "23.00", left: "3.00").fees == bag("3"))
        #expect(try seen(money: "20.00", left: "3.00").fees == bag("0"), "an edit took them off")
        #expect(try seen(money: "21.00", left: "3.00").fees == bag("1"))
        #expect(try seen(money: "23.00", left: "6.00").fees == bag("0"), "the money settles an edit")
    }

    @Test("E6 a record that names nothing and moved nothing took the fees, not the one that settles an edit")
    func feesWithoutMoney() throws {
        let empty = Sample.refund().with("id", 51)
        func fees(_ money: String, left: String) throws -> [MoneyBag] {
            let paid = Sample.refund(transactions: [Sample.transaction(money)])
                .with("id", 52).with("created_at", "2026-11-02T10:00:00Z")
            return try both(
                returned(order([empty, paid], total: "27.00"))
                    .with("current_total_additional_fees_set", Sample.set(left))
                    .with("original_total_additional_fees_set", Sample.set("6.00"))
            ).refunds.map(\.fees)
        }
        #expect(try fees("20.00", left: "4.75") == [bag("1.25"), bag("0")])
        #expect(try fees("0.75", left: "4.75") == [bag("0.50"), bag("0.75")], "money that fees explain is theirs")
        #expect(try fees("20.00", left: "6.00") == [bag("0"), bag("0")])
    }

    // MARK: A deposit

    @Test(
        "E1 a refund says how much of what was paid went back, not that all was paid",
        arguments: [
            ("partially_refunded", "220.00", false), ("partially_refunded", "0.00", true),
            ("refunded", "300.00", false),
            ("refunded", "0.00", true), ("refunded", "-3.00", true), ("partially_paid", "0.00", false),
            ("paid", "3.00", true),
        ])
    func deposit(status: String, outstanding: String, isPaid: Bool) throws {
        let json = Sample.order().with("financial_status", .string(status))
            .with("total_outstanding", .string(outstanding))
        #expect(try both(json).hasBeenPaid == isPaid)
    }

    @Test("E1 where the payload does not say what is owed, a refunded order is read before it opens a gate")
    func silentDeposit() throws {
        let json = Sample.order().with("financial_status", "partially_refunded").with("total_outstanding", nil)
        let mapped = try OrderMapping.rest(Payload(try #require(json.object)))
        #expect(mapped.isPartial)
        #expect(!mapped.order.hasBeenPaid)
    }

    // MARK: Discounts that were not scaled

    @Test("E4 a webhook whose lines do not make its own subtotal is only a reason to read")
    func unscaledDiscount() throws {
        // One unit of 100.00 with 10 % off became two; the allocation is still of one.
        let line = Sample.line(1, quantity: 2, current: 2, price: "100.00")
            .with("discount_allocations", [["amount": "10.00", "amount_set": Sample.set("10.00")]])
        let json = Sample.order().with("line_items", [line]).with("current_subtotal_price_set", Sample.set("180.00"))
        let bundle = ShopBundle()
        let seen = bundle.source.observations(in: bundle.receipt("orders/paid", json.encoded()))
        #expect(seen.first?.isHint == true)
        // The next edit may make it partially paid, so that it was paid is taken from here.
        let acts = seen.compactMap { if case .act(_, let act) = $0 { act } else { nil } }
        #expect(acts.map(\.kind) == [.paid, .authorized])
        #expect(acts.allSatisfy { $0.at.description == "2026-11-02T09:00:00Z" })
        let unpaid = json.with("financial_status", "pending").encoded()
        #expect(bundle.source.observations(in: bundle.receipt("orders/updated", unpaid)).count == 1)
        let price: JSON = ["amount": "90.0", "currencyCode": "USD"]
        var answer = GraphQLTranscription.order(json)
        let told = try #require(answer["lineItems"]?["nodes"]?[0])
        let unit: JSON = ["shopMoney": price, "presentmentMoney": price]
        answer = answer.with(
            "lineItems",
            GraphQLTranscription.connection([told.with("discountedUnitPriceAfterAllDiscountsSet", unit)], cursor: "c"))
        let order = try OrderMapping.graphQL(Payload(try #require(answer.object))).order
        #expect(order.lines[0].discountedUnitPrice == bag("90"))
        #expect(order.lines[0].allocatedDiscount == bag("20"))
    }

    @Test("E4 crumbs of a discount that does not divide are no contradiction")
    func crumbs() throws {
        func seen(_ subtotal: String, current: Int = 3) -> Bool? {
            let line = Sample.line(1, quantity: 3, current: current, price: "10.00")
                .with("discount_allocations", [["amount": "10.00", "amount_set": Sample.set("10.00")]])
            let json = Sample.order().with("line_items", [line])
                .with("current_subtotal_price_set", Sample.set(subtotal))
            return ShopBundle().observation("orders/updated", json)?.isHint
        }
        #expect(seen("20.00") == false)
        #expect(seen("13.33", current: 2) == false)
        #expect(seen("13.34", current: 2) == false)
        #expect(seen("13.36", current: 2) == true)
        #expect(seen("20.50") == true)
    }

    @Test("E4 a tip may be part of the subtotal or beside it")
    func tip() throws {
        let json = Sample.order().with("total_tip_received", "3.00")
        #expect(try rest(json).lines.count == 2)
        for subtotal in ["43.00", "37.00"] {
            #expect(try rest(json.with("current_subtotal_price_set", Sample.set(subtotal))).lines.count == 2)
        }
        #expect(throws: ShopifyError.self) {
            try rest(json.with("current_subtotal_price_set", Sample.set("42.00")))
        }
    }
}
