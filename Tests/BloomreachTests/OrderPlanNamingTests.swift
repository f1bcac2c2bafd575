import Bloomreach
import Commerce
import JSON
import Testing

@testable import Sync

/// Naming is not replacing: an order that the shop did not cancel is taken back only for one that is told in its place.
/// Each test is a story of a shop, with what must be told at its end.
@Suite("Order plan: orders that name another")
struct OrderPlanNamingTests {
    /// `#1001`, a tee and a cap worth 43.00, told; sent out unless the story says otherwise.
    private func sale(isShipped: Bool = true, change: (inout Policies) -> Void = { _ in }) -> JourneyFixture {
        var journey = JourneyFixture([.teeAndCap()], change: change)
        if isShipped { journey.change(0) { $0.ship() } }
        journey.catchUp()
        return journey
    }

    private func stands(_ journey: JourneyFixture, _ index: Int = 0) throws {
        #expect(!journey.told(index).contains { $0.contains(":cancellation") }, "the sale is not taken back")
        #expect(journey.toldValue == journey.shops.reduce(.zero) { $0 + $1.worth })
        var journey = journey
        let row = try journey.rowOf(index)
        #expect(row["mirrors"] == nil && row["status"] == "open" && row["purchase_told"] == true)
    }

    // MARK: Reshipments

    @Test(
        "E3 a free reshipment that names its original cancels nothing",
        arguments: ["attribute", "letter", "note", "tag and note"], [true, false])
    func reshipment(mark: String, isShipped: Bool) throws {
        var journey = sale(isShipped: isShipped)
        var free = OrderPlanShop.free("1002", minutes: 3)
        free.mark(mark, original: "#1001")
        journey.add(free)
        journey.catchUp()
        try stands(journey)
        #expect(journey.told(1) == [], "an order of no value is never told")
        #expect(journey.journeys.links.isEmpty, "and nobody is asked about it")
        let totals = try journey.totals()
        #expect(totals["orders_count"] == 1 && totals["total_spent"]?.decimalText == "43")
        #expect(totals["last_order_id"] == "shop-1001")
        // The parcel that was lost is marked as sent after all, or the order is edited: it goes on as any other.
        journey.change(0) { $0.add("MUG", 1, at: "12.50") }
        journey.catchUp()
        try stands(journey)
    }

    @Test(
        "E3 a reshipment is known before its original is marked as sent: in no order of arrival is anything cancelled")
    func reshipmentFirst() throws {
        var journey = sale(isShipped: false)
        journey.add(.naming("1002", "#1001", minutes: 3, isFree: true))
        journey.catchUp()
        try stands(journey)
        journey.change(0) { $0.ship() }
        journey.catchUp()
        try stands(journey)
    }

    @Test("A22 E3 where orders of no value are told, a reshipment is one, and still cancels nothing")
    func reshipmentIsTold() throws {
        var journey = sale { $0.tellZeroValue = true }
        journey.add(.naming("1002", "#1001", minutes: 3, isFree: true))
        journey.catchUp()
        try stands(journey)
        let told = journey.told(1)
        #expect(told.contains("shop-1002:purchase"))
        #expect(try journey.totals()["orders_count"] == 2)
    }

    @Test("E3 A22 a successor that is never told leaves its original as it is", arguments: ["test", "tag", "app"])
    func neverTold(kind: String) throws {
        var journey = sale(isShipped: false) {
            $0.migratedTags = ["migrated"]
            $0.migratedAppIDs = ["77"]
        }
        var shop = OrderPlanShop.naming("1002", "#1001", minutes: 3)
        switch kind {
        case "test": shop.order.isTest = true
        case "tag": shop.order.tags = ["migrated"]
        default: shop.order.appID = "77"
        }
        journey.add(shop)
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase"] && journey.told(1) == [])
        #expect(try journey.totals()["total_spent"]?.decimalText == "43")
        #expect(try journey.rowOf(0)["mirrors"] == nil)
    }

