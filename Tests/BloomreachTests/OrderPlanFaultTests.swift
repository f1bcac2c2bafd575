import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// Stories that the plan once got wrong.
@Suite("Order plan: old faults")
struct OrderPlanFaultTests {
    private func amount(_ text: String) -> Amount { OrderPlanShop.amount(text) }

    @Test("law 4 a revision waits for the revision before it, also for one of no value")
    func revisionOfNoValue() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.swap("L2", for: "SCARF", at: "18.00")
        fixture.see(shop)
        fixture.plan()
        fixture.attempt("shop-1001:revision:1")
        shop.add("MUG", 1, at: "12.50")
        fixture.see(shop)
        let second = try fixture.plan().event("purchase_update")
        #expect(second.after == ["shop-1001:revision:1"])
    }

    @Test("E6 money that settled an edit is no return, also when the next edit took the edit back before it was told")
    func settlementOfACoalescedEdit() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.remove("L2")
        shop.settle()
        shop.add("SCARF", 1, at: "18.00")
        shop.pay()
        fixture.catchUp(shop)
        #expect(shop.worth == amount("43"))
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("A22 an order that becomes worthless while its purchase is under way is revised")
    func worthlessMeanwhile() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.plan()
        fixture.attempt("shop-1001:purchase")
        shop.remove("L1")
        shop.remove("L2")
        fixture.catchUp(shop)
        #expect(fixture.toldValue == .zero)
    }

    @Test("E6 an order that stands again after a return is worth what is left of it")
    func reinstatedAfterAReturn() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.giveBack("L2")
        fixture.catchUp(shop)
        var voided = shop
        voided.tick()
        voided.order.financialStatus = .voided
        fixture.catchUp(voided)
        shop.tick(60)
        fixture.catchUp(shop)
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("A12 the reason why a return is not told is why its purchase is not")
    func reasonOfAReturn() {
        var shop = OrderPlanShop.teeAndCap()
        shop.giveBack("L2")
        var fixture = OrderPlanFixture(shop)
        fixture.stages[0].at = OrderPlanShop.placedAt + .seconds(60)
        #expect(fixture.planned().reason("return") == .beforeBaseline)
    }

    @Test("C6 a return that settles an edit in part has the same part in both currencies")
    func localPart() throws {
        var shop = OrderPlanShop.teeAndCap(buyer: "EUR")
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.remove("L2")
        fixture.catchUp(shop)
        shop.appease("20")
        let event = try fixture.catchUp(shop).event("return")
        #expect(try event.amount("total_price") == amount("2"))
        let local = try event.amount("total_price_local_currency")
        #expect(local == amount("4"))
    }
}
