import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// Purchase, revisions and cancellation: how value moves in one chain.
@Suite("Order plan: the chain")
struct OrderPlanChainTests {
    private func amount(_ text: String) -> Amount { OrderPlanShop.amount(text) }

    @Test("E4 a swap is one revision with what was removed and what was added, and no cancellation")
    func swap() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        #expect(fixture.toldValue == amount("43"))
        shop.swap("L2", for: "MUG", at: "12.50")
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["purchase_update", "purchase_item", "purchase_item_removed"])
        let update = try plan.event("purchase_update")
        #expect(update.key == "shop-1001:revision:1")
        #expect(try update.amount("total_delta") == amount("-5.5"))
        let changes = try update.properties()["changes"]?.array ?? []
        #expect(changes.map { $0["type"]?.string } == ["removed", "added"])
        #expect(changes.map { $0["sku"]?.string } == ["CAP", "MUG"])
        #expect(try plan.event("purchase_item").properties()["sku"] == "MUG")
        #expect(try plan.event("purchase_item_removed").properties()["sku"] == "CAP")
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E5 edits before the first attempt are one revision of the final state; an attempted one is kept as it is")
    func coalescing() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        for sku in ["MUG", "SOCKS", "POSTER"] {
            shop.add(sku, 1, at: "10")
            fixture.see(shop)
            fixture.plan()
        }
        #expect(fixture.ledger.deliveries.count { $0.eventType == "purchase_update" } == 1)
        let first = try fixture.plan().event("purchase_update")
        #expect(try first.amount("total_delta") == amount("30"))
        #expect(try first.properties()["changes"]?.array?.count == 3)
        fixture.attempt(first.key)
        shop.remove("L5")
        fixture.see(shop)
        let second = try fixture.plan().event("purchase_update")
        #expect(second.key == "shop-1001:revision:2")
        #expect(try second.amount("total_delta") == amount("-10"))
        #expect(second.after.contains(first.key))
        #expect(fixture.ledger.deliveries.first { $0.key == first.key }?.body == first.body)
        fixture.tellAll()
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E5 a purchase that nobody has seen yet takes the edit in; one under way is followed by a revision")
    func purchaseCoalesces() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.plan()
        shop.remove("L2")
        fixture.see(shop)
        let plan = fixture.plan()
        #expect(plan.historyTypes == ["purchase", "purchase_item"])
        #expect(try plan.event("purchase").amount("total_price") == amount("25"))
        fixture.attempt("shop-1001:purchase")
        shop.add("MUG", 1, at: "12.50")
        fixture.see(shop)
        #expect(try fixture.plan().event("purchase_update").after == ["shop-1001:purchase"])
        #expect(!fixture.runnable.contains("shop-1001:revision:1"))
        fixture.tellAll()
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("E6 the sums fit after every step: edit, settlement, return, appeasement, cancellation")
    func algebra() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        let steps: [(name: String, types: [String], action: (inout OrderPlanShop) -> Void)] = [
            ("add", ["purchase_update", "purchase_item"], { $0.add("MUG", 2, at: "12.50") }),
            ("pay", [], { $0.pay() }),
            ("remove", ["purchase_update", "purchase_item_removed"], { $0.remove("L2") }),
            ("settle", [], { $0.settle() }),
            ("return", ["return", "return_item"], { $0.giveBack("L3") }),
            ("appease", ["return"], { $0.appease("3.50") }),
            ("discount", ["purchase_update"], { $0.discount("L1", by: "5") }),
            ("settle again", [], { $0.settle() }),
        ]
        for step in steps {
            step.action(&shop)
            let plan = fixture.catchUp(shop)
            #expect(plan.historyTypes == step.types, "\(step.name)")
            #expect(fixture.toldValue == shop.worth, "\(step.name): told \(fixture.toldValue), worth \(shop.worth)")
        }
        let before = fixture.toldValue
        shop.cancel()
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == ["purchase_cancellation"])
        #expect(try plan.event("purchase_cancellation").amount("total_price") == before)
        #expect(fixture.toldValue == .zero)
    }

    @Test("E6 a cancellation takes back exactly what was told net, also what is still under way")
    func cancellationOfWhatIsUnderWay() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.add("MUG", 1, at: "12.50")
        fixture.see(shop)
        fixture.plan()
        fixture.attempt("shop-1001:revision:1")
        shop.cancel("fraud")
        fixture.see(shop)
        let cancellation = try fixture.plan().event("purchase_cancellation")
        #expect(cancellation.contribution == -amount("55.5"))
        #expect(try cancellation.properties()["reason"] == "fraud")
        #expect(cancellation.after == ["shop-1001:revision:1"])
        fixture.refuse("shop-1001:revision:1")
        #expect(try fixture.plan().event("purchase_cancellation").amount("total_price") == amount("43"))
        fixture.tellAll()
        #expect(fixture.toldValue == .zero)
    }

    @Test("an order that is void before its purchase was told sends nothing but its row")
    func voidBeforeTold() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.plan()
        shop.cancel()
        fixture.see(shop)
        let plan = fixture.plan()
        #expect(plan.historyTypes == [])
        #expect(plan.reason("purchase") == .superseded)
        #expect(fixture.ledger.deliveries.map(\.eventType) == ["row"])
    }

    @Test("E6 a deleted order is cancelled with that reason")
    func deleted() throws {
        let shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        fixture.record.truth.acts.append(Act(id: "d", kind: .deleted, at: shop.order.updatedAt + .seconds(9)))
        let plan = fixture.plan()
        #expect(try plan.event("purchase_cancellation").properties()["reason"] == "deleted")
        #expect(try plan.event("row").properties()["status"] == "deleted")
    }

    @Test("E6 a void order that stands again is told as a revision and can be cancelled a second time")
    func reinstated() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        var voided = shop
        voided.tick()
        voided.order.financialStatus = .voided
        fixture.catchUp(voided)
        #expect(fixture.toldValue == .zero)
        shop.tick(60)
        let update = try fixture.catchUp(shop).event("purchase_update")
        #expect(try update.properties()["is_reinstatement"] == true)
        #expect(try update.amount("total_delta") == amount("43"))
        #expect(fixture.toldValue == shop.worth)
        shop.cancel()
        #expect(try fixture.catchUp(shop).event("purchase_cancellation").key == "shop-1001:cancellation:2")
        #expect(fixture.toldValue == .zero)
    }

    @Test("A5 a refused revision is dropped; what comes next is planned anew with the next number")
    func refusedRevision() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.add("MUG", 1, at: "12.50")
        fixture.see(shop)
        fixture.plan()
        fixture.attempt("shop-1001:revision:1")
        fixture.refuse("shop-1001:revision:1")
        let again = fixture.plan()
        #expect(again.reason("purchase_update") == .refused)
        #expect(again.waiting.contains(Waiting(eventType: "purchase_update", reason: .refused)))
        shop.add("SOCKS", 1, at: "9.99")
        fixture.see(shop)
        let successor = try fixture.plan().event("purchase_update")
        #expect(successor.key == "shop-1001:revision:2")
        #expect(try successor.amount("total_delta") == amount("22.49"), "from what was told, not from what was refused")
        fixture.tellAll()
        #expect(fixture.toldValue == shop.worth)
    }

    @Test("A5 behind a refused purchase nothing of the order's value is told")
    func refusedPurchase() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.plan()
        fixture.attempt("shop-1001:purchase")
        fixture.refuse("shop-1001:purchase")
        shop.add("MUG", 1, at: "12.50")
        shop.fulfil("L1", tracking: "T1")
        fixture.see(shop)
        let plan = fixture.plan()
        #expect(plan.historyTypes == [])
        #expect(plan.reason("purchase") == .refused)
        #expect(plan.reason("fulfillment") == .waitsForDependency)
        fixture.tellAll()
        #expect(fixture.toldValue == .zero)
    }

    @Test("E1 the status ladder sends revisions as `purchase` with a status, under the same keys and numbers")
    func statusLadder() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop) { $0.purchasePattern = .statusLadder }
        fixture.catchUp(shop)
        shop.add("MUG", 1, at: "12.50")
        let update = try fixture.catchUp(shop).event("purchase_update")
        #expect(try update.json()["event_type"] == "purchase")
        #expect(try update.properties()["purchase_status"] == "updated")
        #expect(try update.properties()["revision"] == 1)
    }

    @Test("E6 times of one second become fractions that sort as the facts happened, the same at every plan")
    func fractions() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        var times: [Amount] = []
        func note(_ plan: Plan, _ type: String) throws {
            let time = try plan.event(type).json()["timestamp"]?.decimalText
            times.append(try #require(time.flatMap { Amount($0) }))
        }
        try note(fixture.catchUp(shop), "purchase")
        for sku in ["MUG", "SOCKS"] {
            shop.add(sku, 1, at: "10")
            shop.order.updatedAt = OrderPlanShop.placedAt
            fixture.see(shop)
            #expect(fixture.planned() == fixture.planned())
            try note(fixture.catchUp(shop), "purchase_update")
        }
        shop.fulfil("L1", tracking: "T1")
        shop.order.fulfillments[0].updatedAt = OrderPlanShop.placedAt
        try note(fixture.catchUp(shop), "fulfillment")
        shop.appease("2")
        shop.order.refunds[0].createdAt = OrderPlanShop.placedAt
        try note(fixture.catchUp(shop), "return")
        shop.cancel()
        shop.order.cancelledAt = OrderPlanShop.placedAt
        try note(fixture.catchUp(shop), "purchase_cancellation")
        let second = Amount(units: OrderPlanShop.placedAt.wholeSeconds)
        #expect(times == ["0", "0.001", "0.002", "0.6", "0.7", "0.9"].map { second + amount($0) })
    }

    @Test("A1 equal truth and told-state give equal bytes", arguments: UInt64(1)...20)
    func determinism(seed: UInt64) {
        func bodies() -> [[UInt8]] {
            var life = OrderPlanLife(seed: seed)
            var fixture = life.fixture
            var all: [[UInt8]] = []
            for _ in 0..<8 {
                all += fixture.plan().deliveries.map(\.body)
                fixture.tellAll()
                life.step()
                fixture.see(life.shop)
            }
            return all
        }
        #expect(bodies() == bodies())
    }
}