    // MARK: Exchanges

    @Test(
        "E3 an exchange as a new order that names the first: both are told, the return is taken off",
        arguments: [true, false])
    func exchange(isReturnedFirst: Bool) throws {
        var journey = sale()
        let exchange = OrderPlanShop.naming("1002", "#1001", minutes: 5, lines: [("HOODIE", "55.00")])
        if isReturnedFirst { journey.change(0) { $0.giveBack("L1") } }
        journey.catchUp()
        journey.add(exchange)
        journey.catchUp()
        if !isReturnedFirst { journey.change(0) { $0.giveBack("L1") } }
        journey.catchUp()
        try stands(journey)
        #expect(journey.told(0).contains("shop-1001:return:R1"))
        #expect(journey.told(1) == ["shop-1002:purchase"])
        #expect(journey.journeys.links.isEmpty, "what was delivered is not replaced: there is nothing to ask")
        let totals = try journey.totals()
        #expect(totals["orders_count"] == 2 && totals["total_spent"]?.decimalText == "73")
    }

    @Test("E3 the same article again after delivery, in another size or the same, is an exchange too")
    func exchangeOfTheSame() throws {
        var journey = sale()
        journey.add(.naming("1002", "#1001", minutes: 5))
        journey.catchUp()
        try stands(journey)
        let purchase = journey.told(1)
        #expect(purchase == ["shop-1002:purchase"])
        #expect(try journey.totals()["orders_count"] == 2)
    }

