import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: refunds on both wires")
struct ShopifyRefundTests {
    private static let two = ShopifyActionTests.two
    private static let cap = ##""lines":[{"sku":"CAP-BLACK"}]"##

    // MARK: Money on its way

    @Test("while a refund is pending the record says that nothing was paid; settled, it nets to nothing")
    func pending() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"refund","order":"#1001",\##(Self.cap),"pending":true}"##)
        let (record, read) = try fixture.lastRefund()
        #expect(record.adjustments == ["refund_discrepancy Refund discrepancy 18.00 0.00"])
        #expect(read.adjustments == ["REFUND_DISCREPANCY 18.0"])
        #expect(record.json.at("transactions.0.status") == "pending")
        #expect(read.json.at("totalRefundedSet.shopMoney.amount") == "0.0")
        var order = try fixture.order()
        #expect(order["net_value"] == "72.95" && order["outstanding"] == "0.00" && order["current_total"] == "54.95")
        #expect(order["financial_status"] == "paid")

        fixture.wait(60)
        try fixture.act(##"{"do":"settle_refund","order":"#1001"}"##)
        let (settled, settledRead) = try fixture.lastRefund()
        #expect(
            settled.adjustments == [
                "refund_discrepancy Refund discrepancy 18.00 0.00",
                "refund_discrepancy Pending refund discrepancy -18.00 0.00",
            ])
        #expect(settledRead.adjustments == ["REFUND_DISCREPANCY 18.0", "PENDING_REFUND_DISCREPANCY -18.0"])
        #expect(settledRead.json.at("totalRefundedSet.shopMoney.amount") == "18.0")
        #expect(settledRead.json["updatedAt"] != settledRead.json["createdAt"])
        order = try fixture.order()
        #expect(order["net_value"] == "54.95" && order["outstanding"] == "0.00")
        #expect(order.at("refunds.0.value") == "18.00")
        #expect(order["financial_status"] == "partially_refunded")
    }

    @Test("a refund that failed keeps what was booked: the goods are gone and the shop has the money")
    func failed() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"refund","order":"#1001",\##(Self.cap),"pending":true}"##)
        try fixture.act(##"{"do":"settle_refund","order":"#1001","status":"failure"}"##)
        let (record, read) = try fixture.lastRefund()
        #expect(record.adjustments == ["refund_discrepancy Refund discrepancy 18.00 0.00"])
        #expect(read.adjustments == ["REFUND_DISCREPANCY 18.0"])
        #expect(record.json.at("transactions.0.status") == "failure")
        let order = try fixture.order()
        #expect(order["net_value"] == "72.95" && order["current_total"] == "54.95" && order["outstanding"] == "0.00")
        #expect(order.at("refunds.0.failed") == "18.00" && order.at("refunds.0.value") == "0.00")
        #expect(order.at("lines.1.current_quantity") == 0)
        try fixture.refused(##"{"do":"settle_refund","order":"#1001"}"##)
    }

    @Test("a pending appeasement is told twice and, settled, a third time")
    func pendingAppeasement() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"refund","order":"#1001","amount":"5.00","pending":true}"##)
        let booked = [
            "refund_discrepancy Refund discrepancy -5.00 0.00", "refund_discrepancy Refund discrepancy 5.00 0.00",
        ]
        #expect(try fixture.lastRefund().hook.adjustments == booked)
        #expect(try fixture.order()["net_value"] == "72.95")
        try fixture.act(##"{"do":"settle_refund","order":"#1001"}"##)
        let (record, read) = try fixture.lastRefund()
        #expect(
            record.adjustments == booked + ["refund_discrepancy Pending refund discrepancy -5.00 0.00"])
        #expect(
            read.adjustments == [
                "REFUND_DISCREPANCY -5.0", "REFUND_DISCREPANCY 5.0", "PENDING_REFUND_DISCREPANCY -5.0",
            ])
        #expect(try fixture.order()["net_value"] == "67.95")
    }

    @Test("a pending settlement of a reducing edit is no debt while it is on its way")
    func pendingSettlement() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"CAP-BLACK","quantity":0}]}"##)
        #expect(try fixture.order()["outstanding"] == "-18.00")
        try fixture.act(##"{"do":"refund","order":"#1001","pending":true}"##)
        #expect(try fixture.order()["outstanding"] == "0.00")
        try fixture.refused(##"{"do":"refund","order":"#1001"}"##)
        try fixture.act(##"{"do":"settle_refund","order":"#1001"}"##)
        let order = try fixture.order()
        #expect(order["net_value"] == "54.95" && order["outstanding"] == "0.00")
    }

    @Test("units and money in two records: first nothing is paid, then nothing is taken off")
    func later() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        let first = try fixture.act(##"{"do":"refund","order":"#1001",\##(Self.cap),"money":"later"}"##)
        let (record, read) = try fixture.lastRefund()
        #expect(record.json["transactions"] == [])
        #expect(record.adjustments == ["refund_discrepancy Refund discrepancy 18.00 0.00"])
        #expect(read.adjustments == ["REFUND_DISCREPANCY 18.0"])
        #expect(try fixture.order()["net_value"] == "72.95")
        #expect(try fixture.order().at("refunds.0.due_later") == "18.00")

        let second = try fixture.act(##"{"do":"pay_refund","order":"#1001"}"##)
        #expect(second.at("ids.refund") != first.at("ids.refund"))
        let (paid, paidRead) = try fixture.lastRefund()
        #expect(paid.json["refund_line_items"] == [] && paid.json.at("transactions.0.amount") == "18.00")
        #expect(paid.adjustments == ["refund_discrepancy Refund discrepancy -18.00 0.00"])
        #expect(paidRead.adjustments == ["REFUND_DISCREPANCY -18.0"])
        let order = try fixture.order()
        #expect(order["net_value"] == "54.95" && order["outstanding"] == "0.00")
        try fixture.refused(##"{"do":"pay_refund","order":"#1001"}"##)
        try fixture.refused(##"{"do":"refund","order":"#1001",\##(Self.cap),"money":"never"}"##)
        try fixture.refused(##"{"do":"refund","order":"#1001","money":"later"}"##)
    }

    @Test("the money of an earlier record may come in parts, and late")
    func laterInParts() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.two)
        try fixture.act(##"{"do":"refund","order":"#1001",\##(Self.cap),"money":"later"}"##)
        try fixture.act(##"{"do":"pay_refund","order":"#1001","amount":"10.00"}"##)
        try fixture.refused(##"{"do":"pay_refund","order":"#1001","amount":"8.01"}"##)
        try fixture.act(##"{"do":"pay_refund","order":"#1001","pending":true}"##)
        #expect(try fixture.order()["net_value"] == "62.95")
        try fixture.act(##"{"do":"settle_refund","order":"#1001"}"##)
        let order = try fixture.order()
        #expect(order["net_value"] == "54.95" && order["outstanding"] == "0.00")
        #expect(order.at("refunds.1.value") == "10.00" && order.at("refunds.2.value") == "8.00")
    }

    // MARK: Delivery

    @Test(
        "a REST refund of shipping has no tax but that of its adjustment, which a shop may not write",
        arguments: [(true, true), (true, false), (false, true), (false, false)], [false, true])
    func shipping(_ ways: (isIncluded: Bool, isAdjusted: Bool), isGross: Bool) throws {
        var fixture = ShopifyFixture { settings in
            settings.taxesIncluded = ways.isIncluded
            settings.shippingRefundAdjustments = ways.isAdjusted
            settings.refundShippingSubtotalIncludesTax = isGross
        }
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"MUG-WHITE"}],"shipping":"6.00"}"#)
        try fixture.act(##"{"do":"refund","order":"#1001","shipping":"4.50"}"##)
        let (record, read) = try fixture.lastRefund()
        let line = try #require(record.json.at("refund_shipping_lines.0")?.object)
        #expect(
            Set(line.keys) == ["id", "shipping_line", "shipping_line_id", "subtotal_amount_set"], "as the vendor's")
        let (net, tax) = ways.isIncluded ? ("3.75", "0.75") : ("4.50", "0.90")
        let subtotal = ways.isIncluded && isGross ? "4.50" : net
        #expect(line["subtotal_amount_set"]?.at("shop_money.amount")?.string == subtotal)
        #expect(
            record.adjustments == (ways.isAdjusted ? ["shipping_refund Shipping refund -\(net) -\(tax)"] : []))
        #expect(read.adjustments == [], "GraphQL tells it as a shipping line only")
        #expect(read.amount("refundShippingLines.nodes.0.subtotalAmountSet") == TwinAmount(subtotal))
        #expect(read.amount("refundShippingLines.nodes.0.taxAmountSet") == TwinAmount(tax))
        #expect(record.json.at("transactions.0.amount")?.string == (ways.isIncluded ? "4.50" : "5.40"))
        #expect(try fixture.order().at("refunds.0.value")?.string == (ways.isIncluded ? "4.50" : "5.40"))
    }

    @Test("taxes on top that do not divide are in what goods and shipping give back")
    func taxesOnTop() throws {
        var fixture = ShopifyFixture { settings in
            settings.taxesIncluded = false
            settings.taxRateMillionths = 88_750
            settings.taxTitle = "NY sales tax"
        }
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3}],"shipping":"4.95"}"#)
        // 29.97 + 2.66 tax, 4.95 + 0.44 tax.
        #expect(try fixture.order()["current_total"] == "38.02")
        try fixture.act(
            ##"{"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"shipping":"4.95"}"##)
        let (record, read) = try fixture.lastRefund()
        #expect(record.json.at("refund_line_items.0.subtotal")?.decimalText == "9.99")
        #expect(record.json.at("refund_line_items.0.total_tax")?.decimalText == "0.89")
        #expect(read.amount("refundLineItems.nodes.0.totalTaxSet") == TwinAmount("0.89"))
        #expect(record.json.at("transactions.0.amount") == "16.27")
        #expect(try fixture.order()["outstanding"] == "0.00")
    }

    // MARK: Refusals

    @Test("a refund of more than there is is refused and changes nothing")
    func refusals() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"{"do":"place_order","lines":[{"sku":"CAP-BLACK","quantity":2,"duty":"3.00"}],"fees":"1.00"}"#)
        let before = try fixture.state()["orders"]
        for action in [
            ##"{"do":"refund","order":"#1001","fees":"1.01"}"##,
            ##"{"do":"refund","order":"#1001","duties":"proportional"}"##,
            ##"{"do":"refund","order":"#1001","duties":"half"}"##, ##"{"do":"refund","order":"#1001","shipping":"1"}"##,
            ##"{"do":"refund","order":"#1001","lines":[{"quantity":1}]}"##,
            ##"{"do":"refund","order":"#1001","money":"later","amount":"1.00","lines":[{"sku":"CAP-BLACK"}]}"##,
            ##"{"do":"pay_refund","order":"#1001"}"##,
        ] {
            try fixture.refused(action)
        }
        #expect(try fixture.state()["orders"] == before)
    }

    // MARK: Whatever happens

    @Test("each refund takes off what its record explains, and both wires add up", arguments: 0..<40)
    func walk(seed: Int) throws {
        var dice = TwinRandom(seed: UInt64(seed) &+ 4_000)
        func roll(_ sides: Int) -> Int { Int(dice.next() % UInt64(sides)) }
        var fixture = ShopifyFixture(seed: UInt64(seed)) { settings in
            settings.taxesIncluded = seed % 2 == 0
            settings.taxRateMillionths = [200_000, 88_750, 190_000, 72_500][seed % 4]
            settings.rescalesAllocations = seed % 3 == 0
            settings.tipInSubtotal = seed % 5 == 0
        }
        let presentment = seed % 4 == 1 ? ##","presentment":{"currency":"JPY","rate":"191.37"}"## : ""
        let money = [##","deposit":"31.00""##, "", "", ##","paid":false"##][roll(4)]
        try fixture.act(
            ##"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":5,"duty":"4.01"},{"sku":"TEE-RED-S",
             "quantity":3}],"shipping":"3.99","discount":{"code":"TWENTY","amount":"20.00"},"tip":"2.00",
             "fees":"1.51"\##(presentment)\##(money)}
            """##)
        for _ in 0..<12 {
            let before = try #require(fixture.twin.shop.orders.last)
            let action = Self.actions[roll(Self.actions.count)]
            _ = fixture.send("POST", "/_twin/act", action)
            let order = try #require(fixture.twin.shop.orders.last)
            #expect(order.worth == order.net + order.outstanding)
            #expect(order.current.total.shop >= .zero && order.net.shop >= .zero, "\(action)")
            if order.refunds.count > before.refunds.count, let refund = order.refunds.last, !refund.isEdit {
                #expect(order.worth == before.worth - refund.value(order.tax), "\(action)")
            }
            try Self.check(&fixture, action)
        }
        let cancel = ##"{"do":"cancel","order":"#1001","refund":true}"##
        if fixture.send("POST", "/_twin/act", cancel).response?.status == 200 {
            let order = try #require(fixture.twin.shop.orders.last)
            #expect(order.current.total == .zero && order.refundable == .zero, "nothing is left in either currency")
        }
    }

    private static let actions = [
        ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":2}]}"##,
        ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":7}]}"##,
        ##"{"do":"edit_order","order":"#1001","changes":[{"add_sku":"TEE-RED-S","quantity":1}]}"##,
        ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-S","discount":"1.11"}]}"##,
        ##"{"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"duties":"proportional"}"##,
        ##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-S","quantity":1}],"amount":"3.00"}"##,
        ##"{"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"money":"later"}"##,
        ##"{"do":"refund","order":"#1001","duties":"full"}"##, ##"{"do":"refund","order":"#1001","fees":"0.50"}"##,
        ##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-S","quantity":1}],"pending":true}"##,
        ##"{"do":"refund","order":"#1001","amount":"2.22","pending":true}"##,
        ##"{"do":"refund","order":"#1001","shipping":"1.00"}"##, ##"{"do":"pay_refund","order":"#1001"}"##,
        ##"{"do":"settle_refund","order":"#1001"}"##, ##"{"do":"pay","order":"#1001"}"##,
        ##"{"do":"settle_refund","order":"#1001","status":"failure"}"##, ##"{"do":"fulfil","order":"#1001"}"##,
    ]

    /// What the two wires say of sums and records is one thing.
    private static func check(_ fixture: inout ShopifyFixture, _ action: String) throws {
        let hook = try fixture.orderHook()
        let read = try fixture.readOrder()
        func same(_ key: String, _ field: String) {
            let told = hook.at("\(key).shop_money.amount")?.string.flatMap { TwinAmount($0) }
            let other = hook.at("\(key).presentment_money.amount")?.string.flatMap { TwinAmount($0) }
            #expect(
                told == read.at("\(field).shopMoney.amount")?.string.flatMap { TwinAmount($0) }, "\(key): \(action)")
            #expect(other == read.at("\(field).presentmentMoney.amount")?.string.flatMap { TwinAmount($0) })
        }
        same("current_total_price_set", "currentTotalPriceSet")
        same("current_subtotal_price_set", "currentSubtotalPriceSet")
        same("current_total_duties_set", "currentTotalDutiesSet")
        same("original_total_duties_set", "originalTotalDutiesSet")
        same("current_total_additional_fees_set", "currentTotalAdditionalFeesSet")
        same("original_total_additional_fees_set", "originalTotalAdditionalFeesSet")
        let records = zip(hook["refunds"]?.array ?? [], read["refunds"]?.array ?? [])
        for (record, other) in records {
            let sum = (record["order_adjustments"]?.array ?? []).filter { $0["kind"] == "refund_discrepancy" }
                .compactMap { $0["amount"]?.string.flatMap { TwinAmount($0) } }.sum()
            let otherSum = (other.at("orderAdjustments.nodes")?.array ?? [])
                .compactMap { $0.at("amountSet.shopMoney.amount")?.string.flatMap { TwinAmount($0) } }.sum()
            #expect(sum == otherSum, "\(action)")
            let duties = (other["duties"]?.array ?? [])
                .compactMap { $0.at("amountSet.shopMoney.amount")?.string.flatMap { TwinAmount($0) } }.sum()
            #expect(record.at("total_duties_set.shop_money.amount")?.string.flatMap { TwinAmount($0) } == duties)
        }
        let status = read["displayFinancialStatus"]?.string?.lowercased()
        #expect(hook["financial_status"]?.string == status)
        let received = read.at("totalReceivedSet.shopMoney.amount")?.string.flatMap { TwinAmount($0) }
        let refunded = read.at("totalRefundedSet.shopMoney.amount")?.string.flatMap { TwinAmount($0) }
        let net = read.at("netPaymentSet.shopMoney.amount")?.string.flatMap { TwinAmount($0) }
        if let received, let refunded { #expect(net == received - refunded) }
        let outstanding = read.at("totalOutstandingSet.shopMoney.amount")?.string.flatMap { TwinAmount($0) }
        #expect(hook["total_outstanding"]?.string.flatMap { TwinAmount($0) } == outstanding)
    }
}

/// A refund record as one wire tells it.
struct ToldRefund {
    var json: JSON
    /// One line for each adjustment.
    var adjustments: [String]

    func amount(_ bag: String) -> TwinAmount? {
        json.at("\(bag).shopMoney.amount")?.string.flatMap { TwinAmount($0) }
    }
}

extension ShopifyFixture {
    private static let money = "{ shopMoney { amount } presentmentMoney { amount } }"
    private static let document = """
        query O($id: ID!) { order(id: $id) {
          displayFinancialStatus fullyPaid unpaid totalOutstandingSet \(money) totalReceivedSet \(money)
          totalRefundedSet \(money) netPaymentSet \(money) currentTotalPriceSet \(money)
          currentSubtotalPriceSet \(money) currentTotalDutiesSet \(money) originalTotalDutiesSet \(money)
          currentTotalAdditionalFeesSet \(money) originalTotalAdditionalFeesSet \(money) totalTipReceivedSet \(money)
          refundDiscrepancySet \(money) additionalFees { id name price \(money) }
          lineItems(first: 20) { nodes { id title sku vendor quantity currentQuantity product { id } variant { id }
            originalUnitPriceSet \(money) discountedUnitPriceSet \(money)
            discountedUnitPriceAfterAllDiscountsSet \(money) discountAllocations { allocatedAmountSet \(money) }
            duties { id countryCodeOfOrigin harmonizedSystemCode price \(money) } } }
          refunds { id createdAt updatedAt totalRefundedSet \(money)
            duties { amountSet \(money) originalDuty { id } }
            refundLineItems(first: 20) { nodes { quantity subtotalSet \(money) totalTaxSet \(money) } }
            refundShippingLines(first: 5) { nodes { subtotalAmountSet \(money) taxAmountSet \(money) } }
            orderAdjustments(first: 10) { nodes { reason amountSet \(money) taxAmountSet \(money) } } } } }
        """

    /// The newest order as a webhook would tell it now: after a change of nothing.
    mutating func orderHook() throws -> JSON {
        let order = try #require(twin.shop.orders.last)
        return ShopifyPayload(shop: twin.shop).order(order)
    }

    /// The newest order over GraphQL. The bucket is full again before each read.
    mutating func readOrder() throws -> JSON {
        wait(60)
        let id = try #require(twin.shop.orders.last?.gid)
        let answer = try query(Self.document, ["id": .string(id)])
        return try #require(answer.at("data.order"), "\(answer.text())")
    }

    /// The newest refund on both wires.
    mutating func lastRefund() throws -> (hook: ToldRefund, read: ToldRefund) {
        let hook = try #require(try orderHook()["refunds"]?.array?.last)
        let read = try #require(try readOrder()["refunds"]?.array?.last)
        let adjustments = (hook["order_adjustments"]?.array ?? []).map { adjustment in
            ["kind", "reason", "amount", "tax_amount"].map { adjustment[$0]?.string ?? "?" }.joined(separator: " ")
        }
        let nodes = (read.at("orderAdjustments.nodes")?.array ?? []).map { node in
            "\(node["reason"]?.string ?? "?") \(node.at("amountSet.shopMoney.amount")?.string ?? "?")"
        }
        return (ToldRefund(json: hook, adjustments: adjustments), ToldRefund(json: read, adjustments: nodes))
    }
}
