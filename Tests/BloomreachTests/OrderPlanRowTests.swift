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
        var bench = OrderPlanBench(shop)
        bench.catchUp(shop)
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
        let plan = bench.catchUp(shop)
        #expect(plan.deliveries == [])
        #expect(plan.reason("row") == .noChange)
        #expect(plan.reason("purchase_update") == .noChange)
    }

    @Test("a first row waits for its purchase while Bloomreach is told who the buyer is, five seconds at most")
    func waitsForPurchase() throws {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        bench.isPersonTold = false
        let since = bench.now
        #expect(try bench.plan().event("row").notBefore == since + .seconds(5))
        bench.ledger.awaitsAddressSince = since
        bench.now = since + .seconds(3)
        #expect(try bench.plan().event("row").notBefore == since + .seconds(5), "planning anew waits no longer")
        bench.isPersonTold = true
        #expect(try bench.plan().event("row").notBefore == nil)

        // Somebody looks at a row that exists: it must not go stale.
        bench.isPersonTold = false
        bench.plan()
        bench.tellAll()
        shop.add("MUG", 1, at: "12.50")
        bench.see(shop)
        #expect(try bench.plan().event("row").notBefore == nil)
    }

    @Test("a purchase that was refused and given up is not told, and the row says so")
    func givenUp() throws {
        var bench = OrderPlanBench(.teeAndCap())
        bench.plan()
        let purchase = try #require(bench.ledger.deliveries.first { $0.eventType == "purchase" })
        bench.refuse(purchase.key)
        bench.skip(purchase.key)
        #expect(try bench.plan().event("row").properties()["purchase_told"] == false)
        #expect(bench.planned().historyTypes == [], "it is never told")
    }

    @Test("E6 an edit, a parcel and a payment each change the row; parcels are no revision")
    func changes() throws {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        let first = try bench.catchUp(shop).event("row")
        #expect(try first.properties()["sku_status"] == ["TEE:unfulfilled", "CAP:unfulfilled"])
        shop.fulfil("L1", tracking: "T1")
        let parcel = bench.catchUp(shop)
        #expect(parcel.historyTypes == ["fulfillment"])
        #expect(try parcel.event("row").properties()["sku_status"] == ["TEE:fulfilled", "CAP:unfulfilled"])
        shop.swap("L2", for: "MUG", at: "12.50")
        let edit = try bench.catchUp(shop).event("row")
        #expect(try edit.properties()["skus"] == ["TEE", "MUG"])
        #expect(try edit.properties()["revision"] == 1)
        #expect(try edit.amount("total_price") == shop.worth)
    }

    @Test("law 3 a row that goes back and forth, all of it under way, never gets a key that is in use")
    func backAndForth() {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        bench.catchUp(shop)
        for turn in 0..<6 {
            shop.tick()
            shop.order.tags = turn % 2 == 0 ? ["vip"] : []
            bench.see(shop)
            bench.plan()
            for key in bench.runnable { bench.attempt(key) }
            for delivery in bench.ledger.deliveries where delivery.phase == .planned { bench.attempt(delivery.key) }
        }
        #expect(Set(bench.ledger.deliveries.map(\.key)).count == 6)
    }

    @Test("E2 a parcel is one event for each of its facts, after the purchase")
    func fulfilments() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.fulfil("L1", tracking: "T1")
        var bench = OrderPlanBench(shop)
        let planned = try bench.plan().event("fulfillment")
        #expect(planned.after == ["shop-1001:purchase"])
        bench.tellAll()
        #expect(bench.catchUp(shop).historyTypes == [])
        shop.order.fulfillments[0].shipmentStatus = "delivered"
        shop.tick()
        let delivered = try bench.catchUp(shop).event("fulfillment")
        #expect(try delivered.properties()["shipment_status"] == "delivered")
        #expect(bench.catchUp(shop).historyTypes == [])
    }

    @Test("a row waits for the row under way; one that returns to older content has another key")
    func returnsToOlderContent() throws {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        let first = try bench.plan().event("row")
        bench.attempt(first.key)
        shop.order.tags = ["vip"]
        bench.see(shop)
        let second = try bench.plan().event("row")
        #expect(second.key != first.key)
        #expect(second.after == [first.key])
        // A person released the first one again while the second was on its way.
        bench.attempt(second.key)
        shop.order.tags = []
        bench.see(shop)
        let third = try bench.plan().event("row")
        #expect(third.key != first.key && third.key != second.key)
        #expect(third.slots == first.slots, "the same content")
        #expect(Set(third.after) == [first.key, second.key])
        bench.tellAll()
        #expect(bench.catchUp(shop).deliveries == [])
    }

    @Test("a row that returns to told content is written again")
    func returnsToToldContent() throws {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        let first = try bench.catchUp(shop).event("row")
        shop.order.tags = ["vip"]
        bench.catchUp(shop)
        shop.order.tags = []
        #expect(try bench.catchUp(shop).event("row").slots == first.slots)
    }

    @Test("a refused row is not planned again until its content changes")
    func refused() throws {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        let row = try bench.plan().event("row")
        bench.attempt(row.key)
        bench.refuse(row.key)
        let again = bench.plan()
        #expect(!again.deliveries.contains { $0.kind == .present })
        #expect(again.waiting.contains(Waiting(eventType: "row", reason: .refused)))
        shop.order.tags = ["vip"]
        bench.see(shop)
        #expect(try bench.plan().event("row").slots != row.slots)
    }
}
