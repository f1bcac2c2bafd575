import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: duties, fees, tips, deposits, discounts and goods that are gone")
struct ShopifyChargeTests {
    // MARK: Duties and fees

    @Test("duties are part of the total, and a refund gives back the share of its units")
    func duties() throws {
        var bench = ShopifyBench()
        try bench.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"},{"sku":"CAP-BLACK"}],
             "shipping":"4.95"}
            """#)
        var hook = try bench.orderHook()
        #expect(hook["current_total_price"] == "56.92")
        #expect(hook.at("original_total_duties_set.shop_money.amount") == "4.00")
        #expect(hook.at("line_items.0.duties.0.shop_money.amount") == "4.00")
        #expect(hook.at("line_items.1.duties") == [])
        let read = try bench.readOrder()
        #expect(read.at("lineItems.nodes.0.duties.0.price.shopMoney.amount") == "4.0")

        try bench.act(
            ##"""
            {"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"duties":"proportional"}
            """##)
        let (record, readRecord) = try bench.lastRefund()
        #expect(record.json.at("duties.0.amount_set.shop_money.amount") == "1.33")
        #expect(record.json.at("duties.0.duty_id")?.decimalText == hook.at("line_items.0.duties.0.id")?.string)
        #expect(record.json.at("total_duties_set.shop_money.amount") == "1.33")
        #expect(record.json.at("transactions.0.amount") == "11.32")
        #expect(record.adjustments == [])
        #expect(readRecord.amount("duties.0.amountSet") == TwinAmount("1.33"))
        #expect(readRecord.json.at("duties.0.originalDuty.id") == read.at("lineItems.nodes.0.duties.0.id"))
        hook = try bench.orderHook()
        #expect(hook.at("current_total_duties_set.shop_money.amount") == "2.67")
        #expect(hook.at("original_total_duties_set.shop_money.amount") == "4.00")
        #expect(hook["current_total_price"] == "45.60" && hook["total_outstanding"] == "0.00")
    }

    @Test("the last share of a duty leaves no crumb, and the rest can be given back alone")
    func lastShare() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"}]}"#)
        for share in ["1.33", "1.34"] {
            try bench.act(
                ##"""
                {"do":"refund","order":"#1001","lines":[{"sku":"SOCKS-3PK","quantity":1}],"duties":"proportional"}
                """##)
            #expect(try bench.lastRefund().hook.json.at("total_duties_set.shop_money.amount")?.string == share)
        }
        try bench.act(##"{"do":"refund","order":"#1001","duties":"full"}"##)
        #expect(try bench.lastRefund().hook.json.at("transactions.0.amount") == "1.33")
        let order = try bench.order()
        #expect(order["duties"] == "0.00" && order["net_value"] == "9.99" && order["outstanding"] == "0.00")
        try bench.refused(##"{"do":"refund","order":"#1001","duties":"full"}"##)
    }

    @Test("an edit leaves duties as they are, and new units carry none")
    func editedDuties() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"3.00"}]}"#)
        try bench.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":1}]}"##)
        #expect(try bench.order()["duties"] == "3.00")
        try bench.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"SOCKS-3PK","quantity":4}]}"##)
        #expect(try bench.order()["duties"] == "3.00")
    }

    @Test("additional fees given back are told by the order's sums and the money alone")
    func fees() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}],"fees":"2.50"}"#)
        #expect(try bench.orderHook()["current_total_price"] == "20.50")
        try bench.act(##"{"do":"refund","order":"#1001","fees":"1.00"}"##)
        let (record, read) = try bench.lastRefund()
        for list in ["refund_line_items", "refund_shipping_lines", "order_adjustments", "duties"] {
            #expect(record.json[list] == [])
        }
        #expect(read.adjustments == [] && read.json["duties"] == [])
        #expect(record.json.at("transactions.0.amount") == "1.00")
        let hook = try bench.orderHook()
        #expect(hook.at("original_total_additional_fees_set.shop_money.amount") == "2.50")
        #expect(hook.at("current_total_additional_fees_set.shop_money.amount") == "1.50")
        #expect(hook["current_total_price"] == "19.50" && hook["total_outstanding"] == "0.00")
        let order = try bench.readOrder()
        #expect(order.at("additionalFees.0.price.shopMoney.amount") == "2.5")
        #expect(order.at("originalTotalAdditionalFeesSet.shopMoney.amount") == "2.5")
    }

    @Test("an order without duties and fees says null, not zero")
    func none() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}]}"#)
        let (hook, read) = (try bench.orderHook(), try bench.readOrder())
        for key in ["current_total_duties_set", "original_total_additional_fees_set"] { #expect(hook[key] == .null) }
        #expect(read["currentTotalDutiesSet"] == .null && read["originalTotalAdditionalFeesSet"] == .null)
    }

    @Test("a tip is a line; the subtotal holds it or not, the total does", arguments: [false, true])
    func tip(isInSubtotal: Bool) throws {
        var bench = ShopifyBench { $0.tipInSubtotal = isInSubtotal }
        try bench.act(
            #"""
            {"do":"place_order","lines":[{"sku":"CAP-BLACK"}],"tip":"2.00","discount":{"code":"TEN","amount":"10.00"}}
            """#)
        var hook = try bench.orderHook()
        #expect(hook["total_tip_received"] == "2.00" && hook["current_total_price"] == "10.00")
        #expect(hook["current_subtotal_price"]?.string == (isInSubtotal ? "10.00" : "8.00"))
        let line = try #require(hook.at("line_items.1"))
        #expect(line["title"] == "Tip" && line["variant_id"] == .null && line["requires_shipping"] == false)
        #expect(line["tip_payment_gateway"] == "shopify_payments" && line["discount_allocations"] == [])
        #expect(hook.at("line_items.0")?.object?.keys.contains("tip_payment_gateway") == false)
        try bench.refused(
            ##"""
            {"do":"edit_order","order":"#1001","changes":[{"line":\##(line["id"]?.decimalText ?? ""),"quantity":2}]}
            """##)
        try bench.act(##"{"do":"fulfil","order":"#1001"}"##)
        #expect(try bench.order()["fulfillment_status"] == "fulfilled", "nobody ships a tip")

        try bench.act(
            ##"{"do":"refund","order":"#1001","lines":[{"line":\##(line["id"]?.decimalText ?? "")}]}"##)
        hook = try bench.orderHook()
        #expect(hook["total_tip_received"] == "2.00" && hook["current_total_price"] == "8.00")
        #expect(try bench.readOrder().at("totalTipReceivedSet.shopMoney.amount") == "2.0")
    }

    @Test("cancelling with money gives back duties, fees and the tip")
    func cancel() throws {
        var bench = ShopifyBench()
        try bench.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"}],"tip":"2.00","fees":"1.00",
             "presentment":{"currency":"EUR","rate":"1.1734"}}
            """#)
        try bench.act(##"{"do":"cancel","order":"#1001","refund":true}"##)
        let order = try #require(bench.twin.shop.orders.last)
        #expect(order.worth == .zero && order.net == .zero)
        #expect(try bench.lastRefund().hook.json.at("total_duties_set.shop_money.amount") == "4.00")
    }

    @Test("a recreated order takes over what is left of duties, fees and the tip")
    func recreate() throws {
        var bench = ShopifyBench()
        try bench.act(
            #"""
            {"do":"place_order","lines":[{"sku":"SOCKS-3PK","quantity":3,"duty":"4.00"}],"tip":"2.00","fees":"1.00"}
            """#)
        try bench.act(##"{"do":"recreate_order","order":"#1001","style":"letter_and_tags"}"##)
        let order = try bench.order()
        #expect(order["name"] == "#1001A" && order["current_total"] == "36.97" && order["outstanding"] == "0.00")
        #expect(order["duties"] == "4.00" && order["fees"] == "1.00" && order["tip"] == "2.00")
    }

    // MARK: Deposits

    @Test("a deposit is partially paid; part of it given back is partially refunded, all of it refunded; never paid")
    func deposit() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        func look() throws -> (JSON, JSON, JSON) { (try bench.order(), try bench.orderHook(), try bench.readOrder()) }
        var (order, hook, read) = try look()
        #expect(hook["financial_status"] == "partially_paid" && hook["total_outstanding"] == "40.00")
        #expect(read["fullyPaid"] == false && read["unpaid"] == false)
        #expect(bench.deliver().map(\.topic).contains("orders/paid") == false)

        try bench.act(##"{"do":"refund","order":"#1001","amount":"5.00"}"##)
        (order, hook, read) = try look()
        #expect(hook["financial_status"] == "partially_refunded" && order["ever_paid"] == false)
        #expect(read["displayFinancialStatus"] == "PARTIALLY_REFUNDED" && read["fullyPaid"] == false)
        #expect(hook["total_outstanding"] == "40.00" && read.at("netPaymentSet.shopMoney.amount") == "15.0")
        #expect(read.at("totalReceivedSet.shopMoney.amount") == "20.0")

        try bench.act(##"{"do":"refund","order":"#1001","amount":"15.00"}"##)
        (order, hook, read) = try look()
        #expect(hook["financial_status"] == "refunded" && order["ever_paid"] == false)
        #expect(read.at("netPaymentSet.shopMoney.amount") == "0.0")
        #expect(read.at("totalOutstandingSet.shopMoney.amount") == "40.0")
    }

    @Test("an order is paid when the rest comes, whatever was given back before or later")
    func restOfDeposit() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        try bench.act(##"{"do":"refund","order":"#1001","amount":"5.00"}"##)
        #expect(try bench.order()["ever_paid"] == false)
        try bench.act(##"{"do":"pay","order":"#1001"}"##)
        #expect(try bench.order()["ever_paid"] == true)
        #expect(try bench.order()["financial_status"] == "partially_refunded", "so say the vendor's words")
        try bench.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"HOODIE-GREY-L"}]}"##)
        #expect(try bench.order()["financial_status"] == "refunded")
        #expect(try bench.order()["ever_paid"] == true)
    }

    @Test("a deposit with all goods taken off was never paid; cancelled, it was not either")
    func depositTakenOff() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        try bench.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"HOODIE-GREY-L"}]}"##)
        #expect(try bench.lastRefund().hook.json.at("transactions.0.amount") == "20.00")
        #expect(try bench.order()["outstanding"] == "0.00" && bench.order()["ever_paid"] == false)
        try bench.act(#"{"do":"place_order","lines":[{"sku":"HOODIE-GREY-L"}],"deposit":"20.00"}"#)
        try bench.act(##"{"do":"cancel","order":"#1002","restock":true}"##)
        #expect(try bench.order()["ever_paid"] == false)
        try bench.refused(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}],"deposit":"18.00"}"#)
    }

    @Test("a paid order of which a part was refunded and that grew is partially refunded with a balance")
    func grown() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"CAP-BLACK"}]}"#)
        try bench.act(##"{"do":"refund","order":"#1001","amount":"1.00"}"##)
        try bench.act(##"{"do":"edit_order","order":"#1001","changes":[{"add_sku":"MUG-WHITE"}]}"##)
        let order = try bench.order()
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
        var bench = ShopifyBench()
        try bench.act(Self.three)
        try bench.act(Self.grow)
        let (hook, read) = (try bench.orderHook(), try bench.readOrder())
        #expect(hook.at("line_items.0.discount_allocations.0.amount") == "20.00")
        #expect(hook["current_subtotal_price"] == "73.33", "four units at 18.333…")
        #expect(read.at("lineItems.nodes.0.discountAllocations.0.allocatedAmountSet.shopMoney.amount") == "20.0")
        #expect(
            read.at("lineItems.nodes.0.discountedUnitPriceAfterAllDiscountsSet.shopMoney.amount") == "18.33",
            "approximate")
        #expect(read.at("lineItems.nodes.0.discountedUnitPriceSet.shopMoney.amount") == "25.0", "without codes")
        #expect(try bench.order().at("lines.0.unscaled") == true && bench.order().at("lines.0.value") == "73.33")
        // Back to three, then to nothing: what is left is always what the units cost.
        try bench.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M","quantity":1}]}"##)
        #expect(try bench.orderHook()["current_subtotal_price"] == "55.00")
        #expect(try bench.lastRefund().hook.json.at("refund_line_items.0.subtotal")?.decimalText == "18.33")
        try bench.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"TEE-RED-M"}]}"##)
        #expect(try bench.order()["net_value"] == "0.00")
    }

    @Test("a shop that rescales tells the discount of all units")
    func rescaled() throws {
        var bench = ShopifyBench { $0.rescalesAllocations = true }
        try bench.act(Self.three)
        try bench.act(Self.grow)
        #expect(try bench.orderHook().at("line_items.0.discount_allocations.0.amount") == "26.67")
        #expect(try bench.orderHook()["current_subtotal_price"] == "73.33")
        #expect(try bench.order().at("lines.0.unscaled") == false)
    }

    @Test("a line's own discount is told for all of its units")
    func ownDiscount() throws {
        var bench = ShopifyBench()
        try bench.act(#"{"do":"place_order","lines":[{"sku":"TEE-RED-M","quantity":2}]}"#)
        try bench.act(##"{"do":"edit_order","order":"#1001","changes":[{"sku":"TEE-RED-M","discount":"4.00"}]}"##)
        try bench.act(Self.grow)
        let (hook, read) = (try bench.orderHook(), try bench.readOrder())
        #expect(hook.at("line_items.0.discount_allocations.0.amount") == "8.00")
        #expect(hook["current_subtotal_price"] == "92.00")
        #expect(read.at("lineItems.nodes.0.discountedUnitPriceSet.shopMoney.amount") == "23.0")
        #expect(try bench.order().at("lines.0.repriced") == true)
    }

    // MARK: Goods that are gone

    @Test("a deleted product leaves its words on both wires and takes its ids")
    func deleted() throws {
        var bench = ShopifyBench()
        try bench.act(ShopifyDeedTests.two)
        try bench.act(##"{"do":"update_product","sku":"CAP-BLACK","vendor":"Brand & Son"}"##)
        try bench.act(##"{"do":"fulfil","order":"#1001","lines":[{"sku":"CAP-BLACK"}]}"##)
        try bench.act(##"{"do":"refund","order":"#1001","lines":[{"sku":"CAP-BLACK"}]}"##)
        try bench.act(##"{"do":"delete_product","sku":"CAP-BLACK"}"##)
        try bench.act(##"{"do":"update_order","order":"#1001","note":"later"}"##)
        let hook = try bench.orderHook()
        let lines = [
            hook.at("line_items.1"), hook.at("refunds.0.refund_line_items.0.line_item"),
            hook.at("fulfillments.0.line_items.0"),
        ]
        for line in lines {
            #expect(line?["product_id"] == .null && line?["variant_id"] == .null && line?["product_exists"] == false)
            #expect(line?["title"] == "Cap" && line?["sku"] == "CAP-BLACK" && line?["vendor"] == "Acme")
        }
        #expect(hook.at("line_items.0.product_id") != .null)
        let line = try bench.readOrder().at("lineItems.nodes.1")
        #expect(line?["product"] == .null && line?["variant"] == .null)
        #expect(line?["title"] == "Cap" && line?["sku"] == "CAP-BLACK" && line?["vendor"] == "Acme")
    }
}
