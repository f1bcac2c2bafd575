import Commerce
import JSON
import Sync
import Testing

@Suite("Converted lines")
struct ConvertedLinesTests {
    /// Prices that a rate of 0.8547 rounds the same way each, so that lines rounded one by one miss the total.
    @Test(
        "law 8 items and delivery told at a table's rate make the total",
        arguments: [
            ["0.01", "0.01", "0.01"], ["19.99", "4.37", "0.55", "7.77"], ["33.33", "33.33", "33.34"],
            ["2.15", "2.15", "2.15", "2.15", "2.15", "2.15", "2.15"],
        ], [1, 3])
    func lines(prices: [String], units: Int) throws {
        var shop = OrderPlanShop(shop: "EUR", buyer: "EUR")
        for (index, price) in prices.enumerated() { shop.add("SKU-\(index)", units, at: price, isEdit: false) }
        shop.ship("Standard", at: "3.95")
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        fixture.flow.rates = try RateTable(csv: "2026-09-01,EUR,GBP,0.8547", daysMax: 400)
        let plan = fixture.plan()
        let purchase = try plan.event("purchase")
        let items = plan.deliveries.filter { $0.eventType == "purchase_item" }
        #expect(items.count == prices.count)
        let sum = try items.map { try $0.amount("total_price") }.reduce(.zero, +)
        let total = try purchase.amount("total_price")
        #expect(try sum + purchase.amount("shipping_cost") == total)
        let single = try #require(fixture.flow.reference(EditedState(of: shop.order).total, on: fixture.now))
        #expect(total == single, "the total is rounded once, and not moved by its lines")
    }

    @Test("law 8 a source's own two currencies are told as they are")
    func ownNumbers() throws {
        var shop = OrderPlanShop(shop: "EUR", buyer: "GBP")
        for price in ["0.01", "0.02"] { shop.add("SKU-\(price)", 1, at: price, isEdit: false) }
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        let items = fixture.plan().deliveries.filter { $0.eventType == "purchase_item" }
        #expect(try items.map { try $0.amount("total_price") } == ["0.02", "0.04"].map(OrderPlanShop.amount))
    }
}
