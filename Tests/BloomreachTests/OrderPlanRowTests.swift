import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// The row: the order as it is now.
@Suite("Order plan: the row")
struct OrderPlanRowTests {
    @Test(
        "A4 noise plans nothing: a note, a new version, another plan",
        arguments: ["version", "note", "phone", "nothing"])
    func noise(_ kind: String) {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        switch kind {
        case "version": shop.tick()
        case "note":
            shop.tick()
            shop.order.note = "please ring twice"
            shop.order.attributes = [OrderAttribute(name: "gift", value: "yes")]
        case "phone":
            shop.tick()
            shop.order.buyer.phone = .known("+44 1")
        default: break
        }
        let plan = fixture.catchUp(shop)
        #expect(plan.deliveries == [])
        #expect(plan.reason("row") == .noChange)
        #expect(plan.reason("purchase_update") == .noChange)
    }

    @Test("a first row waits for its purchase while Bloomreach is told who the buyer is, five seconds at most")
    func waitsForPurchase() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.isPersonTold = false
        let since = fixture.now
        #expect(try fixture.plan().event("row").notBefore == since + .seconds(5))
        fixture.ledger.awaitsAddressSince = since
        fixture.now = since + .seconds(3)
        #expect(try fixture.plan().event("row").notBefore == since + .seconds(5), "planning anew waits no longer")
        fixture.isPersonTold = true
        #expect(try fixture.plan().event("row").notBefore == nil)

        // Somebody looks at a row that exists: it must not go stale.
        fixture.isPersonTold = false
        fixture.plan()
        fixture.tellAll()
        shop.add("MUG", 1, at: "12.50")
        fixture.see(shop)
        #expect(try fixture.plan().event("row").notBefore == nil)
    }

    @Test("a purchase that was refused and given up is not told, and the row says so")
    func givenUp() throws {
        var fixture = OrderPlanFixture(.teeAndCap())
        fixture.plan()
        let purchase = try #require(fixture.ledger.deliveries.first { $0.eventType == "purchase" })
        fixture.refuse(purchase.key)
        fixture.skip(purchase.key)
        #expect(try fixture.plan().event("row").properties()["purchase_told"] == false)
        #expect(fixture.planned().historyTypes == [], "it is never told")
    }

    @Test("E6 an edit, a parcel and a payment each change the row; parcels are no revision")
    func changes() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        let first = try fixture.catchUp(shop).event("row")
        #expect(try first.properties()["sku_status"] == ["TEE:unfulfilled", "CAP:unfulfilled"])
        shop.fulfil("L1", tracking: "T1")
        let parcel = fixture.catchUp(shop)
        #expect(parcel.historyTypes == ["fulfillment"])
        #expect(try parcel.event("row").properties()["sku_status"] == ["TEE:fulfilled", "CAP:unfulfilled"])
        shop.swap("L2", for: "MUG", at: "12.50")
        let edit = try fixture.catchUp(shop).event("row")
        #expect(try edit.properties()["skus"] == ["TEE", "MUG"])
        #expect(try edit.properties()["revision"] == 1)
        #expect(try edit.amount("total_price") == shop.worth)
    }

    @Test("law 3 a row that goes back and forth, all of it under way, never gets a key that is in use")
    func backAndForth() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        for turn in 0..<6 {
            shop.tick()
            shop.order.tags = turn % 2 == 0 ? ["vip"] : []
            fixture.see(shop)
            fixture.plan()
            for key in fixture.runnable { fixture.attempt(key) }
            for delivery in fixture.ledger.deliveries where delivery.phase == .planned { fixture.attempt(delivery.key) }
        }
        #expect(Set(fixture.ledger.deliveries.map(\.key)).count == 6)
    }

    @Test("E2 a parcel is one event for each of its facts, after the purchase")
    func fulfilments() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.fulfil("L1", tracking: "T1")
        var fixture = OrderPlanFixture(shop)
        let planned = try fixture.plan().event("fulfillment")
        #expect(planned.after == ["shop-1001:purchase"])
        fixture.tellAll()
        #expect(fixture.catchUp(shop).historyTypes == [])
        shop.order.fulfillments[0].shipmentStatus = "delivered"
        shop.tick()
        let delivered = try fixture.catchUp(shop).event("fulfillment")
        #expect(try delivered.properties()["shipment_status"] == "delivered")
        #expect(fixture.catchUp(shop).historyTypes == [])
    }

    @Test("a row waits for the row under way; one that returns to older content has another key")
    func returnsToOlderContent() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        let first = try fixture.plan().event("row")
        fixture.attempt(first.key)
        shop.order.tags = ["vip"]
        fixture.see(shop)
        let second = try fixture.plan().event("row")
        #expect(second.key != first.key)
        #expect(second.after == [first.key])
        // A person released the first one again while the second was on its way.
        fixture.attempt(second.key)
        shop.order.tags = []
        fixture.see(shop)
        let third = try fixture.plan().event("row")
        #expect(third.key != first.key && third.key != second.key)
        #expect(third.slots == first.slots, "the same content")
        #expect(Set(third.after) == [first.key, second.key])
        fixture.tellAll()
        #expect(fixture.catchUp(shop).deliveries == [])
    }

    @Test("a row that returns to told content is written again")
    func returnsToToldContent() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        let first = try fixture.catchUp(shop).event("row")
        shop.order.tags = ["vip"]
        fixture.catchUp(shop)
        shop.order.tags = []
        #expect(try fixture.catchUp(shop).event("row").slots == first.slots)
    }

    @Test("a refused row is not planned again until its content changes")
    func refused() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        let row = try fixture.plan().event("row")
        fixture.attempt(row.key)
        fixture.refuse(row.key)
        let again = fixture.plan()
        #expect(!again.deliveries.contains { $0.kind == .present })
        #expect(again.waiting.contains(Waiting(eventType: "row", reason: .refused)))
        shop.order.tags = ["vip"]
        fixture.see(shop)
        #expect(try fixture.plan().event("row").slots != row.slots)
    }
}
