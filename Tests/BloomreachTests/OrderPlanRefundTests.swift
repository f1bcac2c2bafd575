import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// Refund records that are not simply goods and their money.
@Suite("Order plan: refund records of every kind")
struct OrderPlanRefundTests {
    private func amount(_ text: String) -> Amount { OrderPlanShop.amount(text) }

    // MARK: Money that is on its way

    @Test(
        "E6 while a gateway has not answered nothing is told; its yes is a return, its no a return of the goods alone")
    func lateGateway() throws {
        for isSuccess in [true, false] {
            var shop = OrderPlanShop.teeAndCap()
            var fixture = OrderPlanFixture(shop)
            fixture.catchUp(shop)
            shop.giveBack("L2", isPending: true)
            #expect(shop.order.refunds[0].itemised.isZero, "all of it is booked as kept")
            #expect(fixture.catchUp(shop).historyTypes == [])
            shop.answer(isSuccess: isSuccess)
            let plan = fixture.catchUp(shop)
            #expect(plan.historyTypes == ["return", "return_item"])
            #expect(try plan.event("return").amount("total_price") == amount(isSuccess ? "18" : "0"))
            #expect(try plan.event("return_item").amount("total_price") == amount("18"))
            #expect(fixture.toldValue == shop.worth)
            #expect(fixture.catchUp(shop).historyTypes == [])
        }
    }

    // MARK: More, or less, than the record says

