import Commerce
import JSON
import Testing

@testable import Shopify

@Suite("Assumptions")
struct AssumptionTests {
    private func order(_ json: JSON) throws -> Order { try OrderMapping.rest(Payload(try #require(json.object))).order }

    @Test("A2 contents of one second end at the same value in every order of arrival")
    func permutations() throws {
        let base = SampleOrders.order()
        let refund = SampleOrders.refund(transactions: [SampleOrders.transaction("1.00")])
        let contents = try [
            base, base.with("note", "a"), base.with("note", "b"), base.with("refunds", [refund]),
            base.with("cancelled_at", "2026-11-02T08:00:00Z"),
        ].map(order)
        var results: Set<Order> = []
        func permute(_ rest: [Order], _ held: Order?) {
            guard !rest.isEmpty else {
                if let held { results.insert(held) }
                return
            }
            for index in rest.indices {
                var others = rest
                let next = others.remove(at: index)
                permute(others, held.map { ShopifyAssumptions.later(of: $0, next) } ?? next)
            }
        }
        permute(contents, nil)
        #expect(results == [contents[4]])
    }

    @Test("A3 the source's time decides before anything else")
    func timeFirst() throws {
        let newer = try order(SampleOrders.order().with("updated_at", "2026-11-03T00:00:00Z"))
        let richer = try order(SampleOrders.order().with("cancelled_at", "2026-11-02T08:00:00Z"))
        #expect(ShopifyAssumptions.later(of: newer, richer) == newer)
        #expect(ShopifyAssumptions.later(of: richer, newer) == newer)
    }

    @Test("duties, fees, taxes and tips take part in finding whether the total was lowered", arguments: [true, false])
    func loweredTotals(taxesIncluded: Bool) throws {
        let currency = try #require(Currency("USD"))
        func bag(_ units: Int64) -> MoneyBag {
            MoneyBag(shop: Money(Amount(units: units), currency), presentment: Money(Amount(units: units), currency))
        }
        func current(_ total: Int64, discrepancy: Int64) -> Amount {
            let sums = OrderMapping.Sums(
                total: bag(total), subtotal: bag(100), tax: bag(20), discounts: bag(0), shipping: bag(10),
                duties: bag(5),
                fees: bag(3), tip: bag(2).shop)
            return ShopifyAssumptions.totalWithoutAppeasements(
                sums, taxesIncluded: taxesIncluded, discrepancy: bag(discrepancy)
            ).shop.amount
        }
        let parts: Int64 = taxesIncluded ? 118 : 138
        for whole in [parts, parts + 2] {
            #expect(current(whole - 7, discrepancy: 7) == Amount(units: whole))
            #expect(current(whole, discrepancy: 7) == Amount(units: whole))
            #expect(current(whole + 7, discrepancy: -7) == Amount(units: whole))
            #expect(current(whole - 7, discrepancy: 0) == Amount(units: whole - 7))
            // A discrepancy as large as the tip must not be taken for it.
            #expect(current(whole, discrepancy: 2) == Amount(units: whole))
            #expect(current(whole, discrepancy: -2) == Amount(units: whole))
        }
    }

    @Test(
        "GraphQL's display status becomes REST's shipment status",
        arguments: [
            (nil, nil), ("FULFILLED", nil), ("MARKED_AS_FULFILLED", nil), ("SUBMITTED", nil), ("CANCELED", nil),
            ("LABEL_VOIDED", nil), ("NOT_DELIVERED", "failure"), ("IN_TRANSIT", "in_transit"),
            ("DELIVERED", "delivered"),
            ("FAILURE", "failure"), ("SOMETHING_NEW", "something_new"),
        ] as [(String?, String?)])
    func shipmentStatuses(display: String?, shipment: String?) {
        #expect(ShopifyAssumptions.shipmentStatus(displayStatus: display, of: .success) == shipment)
    }

    @Test("a fulfilment that failed has no carrier's failure")
    func failedFulfillment() {
        #expect(ShopifyAssumptions.shipmentStatus(displayStatus: "FAILURE", of: .failure) == nil)
    }

    @Test("an adjustment that repeats the refunded shipping is no discrepancy")
    func shippingTwice() throws {
        let refund = SampleOrders.refund(
            shipping: [["subtotal_amount_set": SampleOrders.set("5.00"), "tax_amount_set": SampleOrders.set("0.00")]])
        var answer = GraphQLTranscription.order(SampleOrders.order().with("refunds", [refund]))
        func money(_ amount: String) -> JSON { ["amount": .string(amount), "currencyCode": "USD"] }
        let repeated: JSON = [
            "reason": nil, "amountSet": ["shopMoney": money("-5.0"), "presentmentMoney": money("-5.0")],
            "taxAmountSet": ["shopMoney": money("0.0"), "presentmentMoney": money("0.0")],
        ]
        let transcribed = try #require(answer["refunds"]?[0])
        answer = answer.with(
            "refunds", [transcribed.with("orderAdjustments", GraphQLTranscription.connection([repeated]))])
        let mapped = try OrderMapping.graphQL(Payload(try #require(answer.object)))
        #expect(mapped.order.refunds[0].discrepancy.isZero)
        #expect(mapped.order.refunds[0].shipping.shop.amount == Amount(units: 5))
    }
}
