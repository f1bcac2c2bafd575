import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: duties, fees, tips, deposits, discounts and goods that are gone")
struct ShopifyChargeTests {
    // MARK: Duties and fees

    @Test("duties are part of the total, and a refund gives back the share of its units")
    func duties() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"},{"sku":"CAP-BLACK"}],
             "shipping":"4.95"}
            """#)
        var hook = try fixture.orderHook()
        #expect(hook["current_total_price"] == "56.92")
        #expect(hook.at("original_total_duties_set.shop_money.amount") == "4.00")
        #expect(hook.at("line_items.0.duties.0.shop_money.amount") == "4.00")
        #expect(hook.at("line_items.1.duties") == [])
        let read = try fixture.readOrder()
        #expect(read.at("lineItems.nodes.0.duties.0.price.shopMoney.amount") == "4.0")

        try fixture.act(
            ##"""
            {"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"duties":"proportional"}
            """##)
        let (record, readRecord) = try fixture.lastRefund()
        #expect(record.json.at("duties.0.amount_set.shop_money.amount") == "1.33")
        #expect(record.json.at("duties.0.duty_id")?.decimalText == hook.at("line_items.0.duties.0.id")?.string)
        #expect(record.json.at("total_duties_set.shop_money.amount") == "1.33")
        #expect(record.json.at("transactions.0.amount") == "11.32")
        #expect(record.adjustments == [])
        #expect(readRecord.amount("duties.0.amountSet") == TwinAmount("1.33"))
        #expect(readRecord.json.at("duties.0.originalDuty.id") == read.at("lineItems.nodes.0.duties.0.id"))
        hook = try fixture.orderHook()
        #expect(hook.at("current_total_duties_set.shop_money.amount") == "2.67")
        #expect(hook.at("original_total_duties_set.shop_money.amount") == "4.00")
        #expect(hook["current_total_price"] == "45.60" && hook["total_outstanding"] == "0.00")
    }

    @Test("the last share of a duty leaves no crumb, and the rest can be given back alone")
    func lastShare() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"}]}"#)
        for share in ["1.33", "1.34"] {
            try fixture.act(
                ##"""
                {"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"duties":"proportional"}
                """##)
            #expect(try fixture.lastRefund().hook.json.at("total_duties_set.shop_money.amount")?.string == share)
        }
        try fixture.act(##"{"do":"refund","order":"#1001","duties":"full"}"##)
        #expect(try fixture.lastRefund().hook.json.at("transactions.0.amount") == "1.33")
        let order = try fixture.order()
        #expect(order["duties"] == "0.00" && order["net_value"] == "9.99" && order["outstanding"] == "0.00")
        try fixture.refused(##"{"do":"refund","order":"#1001","duties":"full"}"##)
    }

    @Test("an edit leaves duties as they are, and new units carry none")
    func editedDuties() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"3.00"}]}"#)
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":1}]}"##)
        #expect(try fixture.order()["duties"] == "3.00")
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":4}]}"##)
        #expect(try fixture.order()["duties"] == "3.00")
    }

    @Test("additional fees given back are told by the order's sums and the money alone")
    func fees() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}],"fees":"2.50"}"#)
        #expect(try fixture.orderHook()["current_total_price"] == "20.50")
        try fixture.act(##"{"do":"refund","order":"#1001","fees":"1.00"}"##)
        let (record, read) = try fixture.lastRefund()
        for list in ["refund_line_items", "refund_shipping_lines", "order_adjustments", "duties"] {
            #expect(record.json[list] == [])
        }
        #expect(read.adjustments == [] && read.json["duties"] == [])
        #expect(record.json.at("transactions.0.amount") == "1.00")
        let hook = try fixture.orderHook()
        #expect(hook.at("original_total_additional_fees_set.shop_money.amount") == "2.50")
        #expect(hook.at("current_total_additional_fees_set.shop_money.amount") == "1.50")
        #expect(hook["current_total_price"] == "19.50" && hook["total_outstanding"] == "0.00")
        let order = try fixture.readOrder()
        #expect(order.at("additionalFees.0.price.shopMoney.amount") == "2.5")
        #expect(order.at("originalTotalAdditionalFeesSet.shopMoney.amount") == "2.5")
    }

    @Test("an order without duties and fees says null, not zero")
    func none() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}]}"#)
        let (hook, read) = (try fixture.orderHook(), try fixture.readOrder())
        for key in ["current_total_duties_set", "original_total_additional_fees_set"] { #expect(hook[key] == .null) }
        #expect(read["currentTotalDutiesSet"] == .null && read["originalTotalAdditionalFeesSet"] == .null)
    }

    @Test("a tip is a line; the subtotal holds it or not, the total does", arguments: [false, true])
    func tip(isInSubtotal: Bool) throws {
        var fixture = ShopifyFixture { $0.tipInSubtotal = isInSubtotal }
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"CAP-BLACK"}],"tip":"2.00","discount":{"code":"TEN","amount":"10.00"}}
            """#)
        var hook = try fixture.orderHook()
        #expect(hook["total_tip_received"] == "2.00" && hook["current_total_price"] == "10.00")
        #expect(hook["current_subtotal_price"]?.string == (isInSubtotal ? "10.00" : "8.00"))
        let line = try #require(hook.at("line_items.1"))
        #expect(line["title"] == "Tip" && line["variant_id"] == .null && line["requires_shipping"] == false)
        #expect(line["tip_payment_gateway"] == "shopify_payments" && line["discount_allocations"] == [])
        #expect(hook.at("line_items.0")?.object?.keys.contains("tip_payment_gateway") == false)
        try fixture.refused(
            ##"""
            {"do":"edit_order","order":"#1001","changes":[{"line":\##(line["id"]?.decimalText ?? ""),"quantity":2}]}
            """##)
        try fixture.act(##"{"do":"fulfil","order":"#1001"}"##)
        #expect(try fixture.order()["fulfillment_status"] == "fulfilled", "nobody ships a tip")

        try fixture.act(
            ##"{"do":"refund","order":"#1001","lines":[{"line":\##(line["id"]?.decimalText ?? "")}]}"##)
        hook = try fixture.orderHook()
        #expect(hook["total_tip_received"] == "2.00" && hook["current_total_price"] == "8.00")
        #expect(try fixture.readOrder().at("totalTipReceivedSet.shopMoney.amount") == "2.0")
    }

    @Test("cancelling with money gives back duties, fees and the tip")
    func cancel() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"}],"tip":"2.00","fees":"1.00",
             "presentment":{"currency":"EUR","rate":"1.1734"}}
            """#)
        try fixture.act(##"{"do":"cancel","order":"#1001","refund":true}"##)
        let order = try #require(fixture.twin.shop.orders.last)
        #expect(order.worth == .zero && order.net == .zero)
        #expect(try fixture.lastRefund().hook.json.at("total_duties_set.shop_money.amount") == "4.00")
    }

    @Test("a recreated order takes over what is left of duties, fees and the tip")
    func recreate() throws {
        var fixture = ShopifyFixture()
        try fixture.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"}],"tip":"2.00","fees":"1.00"}
            """#)
        try fixture.act(##"{"do":"recreate_order","order":"#1001","style":"letter_and_tags"}"##)
        let order = try fixture.order()
        #expect(order["name"] == "#1001A" && order["current_total"] == "36.97" && order["outstanding"] == "0.00")
        #expect(order["duties"] == "4.00" && order["fees"] == "1.00" && order["tip"] == "2.00")
    }

    // MARK: Deposits

    @Test("a deposit is partially paid; part of it given back is partially refunded, all of it refunded; never paid")
    func deposit() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        func look() throws -> (JSON, JSON, JSON) {
            (try fixture.order(), try fixture.orderHook(), try fixture.readOrder())
        }
        var (order, hook, read) = try look()
        #expect(hook["financial_status"] == "partially_paid" && hook["total_outstanding"] == "40.00")
        #expect(read["fullyPaid"] == false && read["unpaid"] == false)
        #expect(fixture.deliver().map(\.topic).contains("orders/paid") == false)

        try fixture.act(##"{"do":"refund","order":"#1001","amount":"5.00"}"##)
        (order, hook, read) = try look()
        #expect(hook["financial_status"] == "partially_refunded" && order["ever_paid"] == false)
        #expect(read["displayFinancialStatus"] == "PARTIALLY_REFUNDED" && read["fullyPaid"] == false)
        #expect(hook["total_outstanding"] == "40.00" && read.at("netPaymentSet.shopMoney.amount") == "15.0")
        #expect(read.at("totalReceivedSet.shopMoney.amount") == "20.0")

        try fixture.act(##"{"do":"refund","order":"#1001","amount":"15.00"}"##)
        (order, hook, read) = try look()
        #expect(hook["financial_status"] == "refunded" && order["ever_paid"] == false)
        #expect(read.at("netPaymentSet.shopMoney.amount") == "0.0")
        #expect(read.at("totalOutstandingSet.shopMoney.amount") == "40.0")
    }

    @Test("an order is paid when the rest comes, whatever was given back before or later")
    func restOfDeposit() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        try fixture.act(##"{"do":"refund","order":"#1001","amount":"5.00"}"##)
        #expect(try fixture.order()["ever_paid"] == false)
        try fixture.act(##"{"do":"pay","order":"#1001"}"##)
        #expect(try fixture.order()["ever_paid"] == true)
        #expect(try fixture.order()["financial_status"] == "partially_refunded", "so say the vendor's words")
        try fixture.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"HOODIE-GREY-L"}]}"##)
        #expect(try fixture.order()["financial_status"] == "refunded")
        #expect(try fixture.order()["ever_paid"] == true)
    }

    @Test("a deposit with all goods taken off was never paid; cancelled, it was not either")
    func depositTakenOff() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        try fixture.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"HOODIE-GREY-L"}]}"##)
        #expect(try fixture.lastRefund().hook.json.at("transactions.0.amount") == "20.00")
        #expect(try fixture.order()["outstanding"] == "0.00" && fixture.order()["ever_paid"] == false)
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        try fixture.act(##"{"do":"cancel","order":"#1002","restock":true}"##)
        #expect(try fixture.order()["ever_paid"] == false)
        try fixture.refused(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}],"deposit":"18.00"}"#)
    }

    @Test("a paid order of which a part was refunded and that grew is partially refunded with a balance")
    func grown() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}]}"#)
        try fixture.act(##"{"do":"refund","order":"#1001","amount":"1.00"}"##)
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"add_sku":"MUG-WHITE"}]}"##)
        let order = try fixture.order()
        #expect(order["financial_status"] == "partially_refunded" && order["outstanding"] == "12.50")
    }

    // MARK: Discounts on added units

    private static let three = #"""
        {"do":"place_order","lines":[{"sku":"TEE-RED-M","quantity":3}],"discount":{"code":"TWENTY","amount":"20.00"}}
        """#
    private static let grow =
        ##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","quantity":4}]}"##

    @Test("a code's discount counts on added units, and no payload says so but the totals and the unit price")
    func unscaled() throws {
        var fixture = ShopifyFixture()
        try fixture.act(Self.three)
        try fixture.act(Self.grow)
        let (hook, read) = (try fixture.orderHook(), try fixture.readOrder())
        #expect(hook.at("line_items.0.discount_allocations.0.amount") == "20.00")
        #expect(hook["current_subtotal_price"] == "73.33", "four units at 18.333…")
        #expect(read.at("lineItems.nodes.0.discountAllocations.0.allocatedAmountSet.shopMoney.amount") == "20.0")
        #expect(
            read.at("lineItems.nodes.0.discountedUnitPriceAfterAllDiscountsSet.shopMoney.amount") == "18.33",
            "approximate")
        #expect(read.at("lineItems.nodes.0.discountedUnitPriceSet.shopMoney.amount") == "25.0", "without codes")
        #expect(try fixture.order().at("lines.0.unscaled") == true && fixture.order().at("lines.0.value") == "73.33")
        // Back to three, then to nothing: what is left is always what the units cost.
        try fixture.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M","quantity":1}]}"##)
        #expect(try fixture.orderHook()["current_subtotal_price"] == "55.00")
        #expect(try fixture.lastRefund().hook.json.at("refund_line_items.0.subtotal")?.decimalText == "18.33")
        try fixture.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M"}]}"##)
        #expect(try fixture.order()["net_value"] == "0.00")
    }

    @Test("a shop that rescales tells the discount of all units")
    func rescaled() throws {
        var fixture = ShopifyFixture { $0.rescalesAllocations = true }
        try fixture.act(Self.three)
        try fixture.act(Self.grow)
        #expect(try fixture.orderHook().at("line_items.0.discount_allocations.0.amount") == "26.67")
        #expect(try fixture.orderHook()["current_subtotal_price"] == "73.33")
        #expect(try fixture.order().at("lines.0.unscaled") == false)
    }

    @Test("a line's own discount is told for all of its units")
    func ownDiscount() throws {
        var fixture = ShopifyFixture()
        try fixture.act(#"{"do":"place_order","lines":[{"sku":"TEE-RED-M","quantity":2}]}"#)
        try fixture.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","discount":"4.00"}]}"##)
        try fixture.act(Self.grow)
        let (hook, read) = (try fixture.orderHook(), try fixture.readOrder())
        #expect(hook.at("line_items.0.discount_allocations.0.amount") == "8.00")
        #expect(hook["current_subtotal_price"] == "92.00")
        #expect(read.at("lineItems.nodes.0.discountedUnitPriceSet.shopMoney.amount") == "23.0")
        #expect(try fixture.order().at("lines.0.repriced") == true)
    }

    // MARK: Goods that are gone

    @Test("a deleted product leaves its words on both wires and takes its ids")
    func deleted() throws {
        var fixture = ShopifyFixture()
        try fixture.act(ShopifyActionTests.two)
        try fixture.act(##"{"do":"update_product","sku":"CAP-BLACK","vendor":"Brand & Son"}"##)
        try fixture.act(##"{"do":"fulfil","order":"#1001","lines":[{"sku":"CAP-BLACK"}]}"##)
        try fixture.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"CAP-BLACK"}]}"##)
        try fixture.act(##"{"do":"delete_product","sku":"CAP-BLACK"}"##)
        try fixture.act(##"{"do":"update_order","order":"#1001","note":"later"}"##)
        let hook = try fixture.orderHook()
        let lines = [
            hook.at("line_items.1"), hook.at("refunds.0.refund_line_items.0.line_item"),
            hook.at("fulfillments.0.line_items.0"),
        ]
        for line in lines {
            #expect(line?["product_id"] == .null && line?["variant_id"] == .null && line?["product_exists"] == false)
            #expect(line?["title"] == "Cap" && line?["sku"] == "CAP-BLACK" && line?["vendor"] == "Acme")
        }
        #expect(hook.at("line_items.0.product_id") != .null)
        let line = try fixture.readOrder().at("lineItems.nodes.1")
        #expect(line?["product"] == .null && line?["variant"] == .null)
        #expect(line?["title"] == "Cap" && line?["sku"] == "CAP-BLACK" && line?["vendor"] == "Acme")
    }
}