    @Test("E6 duties and fees of a refund are in its return, and make no revision")
    func duties() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.totals.current = shop.order.totals.current + shop.bag("12")
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        #expect(fixture.toldValue == amount("55"))
        shop.giveBack("L2")
        shop.order.totals.current = shop.order.totals.current - shop.bag("5")
        shop.order.refunds[0].duties = shop.bag("4")
        shop.order.refunds[0].fees = shop.bag("1")
        shop.order.refunds[0].moneySettled = shop.bag("23")
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["return", "return_item"])
        #expect(try plan.event("return").amount("total_price") == amount("23"))
        #expect(fixture.toldValue == amount("32"))
    }

    @Test("E6 fees that a told return gave back stay its own, whatever later records make them look like")
    func feesStay() throws {
        for guessed in ["0", "3"] {
            var shop = OrderPlanShop.teeAndCap()
            shop.order.totals.current = shop.order.totals.current + shop.bag("6")
            shop.pay()
            var fixture = OrderPlanFixture(shop)
            fixture.catchUp(shop)
            shop.giveBack("L2")
            shop.order.totals.current = shop.order.totals.current - shop.bag("1")
            shop.order.refunds[0].fees = shop.bag("1")
            shop.order.refunds[0].moneySettled = shop.bag("19")
            #expect(try fixture.catchUp(shop).event("return").amount("total_price") == amount("19"))
            shop.tick()
            shop.order.refunds[0].fees = shop.bag(guessed)
            #expect(fixture.catchUp(shop).historyTypes == [])
            #expect(fixture.toldValue == amount("30"))
        }
    }

    @Test(
        "E6 what a refund took off beyond its record, or short of it, belongs to the return",
        arguments: [("3.5", "21.5"), ("-3.5", "14.5")])
    func unitemised(beside: String, returned: String) throws {
        var shop = OrderPlanShop.teeAndCap(buyer: "EUR")
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L2", unitemised: beside)
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["return", "return_item"])
        #expect(try plan.event("return").amount("total_price") == amount(returned))
        #expect(try plan.event("return").amount("total_price_local_currency") == amount(returned) * 2)
        #expect(fixture.toldValue == shop.worth)
        // It stays the return's when the order is edited later.
        shop.add("MUG", 1, at: "12.50")
        let edit = try fixture.catchUp(shop).event("purchase_update")
        #expect(try edit.amount("total_delta") == amount("12.5"))
        #expect(fixture.toldValue == shop.worth)
    }

    // MARK: Units and money apart

    @Test("E6 units and money in two records: a return of the units, then one of the money")
    func twoRecords() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.keepMoney(of: "L2")
        let units = fixture.catchUp(shop)
        #expect(units.historyTypes == ["return", "return_item"])
        #expect(try units.event("return").amount("total_price") == .zero)
        #expect(try units.event("return_item").properties()["quantity"] == 1)
        #expect(fixture.toldValue == amount("43"))
        shop.giveKeptMoney()
        let money = fixture.catchUp(shop)
        #expect(money.historyTypes == ["return"])
        #expect(try money.event("return").amount("total_price") == amount("18"))
        #expect(fixture.toldValue == amount("25"))
        #expect(try ToldItems(fixture.events).units == ["L1": 1, "L2": 0])
    }

    @Test("E6 money that follows a record whose units were told as edited away settles that edit")
    func moneyAfterAnEdit() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.remove("L2")
        #expect(fixture.catchUp(shop).historyTypes == ["purchase_update", "purchase_item_removed"])
        shop.tick()
        shop.order.refunds[0].moneyPending = shop.bag("18")
        #expect(fixture.catchUp(shop).historyTypes == [])
        shop.tick()
        shop.order.refunds[0].moneyPending = shop.bag("0")
        shop.order.refunds[0].moneySettled = shop.bag("20")
        shop.order.refunds[0].discrepancy = shop.bag("2")
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["return"], "given beyond what the edit owed")
        #expect(try plan.event("return").amount("total_price") == amount("2"))
        #expect(fixture.toldValue == amount("23"))
        #expect(try ToldItems(fixture.events).units == ["L1": 1, "L2": 0])
    }

    @Test("E6 what was told as returned stays returned, even if its money is taken back")
    func moneyTakenBack() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L2")
        fixture.catchUp(shop)
        shop.tick()
        shop.order.refunds[0].moneySettled = shop.bag("0")
        #expect(fixture.catchUp(shop).historyTypes == [])
        #expect(try ToldItems(fixture.events).units == ["L1": 1, "L2": 0])
    }

    @Test("E6 one line in two entries of a record, shipped units and others, is one item")
    func oneLineTwice() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.add("MUG", 3, at: "10.00", isEdit: false)
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L3", 2)
        let value = shop.bag("10")
        shop.order.refunds[0].lines = [1, 1].map { Refund.Line(lineID: "L3", quantity: $0, value: value) }
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["return", "return_item"])
        #expect(try plan.event("return_item").properties()["quantity"] == 2)
        #expect(try plan.event("return_item").amount("total_price") == amount("20"))
        #expect(try ToldItems(fixture.events).units["L3"] == 1)
    }

    @Test("E6 an order that stands again is told with the units that the buyer still has")
    func reinstated() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.add("MUG", 3, at: "10.00", isEdit: false)
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L3")
        fixture.catchUp(shop)
        var open = shop
        shop.cancel()
        fixture.catchUp(shop)
        #expect(try ToldItems(fixture.events).units == [:])
        open.tick(60)
        #expect(try fixture.catchUp(open).event("purchase_update").properties()["is_reinstatement"] == true)
        #expect(try ToldItems(fixture.events).units == ["L1": 1, "L2": 1, "L3": 2])
        #expect(fixture.toldValue == open.worth)
    }

    @Test("E6 a line of an odd cent stands again as what its return left, to the cent", arguments: ["64.53", "64.55"])
    func oddCent(value: String) throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.add("BAG", 2, at: "40.00", isEdit: false)
        shop.order.lines[2].allocatedDiscount = shop.bag(amount("80") - amount(value))
        shop.order.totals.current = shop.bag(amount("43") + amount(value))
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        // The shop rounds the unit that comes back up, and keeps the rest on the order.
        let gone = amount(value == "64.53" ? "32.27" : "32.28")
        shop.tick()
        shop.order.lines[2].currentQuantity = 1
        shop.order.totals.current = shop.order.totals.current - shop.bag(gone)
        shop.order.refunds = [
            Refund(
                id: "R1", createdAt: shop.order.updatedAt,
                lines: [Refund.Line(lineID: "L3", quantity: 1, value: shop.bag(gone))], shipping: shop.bag("0"),
                moneySettled: shop.bag(gone), moneyPending: shop.bag("0"), discrepancy: shop.bag("0"))
        ]
        #expect(fixture.catchUp(shop).historyTypes == ["return", "return_item"])
        var open = shop
        shop.cancel()
        fixture.catchUp(shop)
        open.tick(60)
        let plan = fixture.catchUp(open)
        #expect(try plan.event("purchase_update").properties()["is_reinstatement"] == true)
        let item = try #require(
            try plan.deliveries.filter { $0.eventType == "purchase_item" }.map { try $0.properties() }
                .first { $0["line_id"]?.string == "L3" })
        #expect(item["total_price"]?.decimalText == (amount(value) - gone).description)
        #expect(fixture.toldValue == open.order.totals.current.shop.amount)
    }

    // MARK: One basis for each measure

    @Test("E6 with tax on top, items come and go without it, shipping too, and totals with it")
    func taxOnTop() throws {
        var shop = OrderPlanShop()
        shop.add("SOFA", 6, at: "200.00", isEdit: false)
        shop.ship("Van", at: "40.00")
        shop.order.totals.current = shop.bag("1550")
        shop.order.totals.currentTax = shop.bag("310")
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        let bought = fixture.catchUp(shop)
        #expect(try bought.event("purchase").amount("total_price") == amount("1550"))
        #expect(try bought.event("purchase_item").amount("total_price") == amount("1200"))
        shop.giveBack("L1", 5)
        shop.order.totals.current = shop.bag("250")
        shop.order.refunds = [
            Refund(
                id: "R1", createdAt: shop.order.updatedAt,
                lines: [Refund.Line(lineID: "L1", quantity: 5, price: shop.bag("1000"), value: shop.bag("1250"))],
                shippingPrice: shop.bag("40"), shipping: shop.bag("50"), moneySettled: shop.bag("1300"),
                moneyPending: shop.bag("0"), discrepancy: shop.bag("0"))
        ]
        let back = fixture.catchUp(shop)
        #expect(back.historyTypes == ["return", "return_item"])
        #expect(try back.event("return").amount("total_price") == amount("1300"))
        #expect(try back.event("return").amount("shipping_value") == amount("40"))
        #expect(try back.event("return_item").amount("total_price") == amount("1000"))
        #expect(try ToldItems(fixture.events).worth == ["L1": amount("200")])
        #expect(fixture.toldValue == amount("250"))
    }

    @Test("E4 a price that does not divide: parts of a line add up to it, to the minor unit")
    func indivisible() throws {
        var shop = OrderPlanShop()
        shop.add("SOCKS", 3, at: "10.00", isEdit: false)
        shop.order.lines[0].allocatedDiscount = shop.bag("10")
        shop.order.totals.current = shop.bag("20")
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        let bought = fixture.catchUp(shop)
        #expect(try bought.event("purchase_item").amount("total_price") == amount("20"))
        #expect(try bought.event("purchase_item").amount("price") == amount("6.67"))
        let entry = try bought.event("purchase").properties()["product_list"]?[0]
        #expect(entry?["total_price"]?.decimalText == "20")
        shop.remove("L1", 2)
        shop.order.totals.current = shop.bag("6.67")
        let edited = fixture.catchUp(shop)
        #expect(try edited.event("purchase_item_removed").amount("total_price") == amount("13.33"))
        #expect(try edited.event("purchase_update").amount("total_delta") == amount("-13.33"))
        shop.remove("L1", 1)
        shop.order.totals.current = shop.bag("0")
        fixture.catchUp(shop)
        #expect(try ToldItems(fixture.events).worth == ["L1": .zero])
        #expect(fixture.toldValue == .zero)
    }

    // MARK: Deposits

    @Test("E1 part of a deposit given back is no purchase; the rest of the money makes it one")
    func deposit() throws {
        var shop = OrderPlanShop()
        shop.add("SOFA", 1, at: "300.00", isEdit: false)
        shop.tick()
        shop.order.financialStatus = .partiallyPaid
        shop.order.totals.outstanding = Money(amount("200"), OrderPlanShop.currency("GBP"))
        var fixture = OrderPlanFixture(shop)
        #expect(fixture.catchUp(shop).reason("purchase") == .notPurchaseYet)
        shop.tick()
        shop.order.financialStatus = .partiallyRefunded
        shop.order.totals.outstanding = Money(amount("220"), OrderPlanShop.currency("GBP"))
        #expect(fixture.catchUp(shop).reason("purchase") == .notPurchaseYet)
        #expect(fixture.told == [])
        shop.tick()
        shop.order.totals.outstanding = .zero(OrderPlanShop.currency("GBP"))
        #expect(fixture.catchUp(shop).historyTypes == ["purchase", "purchase_item"])
    }

    // MARK: Deleted products

    @Test("E6 goods that the shop deleted come back by the names that they had")
    func deletedProduct() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L2")
        let before = shop.order
        shop.order.lines[1].productID = nil
        shop.order.lines[1].variantID = nil
        shop.order.lines[1].vendor = nil
        shop.order = shop.order.or(before)
        let item = try fixture.catchUp(shop).event("return_item").properties()
        #expect(item["product_id"] == "P-CAP")
        #expect(item["sku"] == "CAP")
    }
}