    @Test("E3 other goods, before anything was sent: a doubt, told as two until a steward says otherwise")
    func otherGoods() throws {
        var journey = sale(isShipped: false)
        journey.add(.naming("1002", "#1001", minutes: 5, lines: [("HOODIE", "55.00")]))
        journey.catchUp()
        try stands(journey)
        #expect(journey.journeys.links.map(\.verdict) == [.doubtful])
        journey.decide("1001", "1002", isJoined: true)
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation")
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    @Test("E3 an original on which money was given back before is a doubt; money given back afterwards is not told")
    func refunded() throws {
        var journey = sale(isShipped: false)
        journey.change(0) { $0.appease("3.50") }
        journey.catchUp()
        var later = journey
        later.add(.naming("1002", "#1001", minutes: 5))
        later.catchUp()
        try stands(later)
        #expect(later.journeys.links.map(\.verdict) == [.doubtful])
        // An edit that was settled is no return.
        var settled = sale(isShipped: false)
        settled.change(0) {
            $0.add("MUG", 1, at: "12.50")
            $0.pay()
            $0.remove("L3")
            $0.settle()
        }
        settled.catchUp()
        settled.add(.naming("1002", "#1001", minutes: 5))
        settled.catchUp()
        #expect(settled.told(0).last == "shop-1001:cancellation")
        #expect(settled.toldValue == settled.shops[1].worth)
    }

    // MARK: Splits

    @Test(
        "E3 an order that was split in two, each naming it: while it stands all three are told, and a steward is asked")
    func split() throws {
        var journey = sale(isShipped: false)
        journey.add(.naming("1002", "#1001", minutes: 5, lines: [("TEE", "25.00")]))
        journey.catchUp()
        journey.add(.naming("1003", "#1001", minutes: 5, lines: [("CAP", "18.00")]))
        journey.catchUp()
        try stands(journey)
        #expect(journey.journeys.links.map(\.verdict) == [.doubtful, .doubtful])
        #expect(journey.told(1) == ["shop-1002:purchase"] && journey.told(2) == ["shop-1003:purchase"])
        // The app cancels it after all: what was told of the parts stays.
        journey.change(0) { $0.cancel("other") }
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation")
        #expect(journey.toldValue == journey.shops[1].worth + journey.shops[2].worth)
        #expect(try journey.totals()["total_spent"]?.decimalText == "43")
    }

    /// Two tees and a cap: the tees are most of it.
    private func threeUnits() -> JourneyFixture {
        var shop = OrderPlanShop()
        shop.add("TEE", 2, at: "25.00", isEdit: false)
        shop.add("CAP", 1, at: "18.00", isEdit: false)
        shop.pay()
        var journey = JourneyFixture([shop])
        journey.catchUp()
        return journey
    }

    private func tees(minutes: Int64) -> OrderPlanShop {
        .naming("1002", "#1001", minutes: minutes, lines: [("TEE", "25.00"), ("TEE", "25.00")])
    }

    @Test("E3 where most of it is in one order, the original waits: another may bring the rest")
    func splitUnevenly() throws {
        var journey = threeUnits()
        let part = tees(minutes: 5)
        journey.add(part)
        let end = part.order.createdAt + .seconds(120)
        journey.now = end - .seconds(1)
        let held = journey.plan(0)
        #expect(held.reason("purchase_cancellation") == .heldForPair)
        #expect(held.planAgainAt == end)
        journey.catchUp()
        #expect(journey.told(1) == ["shop-1002:purchase"], "the new order itself does not wait")
        // The rest comes: it is a split, and nothing is taken back.
        var whole = journey
        whole.add(.naming("1003", "#1001", minutes: 6, lines: [("CAP", "18.00")]))
        whole.now = end + .days(1)
        whole.catchUp()
        try stands(whole)
        #expect(whole.journeys.links.map(\.verdict) == [.doubtful, .doubtful])
        // It does not: the app took the cap off.
        journey.now = end
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation")
        #expect(journey.toldValue == journey.shops[1].worth)
        // It comes much later: what was taken back is told again.
        journey.add(.naming("1003", "#1001", minutes: 15, lines: [("CAP", "18.00")]))
        journey.now = end + .days(1)
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:revision:1")
        #expect(journey.toldValue == journey.shops.reduce(.zero) { $0 + $1.worth })
    }

    @Test("E3 of a split a steward says which order is no replacement, and the other one is")
    func splitDecided() throws {
        var journey = threeUnits()
        journey.add(tees(minutes: 5))
        journey.add(.naming("1003", "#1001", minutes: 6, lines: [("CAP", "18.00")]))
        journey.catchUp()
        journey.decide("1001", "1003", isJoined: false)
        journey.catchUp()
        #expect(journey.journeys.chain(of: JourneyFixture.key("1001")).count == 2)
        #expect(journey.told(0).last == "shop-1001:cancellation")
    }

    @Test("E3 goods that were taken off the original and sent as an order of their own are two orders")
    func movedOut() throws {
        var journey = sale(isShipped: false)
        journey.change(0) { $0.remove("L1") }
        journey.catchUp()
        journey.add(.naming("1002", "#1001", minutes: 5, lines: [("TEE", "25.00")]))
        journey.catchUp()
        try stands(journey)
    }

    // MARK: Notes

    @Test("E3 a note that asks to ship two orders together says nothing of a replacement")
    func shipTogether() throws {
        for isShipped in [true, false] {
            var journey = sale(isShipped: isShipped)
            var second = OrderPlanShop.replacement("1002", name: "#1002", minutes: 5, lines: [("MUG", "12.50")])
            second.order.note = "please ship together with #1001"
            journey.add(second)
            journey.catchUp()
            try stands(journey)
            #expect(journey.told(1) == ["shop-1002:purchase"])
            #expect(journey.journeys.links.isEmpty)
        }
        // The same goods once more: perhaps a copy, so a steward is asked; both are told.
        var same = sale(isShipped: false)
        var second = OrderPlanShop.naming("1002", "#1001", minutes: 5)
        (second.order.attributes, second.order.note) = ([], "please ship together with #1001")
        same.add(second)
        same.catchUp()
        try stands(same)
        #expect(same.journeys.links.map(\.verdict) == [.doubtful])
    }

    // MARK: What does replace

    @Test("E3 an app that duplicates and leaves the original open: the copy counts in its place")
    func duplicated() throws {
        var journey = sale(isShipped: false)
        journey.add(
            .naming("1002", "#1001", minutes: 5, lines: [("TEE", "25.00"), ("CAP", "18.00"), ("MUG", "12.50")]))
        let cancellation = try journey.plan(0).event("purchase_cancellation").properties()
        #expect(cancellation["reason"] == "replaced_by_edit" && cancellation["replaced_by"] == "shop-1002")
        journey.catchUp()
        #expect(journey.toldValue == journey.shops[1].worth)
        #expect(try journey.rowOf(0)["mirrors"] == "shop-1002")
        let totals = try journey.totals()
        #expect(totals["orders_count"] == 1 && totals["total_spent"]?.decimalText == "55.5")
        #expect(totals["first_order_at"] == JSON(journey.shops[0].order.processedAt.wholeSeconds))
        // Edits of the copy, even to other goods, do not bring the original back.
        journey.change(1) {
            $0.swap("L1", for: "HOODIE", at: "25.00")
            $0.swap("L2", for: "SOCKS", at: "18.00")
        }
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation")
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    @Test("E3 an original that was left open stands until its copy is paid")
    func unpaid() throws {
        var journey = sale(isShipped: false)
        var copy = OrderPlanShop.naming("1002", "#1001", minutes: 5)
        copy.order.financialStatus = .pending
        journey.add(copy)
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase"] && journey.told(1) == [])
        #expect(try journey.totals()["total_spent"]?.decimalText == "43")
        #expect(try journey.rowOf(0)["mirrors"] == nil, "its row shows what counts")
        copy.tick(60)
        copy.order.financialStatus = .paid
        journey.set(1, copy)
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase", "shop-1001:cancellation"])
        #expect(try journey.rowOf(0)["mirrors"] == "shop-1002")
        #expect(try journey.totals()["orders_count"] == 1)
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    @Test("E3 a replaced original is sent out all the same: it is told again, and a steward is asked")
    func shippedLater() throws {
        var journey = sale(isShipped: false)
        journey.add(.naming("1002", "#1001", minutes: 5))
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation")
        journey.change(0) {
            $0.tick(700)
            $0.ship()
        }
        let plan = journey.plan(0)
        let back = try plan.event("purchase_update").properties()
        #expect(back["is_reinstatement"] == true && back["total_delta"]?.decimalText == "43")
        #expect(plan.historyTypes.contains("fulfillment"))
        #expect(try plan.event("row").properties()["mirrors"] == nil)
        journey.catchUp()
        #expect(journey.told(1) == ["shop-1002:purchase"])
        #expect(journey.journeys.links.map(\.verdict) == [.doubtful])
        #expect(journey.toldValue == journey.shops[0].worth + journey.shops[1].worth)
        let totals = try journey.totals()
        #expect(totals["orders_count"] == 2 && totals["total_spent"]?.decimalText == "86")
        // The parcel was called back.
        journey.change(0) { $0.callBack() }
        journey.catchUp()
        #expect(journey.told(0).contains("shop-1001:cancellation:2"))
        #expect(journey.toldValue == journey.shops[1].worth)
        // Or a steward says that it was replaced nevertheless.
        journey.change(0) { $0.ship() }
        journey.decide("1001", "1002", isJoined: true)
        journey.catchUp()
        #expect(!journey.told(0).contains("shop-1001:revision:2"))
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    @Test("E3 a copy from which everything was taken off replaces nothing any more")
    func emptied() throws {
        var journey = sale(isShipped: false)
        journey.add(.naming("1002", "#1001", minutes: 5))
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation")
        journey.change(1) {
            $0.remove("L1")
            $0.remove("L2")
            $0.settle()
        }
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:revision:1")
        #expect(journey.toldValue == journey.shops[0].worth)
        #expect(try journey.totals()["total_spent"]?.decimalText == "43")
    }

    @Test("E3 a steward cannot lose a sale: joined with an order that is never told, the original goes on")
    func joinedWithNothing() throws {
        var journey = sale()
        journey.add(.free("1002", minutes: 3))
        journey.decide("1001", "1002", isJoined: true)
        journey.catchUp()
        try stands(journey)
    }

    // MARK: What the shop cancelled

    @Test("E3 the shop cancelled it for a free order: the cancellation names it, and nothing is a purchase any more")
    func cancelledForAFreeOne() throws {
        var journey = sale(isShipped: false)
        journey.change(0) {
            $0.tick(120)
            $0.cancel("other")
        }
        journey.add(.naming("1002", "#1001", minutes: 3, isFree: true))
        let cancellation = try journey.plan(0).event("purchase_cancellation").properties()
        #expect(cancellation["reason"] == "replaced_by_edit" && cancellation["replaced_by"] == "shop-1002")
        journey.catchUp()
        #expect(journey.told(1) == [])
        #expect(journey.toldValue == .zero)
        let row = try journey.rowOf(0)
        #expect(row["mirrors"] == "shop-1002", "what the shopper will get")
        #expect(row["purchase_told"] == false && row["total_price"] == 0)
        let totals = try journey.totals()
        #expect(totals["orders_count"] == 0 && totals["total_spent"] == 0)
    }
}

extension OrderPlanShop {
    /// An order whose attribute names another: a tee and a cap again, unless said otherwise.
    static func naming(
        _ id: String, _ original: String, minutes: Int64,
        lines: [(sku: String, price: String)] = [("TEE", "25.00"), ("CAP", "18.00")], isFree: Bool = false
    ) -> OrderPlanShop {
        var shop =
            isFree ? free(id, minutes: minutes) : replacement(id, name: "#\(id)", minutes: minutes, lines: lines)
        shop.order.attributes = [OrderAttribute(name: "original_order", value: original)]
        return shop
    }

    /// A tee and a cap for nothing.
    static func free(_ id: String, minutes: Int64) -> OrderPlanShop {
        var shop = replacement(id, name: "#\(id)", minutes: minutes, lines: [("TEE", "0.00"), ("CAP", "0.00")])
        shop.order.financialStatus = .paid
        return shop
    }

    /// Leaves a mark as people and apps do that send something once more.
    mutating func mark(_ mark: String, original: String) {
        switch mark {
        case "attribute": order.attributes = [OrderAttribute(name: "original_order", value: original)]
        case "letter": order.name = original + "R"
        case "note": order.note = "reshipment of order \(original)"
        default:
            order.note = "reshipment of order \(original)"
            order.tags = ["Edit Order"]
        }
    }

    /// Everything is sent out.
    mutating func ship() { for line in openLines { fulfil(line.id, tracking: "T\(line.id)") } }

    /// The parcels are called back before they left.
    mutating func callBack() {
        tick()
        for index in order.fulfillments.indices { order.fulfillments[index].status = .cancelled }
        for index in order.lines.indices { order.lines[index].fulfilledQuantity = 0 }
    }
}

extension JourneyFixture {
    /// The row of an order as it is, or would be told now.
    mutating func rowOf(_ index: Int) throws -> JSON {
        with(index) { $0.ledger.slots.removeAll { $0.name == "row" } }
        return try plan(index).event("row").properties()
    }

    /// What the buyer's profile says.
    func totals() throws -> JSON {
        var person = Person(brand: "acme")
        var history = BuyerHistory(connection: "shop", notBefore: OrderPlanShop.placedAt)
        history.isListed = true
        person.put(history)
        person.claim([PersonIdentifier.email("ada@example.test")].compactMap { $0 })
        for order in summaries { person.put(order) }
        person.journeyDecisions = decisions
        var fixture = PlanFixture(.person, id: "p1", state: .person(person))
        fixture.flow.policies = benches[0].flow.policies
        return try fixture.planned().event("customer").properties()
    }
}
