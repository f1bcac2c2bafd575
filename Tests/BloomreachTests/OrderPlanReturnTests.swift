import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// Money given back: what is a return, and what only settles an edit.
@Suite("Order plan: returns")
struct OrderPlanReturnTests {
    private func amount(_ text: String) -> Amount { OrderPlanShop.amount(text) }

    @Test("E6 money that settles a reducing edit is no return")
    func settlement() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.remove("L2")
        fixture.catchUp(shop)
        shop.settle()
        #expect(shop.order.refunds.last?.moneySettled.shop.amount == amount("18"))
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == [])
        #expect(plan.decisions.contains { $0.eventType == "return" && $0.reason == .noChange })
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E6 an edit before the purchase was told is settled without a return, too")
    func settlementOfAnEarlyEdit() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        shop.remove("L2")
        fixture.catchUp(shop)
        #expect(fixture.toldValue == amount("25"))
        shop.settle()
        #expect(fixture.catchUp(shop).historyTypes == [])
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E6 money beyond what an edit left owed is a return of the rest")
    func settlementAndMore() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.remove("L2")
        fixture.catchUp(shop)
        shop.appease("20")
        let event = try fixture.catchUp(shop).event("return")
        #expect(try event.amount("total_price") == amount("2"))
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E6 an appeasement is a return without lines")
    func appeasement() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.appease("5")
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["return"])
        #expect(try plan.event("return").amount("total_price") == amount("5"))
        #expect(try plan.event("return").properties()["product_list"] == [])
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E6 returned goods are a return with their lines, after the chain, and no revision")
    func goods() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        shop.giveBack("L2")
        fixture.see(shop)
        let plan = fixture.plan()
        #expect(plan.historyTypes == ["purchase", "purchase_item", "purchase_item", "return", "return_item"])
        #expect(try plan.event("purchase").amount("total_price") == amount("43"), "the edited state adds returns back")
        let event = try plan.event("return")
        #expect(event.after == ["shop-1001:purchase"])
        #expect(try event.properties()["product_list"]?[0]?["sku"] == "CAP")
        #expect(try plan.event("return_item").leader == event.key)
        fixture.tellAll()
        #expect(fixture.toldValue == shop.worth)
        #expect(fixture.catchUp(shop).historyTypes == [])
    }

    @Test("E6 goods that the buyer still owed for come back with less money; their whole value is returned")
    func unpaidGoods() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        shop.add("MUG", 1, at: "12.50")
        fixture.catchUp(shop)
        #expect(fixture.toldValue == amount("55.5"))
        shop.giveBack("L2")
        #expect(shop.order.refunds.last?.moneySettled.shop.amount == amount("5.5"))
        #expect(try fixture.catchUp(shop).event("return").amount("total_price") == amount("18"))
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E6 a pending refund is no return until its money has moved")
    func pending() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L2", isPending: true)
        #expect(fixture.catchUp(shop).historyTypes == [])
        shop.answer(isSuccess: true)
        #expect(try fixture.catchUp(shop).event("return").amount("total_price") == amount("18"))
        #expect(fixture.toldValue == amount("25"))
    }

    @Test("E6 a refund beside a cancellation belongs to it and sends nothing")
    func besideACancellation() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.cancel()
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["purchase_cancellation"])
        #expect(plan.reason("return") == .superseded)
        shop.tick(600)
        #expect(fixture.catchUp(shop).historyTypes == [])
        #expect(fixture.toldValue == .zero)
    }

    @Test("E6 a return under way when the order is cancelled is in what the cancellation takes back")
    func returnUnderWay() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L2")
        fixture.see(shop)
        fixture.plan()
        fixture.attempt("shop-1001:return:R1")
        shop.cancel()
        fixture.see(shop)
        let cancellation = try fixture.plan().event("purchase_cancellation")
        #expect(try cancellation.amount("total_price") == amount("25"))
        #expect(cancellation.after.contains("shop-1001:return:R1"))
        fixture.tellAll()
        #expect(fixture.toldValue == .zero)
    }

    @Test("E6 in the buyer's currency, too, a whole life sums up to nothing once it is cancelled")
    func localCurrency() throws {
        var shop = OrderPlanShop.teeAndCap(buyer: "EUR")
        var fixture = OrderPlanFixture(shop)
        var local = Amount.zero
        func count(_ plan: Plan) throws {
            for delivery in plan.deliveries {
                switch delivery.eventType {
                case "purchase": local = local + (try delivery.amount("total_price_local_currency"))
                case "purchase_update": local = local + (try delivery.amount("total_delta_local_currency"))
                case "return", "purchase_cancellation":
                    local = local - (try delivery.amount("total_price_local_currency"))
                default: break
                }
            }
        }
        try count(fixture.catchUp(shop))
        #expect(local == amount("86"))
        shop.add("MUG", 1, at: "12.50")
        try count(fixture.catchUp(shop))
        shop.pay()
        shop.giveBack("L1")
        try count(fixture.catchUp(shop))
        #expect(local == shop.worth * 2)
        shop.cancel()
        try count(fixture.catchUp(shop))
        #expect(local == .zero)
    }
}
