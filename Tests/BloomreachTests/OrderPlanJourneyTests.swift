import Bloomreach
import Commerce
import JSON
import Testing

@testable import Sync

/// Cancelled and recreated orders are one purchase in the shopper's eyes (docs/architecture.md, Journeys).
@Suite("Order plan: journeys")
struct OrderPlanJourneyTests {
    /// `#1001` with a tee and a cap, and `#1001A` with a tee alone, ten minutes later.
    private func pair(isCancelled: Bool = true) -> JourneyFixture {
        var original = OrderPlanShop.teeAndCap()
        if isCancelled {
            original.tick(600)
            original.cancel("other")
        }
        return JourneyFixture([original, .replacement("1002", name: "#1001A", minutes: 10)])
    }

    /// Two orders that nothing marks.
    private func strangers() -> JourneyFixture {
        JourneyFixture([.teeAndCap(), .replacement("1002", name: "#1002", minutes: 10)])
    }

    // MARK: Replacement

    @Test("E3 the replacement is a purchase that says what it replaces, under the journey's id")
    func purchase() throws {
        var journey = pair()
        let plan = journey.plan(1)
        let purchase = try plan.event("purchase")
        let properties = try purchase.properties()
        #expect(properties["is_replacement"] == true)
        #expect(properties["replaces"] == "shop-1001")
        #expect(properties["journey_id"] == "shop-1001")
        #expect(properties["purchase_id"] == "shop-1002")
        #expect(try plan.event("row").properties()["journey_id"] == "shop-1001")
        journey.catchUp()
        #expect(journey.told(1) == ["shop-1002:purchase"])
        #expect(journey.told(0) == [], "void before its purchase was told")
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    @Test("E3 a lone order is no replacement, and its journey is its own")
    func lone() throws {
        var journey = JourneyFixture([.teeAndCap()])
        let properties = try journey.plan(0).event("purchase").properties()
        #expect(properties["is_replacement"] == nil && properties["replaces"] == nil)
        #expect(properties["journey_id"] == "shop-1001")
    }

    @Test("E3 the original is cancelled with what was told, and names its replacement", arguments: [true, false])
    func cancellation(isCancelled: Bool) throws {
        var journey = JourneyFixture([.teeAndCap()])
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase"])
        let done = pair(isCancelled: isCancelled)
        journey.set(0, done.shops[0])
        journey.add(done.shops[1])
        let cancellation = try journey.plan(0).event("purchase_cancellation")
        let properties = try cancellation.properties()
        #expect(properties["reason"] == "replaced_by_edit")
        #expect(properties["replaced_by"] == "shop-1002")
        #expect(try cancellation.amount("total_price") == OrderPlanShop.amount("43.00"))
        let voidedAt = done.shops[0].order.cancelledAt ?? done.shops[1].order.createdAt
        #expect(cancellation.occurredAt == voidedAt, "an original that was left open is void from its replacement on")
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase", "shop-1001:cancellation"])
        #expect(journey.told(1) == ["shop-1002:purchase"])
        #expect(journey.toldValue == journey.shops[1].worth)
        journey.catchUp()
        #expect(journey.told(0).count == 2 && journey.told(1).count == 1, "each once")
    }

    @Test("E3 an original that was left open stands again when its replacement becomes void, with its own row")
    func replacementVoid() throws {
        var journey = JourneyFixture([.teeAndCap()])
        journey.catchUp()
        var pending = OrderPlanShop(id: "1002")
        pending.tick(600)
        pending.order.createdAt = pending.order.updatedAt
        pending.order.name = "#1001A"
        pending.add("TEE", 1, at: "25.00", isEdit: false)
        journey.add(pending)
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase"], "it may never be paid")
        journey.change(1) { $0.pay() }
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase", "shop-1001:cancellation"])
        #expect(journey.told(1) == ["shop-1002:purchase"])
        #expect(journey.toldValue == journey.shops[1].worth)
        journey.change(1) { $0.cancel("customer") }
        let plan = journey.plan(0)
        let back = try plan.event("purchase_update").properties()
        #expect(back["is_reinstatement"] == true)
        let row = try plan.event("row").properties()
        #expect(row["mirrors"] == nil && row["order_id"] == "1001" && row["status"] == "open")
        journey.isCurrentMissing = true
        #expect(!journey.plan(0).wantsJourneyCurrent, "its row is its own")
        journey.isCurrentMissing = false
        journey.now = journey.now + .days(1)
        journey.catchUp()
        #expect(journey.told(1).last == "shop-1002:cancellation")
        #expect(journey.toldValue == journey.shops[0].worth)
        // Somebody orders anew all the same.
        journey.add(.replacement("1003", name: "#1001B", minutes: 20))
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation:2")
        #expect(journey.toldValue == journey.shops[2].worth)
    }

    @Test("E3 three orders in a row are one journey: two cancellations, the last one counts")
    func chain() throws {
        var journey = JourneyFixture([.teeAndCap()])
        journey.catchUp()
        journey.add(.replacement("1002", name: "#1001A", minutes: 10))
        journey.catchUp()
        journey.add(.replacement("1003", name: "#1001B", minutes: 20, lines: [("MUG", "12.50"), ("TEE", "25.00")]))
        let middle = try journey.plan(1).event("purchase_cancellation").properties()
        #expect(middle["replaced_by"] == "shop-1003")
        #expect(middle["journey_id"] == "shop-1001")
        let last = try journey.plan(2).event("purchase").properties()
        #expect(last["replaces"] == "shop-1002")
        #expect(last["journey_id"] == "shop-1001")
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase", "shop-1001:cancellation"])
        #expect(journey.told(1) == ["shop-1002:purchase", "shop-1002:cancellation"])
        #expect(journey.told(2) == ["shop-1003:purchase"])
        #expect(journey.toldValue == OrderPlanShop.amount("37.50"))
    }

    @Test("E3 refunds on a replaced order send nothing more")
    func refundOfReplaced() throws {
        var journey = JourneyFixture([.teeAndCap()])
        journey.catchUp()
        journey.add(.replacement("1002", name: "#1001A", minutes: 10))
        journey.catchUp()
        journey.change(0) {
            $0.tick(700)
            $0.giveBack("L1")
            $0.appease("2.00")
        }
        let plan = journey.plan(0)
        #expect(plan.historyTypes == [])
        #expect(plan.reason("return") == .superseded)
        journey.catchUp()
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    // MARK: Holding back

    @Test("E3 an order with an editing app's mark waits for its pair, at most replacement_hold")
    func held() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.tags = ["Edit Order"]
        var journey = JourneyFixture([shop])
        let end = shop.order.createdAt + .seconds(120)
        journey.now = shop.order.createdAt + .seconds(119)
        let held = journey.plan(0)
        #expect(held.historyTypes == [])
        #expect(held.waiting.contains(Waiting(eventType: "purchase", reason: .heldForPair)))
        #expect(held.planAgainAt == end)
        journey.now = end
        let told = journey.plan(0)
        #expect(told.historyTypes.contains("purchase"))
        #expect(told.planAgainAt == nil)
        #expect(try told.event("purchase").properties()["is_replacement"] == nil, "told as separate")
    }

    @Test("E3 the hold is configuration")
    func holdIsConfigured() {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.tags = ["Edit Order"]
        var journey = JourneyFixture([shop]) { $0.replacementHold = .seconds(10) }
        journey.now = shop.order.createdAt + .seconds(9)
        #expect(journey.plan(0).reason("purchase") == .heldForPair)
        journey.now = shop.order.createdAt + .seconds(10)
        #expect(journey.plan(0).reason("purchase") == .told)
    }

    @Test("E3 an order without a mark never waits, and one whose pair is known does not either")
    func notHeld() {
        var plain = JourneyFixture([.teeAndCap()])
        plain.now = OrderPlanShop.placedAt + .seconds(2)
        #expect(plain.plan(0).reason("purchase") == .told)
        var journey = pair()
        journey.now = journey.shops[1].order.createdAt + .seconds(2)
        #expect(journey.plan(1).reason("purchase") == .told)
    }

    @Test("E3 the cancellation of an original that an app marked waits for its replacement, then says what it knows")
    func heldCancellation() throws {
        var shop = OrderPlanShop.teeAndCap()
        var journey = JourneyFixture([shop])
        journey.catchUp()
        shop.tick(600)
        shop.order.tags = ["Edit Order - Cancelled"]
        shop.cancel("other")
        journey.set(0, shop)
        let cancelledAt = try #require(shop.order.cancelledAt)
        journey.now = cancelledAt + .seconds(1)
        let held = journey.plan(0)
        #expect(held.reason("purchase_cancellation") == .heldForPair)
        #expect(held.planAgainAt == cancelledAt + .seconds(120))
        // Its replacement arrives in time.
        var paired = journey
        paired.add(.replacement("1002", name: "#1001A", minutes: 11))
        #expect(
            try paired.plan(0).event("purchase_cancellation").properties()["reason"] == "replaced_by_edit")
        // It does not.
        journey.now = cancelledAt + .seconds(120)
        #expect(try journey.plan(0).event("purchase_cancellation").properties()["reason"] == "other")
    }

    /// `#1001` and `#1001A` that took its place, both told; the first is cancelled.
    private func edited() -> JourneyFixture {
        var original = OrderPlanShop.teeAndCap()
        var journey = JourneyFixture([original])
        journey.catchUp()
        original.tick(600)
        original.cancel("other")
        journey.set(0, original)
        journey.add(.replacement("1002", name: "#1001A", minutes: 10))
        journey.catchUp()
        return journey
    }

    @Test(
        "E3 the cancellation of an order that replaced another waits for its own replacement",
        arguments: ["letter", "attribute"])
    func heldInTheMiddle(mark: String) throws {
        var journey = edited()
        if mark == "attribute" {
            journey.change(1) {
                $0.order.name = "#1002"
                $0.order.attributes = [OrderAttribute(name: "original_order", value: "#1001")]
            }
        }
        journey.change(1) {
            $0.tick(60)
            $0.cancel("other")
        }
        let cancelledAt = try #require(journey.shops[1].order.cancelledAt)
        journey.now = cancelledAt + .seconds(1)
        let held = journey.plan(1)
        #expect(held.historyTypes == [])
        #expect(held.reason("purchase_cancellation") == .heldForPair)
        #expect(held.planAgainAt == cancelledAt + .seconds(120))
        #expect(journey.plan(0).historyTypes == [], "the first one is told already")
        // Its replacement appears a second later.
        var paired = journey
        var last = OrderPlanShop.replacement("1003", name: "#1001B", minutes: 12)
        if mark == "attribute" {
            last.order.name = "#1003"
            last.order.attributes = [OrderAttribute(name: "original_order", value: "#1002")]
        }
        paired.add(last)
        let cancellation = try paired.plan(1).event("purchase_cancellation").properties()
        #expect(cancellation["reason"] == "replaced_by_edit" && cancellation["replaced_by"] == "shop-1003")
        paired.catchUp()
        #expect(paired.told(1) == ["shop-1002:purchase", "shop-1002:cancellation"])
        #expect(paired.toldValue == paired.shops[2].worth)
        // It never appears: the shop's own reason is told when the hold ends.
        journey.now = cancelledAt + .seconds(120)
        #expect(try journey.plan(1).event("purchase_cancellation").properties()["reason"] == "other")
    }

    @Test("E3 an order that replaced another and stands waits for nothing, whatever became of its original")
    func notHeldInTheMiddle() throws {
        var journey = edited()
        journey.now = journey.shops[1].order.createdAt + .seconds(1)
        journey.change(1) { $0.add("MUG", 1, at: "12.50") }
        #expect(journey.plan(1).reason("purchase_update") == .told)
        // The original is not cancelled yet.
        var open = JourneyFixture([.teeAndCap(), .replacement("1002", name: "#1001A", minutes: 10)])
        open.now = open.shops[1].order.createdAt + .seconds(1)
        #expect(open.plan(1).reason("purchase") == .told)
    }

    // MARK: Joined later

    @Test("E3 what is joined later: the original's cancellation, and one linking revision of no value, exactly once")
    func joinedLater() throws {
        var journey = strangers()
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase"] && journey.told(1) == ["shop-1002:purchase"])
        journey.decide("1001", "1002", isJoined: true)
        let plan = journey.plan(1)
        let link = try plan.event("purchase_update")
        #expect(plan.historyTypes == ["purchase_update"])
        #expect(link.key == "shop-1002:revision:1")
        #expect(try link.amount("total_delta") == .zero)
        #expect(link.contribution == .zero)
        let properties = try link.properties()
        #expect(properties["is_replacement"] == true)
        #expect(properties["replaces"] == "shop-1001")
        #expect(properties["journey_id"] == "shop-1001")
        #expect(properties["changes"] == [])
        #expect(try journey.plan(0).event("purchase_cancellation").properties()["replaced_by"] == "shop-1002")
        journey.catchUp()
        #expect(journey.told(0) == ["shop-1001:purchase", "shop-1001:cancellation"])
        #expect(journey.told(1) == ["shop-1002:purchase", "shop-1002:revision:1"])
        #expect(journey.toldValue == journey.shops[1].worth)
        // An edit afterwards is the next revision, and no link again.
        journey.change(1) { $0.add("MUG", 1, at: "12.50") }
        journey.catchUp()
        #expect(journey.told(1).last == "shop-1002:revision:2")
        #expect(journey.told(1).count == 3)
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    @Test("E3 a revision that is due anyway is the link too")
    func linkWithARevision() throws {
        var journey = strangers()
        journey.catchUp()
        journey.decide("1001", "1002", isJoined: true)
        journey.change(1) { $0.add("MUG", 1, at: "12.50") }
        let revision = try journey.plan(1).event("purchase_update")
        #expect(try revision.properties()["replaces"] == "shop-1001")
        #expect(try revision.amount("total_delta") == OrderPlanShop.amount("12.50"))
        journey.catchUp()
        #expect(journey.told(1) == ["shop-1002:purchase", "shop-1002:revision:1"])
    }

    @Test("A5 a refused link is not planned again and again under the next number")
    func refusedLink() throws {
        var journey = strangers()
        journey.catchUp()
        journey.decide("1001", "1002", isJoined: true)
        journey.plan(1)
        journey.with(1) {
            $0.attempt("shop-1002:revision:1")
            $0.refuse("shop-1002:revision:1")
        }
        let plan = journey.plan(1)
        #expect(plan.historyTypes == [])
        #expect(plan.waiting.contains(Waiting(eventType: "purchase_update", reason: .refused)))
        // What an edit brings says it all at once, and takes the refused one's place.
        journey.change(1) { $0.add("MUG", 1, at: "12.50") }
        let next = journey.plan(1)
        #expect(try next.event("purchase_update").key == "shop-1002:revision:2")
        #expect(next.superseded == ["shop-1002:revision:1"])
    }

    @Test("E3 a steward's keep-apart reinstates an original that stands")
    func keptApart() throws {
        var journey = JourneyFixture([.teeAndCap()])
        journey.catchUp()
        journey.add(.replacement("1002", name: "#1001A", minutes: 10))
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation")
        journey.decide("1001", "1002", isJoined: false)
        let back = try journey.plan(0).event("purchase_update")
        #expect(try back.properties()["is_reinstatement"] == true)
        #expect(try back.amount("total_delta") == OrderPlanShop.amount("43.00"))
        #expect(try back.properties()["journey_id"] == "shop-1001")
        journey.catchUp()
        #expect(journey.toldValue == journey.shops[0].worth + journey.shops[1].worth)
        #expect(journey.told(1) == ["shop-1002:purchase"])
        // And joined again: a second cancellation, of its own name.
        journey.decide("1001", "1002", isJoined: true)
        journey.catchUp()
        #expect(journey.told(0).last == "shop-1001:cancellation:2")
        #expect(journey.toldValue == journey.shops[1].worth)
    }

    // MARK: The row

    @Test("E6 the row of a journey's first order shows the order that stands for it now")
    func row() throws {
        var journey = pair()
        let row = try journey.plan(0).event("row")
        #expect(try row.json()["item_id"] == "shop-1001")
        let properties = try row.properties()
        #expect(properties["mirrors"] == "shop-1002")
        #expect(properties["order_id"] == "1002" && properties["order_name"] == "#1001A")
        #expect(properties["journey_id"] == "shop-1001")
        #expect(try row.amount("total_price") == OrderPlanShop.amount("25.00"))
        #expect(properties["status"] == "open")
        let own = try journey.plan(1).event("row")
        #expect(try own.json()["item_id"] == "shop-1002")
        #expect(try own.properties()["mirrors"] == nil)
        #expect(try DeclarationCheck.problems(row) == [] && DeclarationCheck.problems(own) == [])
        // An edit of the current order changes both rows.
        journey.catchUp()
        #expect(journey.plan(0).reason("row") == .noChange)
        journey.change(1) { $0.add("MUG", 1, at: "12.50") }
        #expect(try journey.plan(0).event("row").amount("total_price") == OrderPlanShop.amount("37.50"))
    }

    @Test("E6 the row of a journey's first order says the revision that the current order's own row says")
    func rowSaysTheRevision() throws {
        var journey = pair()
        journey.catchUp()
        journey.change(1) { $0.add("MUG", 1, at: "12.50") }
        let shown = try journey.plan(0).event("row").properties()
        let own = try journey.plan(1).event("row").properties()
        #expect(own["revision"] == 1)
        #expect(shown["revision"] == 1, "also when it is planned first, while that revision is not on its way")
        // Whose purchase is held back is told later, and this row with it.
        var held = JourneyFixture([.teeAndCap()])
        held.catchUp()
        held.add(.replacement("1002", name: "#1001A", minutes: 10))
        held.with(1) { $0.isPersonTold = false }
        held.with(0) { $0.isPersonTold = false }
        let waiting = held.plan(0)
        #expect(try waiting.event("row").properties()["purchase_told"] == false)
        #expect(waiting.awaitsAddress)
        held.with(0) { $0.isPersonTold = true }
        #expect(try held.plan(0).event("row").properties()["purchase_told"] == true)
    }

    @Test("E6 a row whose journey's order is not at hand is asked for again with it, and nothing else waits")
    func rowWithoutItsOrder() throws {
        var journey = JourneyFixture([.teeAndCap()])
        journey.catchUp()
        journey.add(.replacement("1002", name: "#1001A", minutes: 10))
        journey.isCurrentMissing = true
        let plan = journey.plan(0)
        #expect(plan.wantsJourneyCurrent)
        #expect(!plan.deliveries.contains { $0.eventType == "row" })
        #expect(plan.historyTypes == ["purchase_cancellation"])
        journey.isCurrentMissing = false
        let again = journey.plan(0)
        #expect(!again.wantsJourneyCurrent)
        #expect(try again.event("row").properties()["mirrors"] == "shop-1002")
    }

    @Test("E6 an order that a steward joined with one of another shop keeps its own row", arguments: [true, false])
    func rowBesideAnotherShop(isMissing: Bool) throws {
        var other = OrderPlanFixture(.replacement("1002", name: "#77", minutes: 10))
        other.record.key = EntityKey(connection: "outlet", kind: .order, id: "1002")
        var fixture = OrderPlanFixture(.teeAndCap())
        fixture.flow.idPrefixes = ["outlet": "out"]
        fixture.otherOrders = [try #require(OrderSummary(of: other.record, rules: JourneyRules()))]
        fixture.journeyDecisions = [
            JourneyDecision(original: "shop/order/1001", replacement: "outlet/order/1002", isJoined: true)
        ]
        fixture.journeyCurrent = isMissing ? nil : other.record
        fixture.isJourneyCurrentMissing = isMissing
        let plan = fixture.plan()
        #expect(!plan.wantsJourneyCurrent)
        let row = try plan.event("row").properties()
        #expect(row["mirrors"] == nil)
        #expect(row["order_id"] == "1001")
        #expect(row["status"] == "cancelled" && row["cancel_reason"] == "replaced_by_edit")
    }

    @Test("law 8 a row never shows another currency's numbers as the reference currency")
    func rowOfAnotherCurrency() throws {
        var original = OrderPlanShop(id: "1001", shop: "USD", buyer: "GBP")
        original.add("TEE", 1, at: "25.00", isEdit: false)
        original.pay()
        var replacement = OrderPlanShop(id: "1002", shop: "USD", buyer: "EUR")
        replacement.tick(600)
        replacement.order.createdAt = replacement.order.updatedAt
        replacement.order.name = "#1001A"
        replacement.add("TEE", 1, at: "25.00", isEdit: false)
        replacement.pay()
        var journey = JourneyFixture([original, replacement])
        #expect(journey.journeys.role(of: JourneyFixture.key("1001"))?.replacedBy == JourneyFixture.key("1002"))
        let row = try journey.plan(0).event("row").properties()
        #expect(row["mirrors"] == nil)
        #expect(row["order_id"] == "1001")
        #expect(row["local_currency"] == "GBP")
    }

    // MARK: Who the buyer is

    @Test("law 4 an order waits until its buyer is acknowledged; stage observe plans it all the same")
    func unacknowledged() {
        var fixture = OrderPlanFixture(.teeAndCap())
        fixture.isPersonTold = false
        let waiting = fixture.planned()
        #expect(waiting.historyTypes == [])
        #expect(waiting.awaitsAddress)
        #expect(waiting.reason("purchase") == .waitsForDependency)
        fixture.stages = [StageChange(stage: .observe, at: OrderPlanShop.placedAt - .days(1))]
        let observed = fixture.planned()
        #expect(!observed.awaitsAddress)
        #expect(observed.historyTypes.first == "purchase")
    }

    @Test("E7 an order is told to its end under the address of its first event")
    func addressIsKept() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.buyer = Buyer(customerID: .known(nil), email: .known("ada@example.test"))
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.add("MUG", 1, at: "12.50")
        shop.order.buyer = Buyer(customerID: .known("7"), email: .known("ada@example.test"))
        fixture.see(shop)
        let revision = try fixture.plan().event("purchase_update")
        #expect(try revision.json()["customer_ids"] == ["email_id": "ada@example.test"])
    }

    // MARK: The algebra

    @Test(
        "E3 E6 whatever happens to a journey, what was told is what stands, to the minor unit",
        arguments: UInt64(1)...100)
    func algebra(seed: UInt64) throws {
        var luck = SeededGenerator(seed: seed)
        var journey = JourneyFixture([.teeAndCap()])
        for _ in 0..<14 {
            tellSome(&journey, &luck)
            happen(&journey, &luck)
        }
        // Nothing is held for its pair any more.
        journey.now = journey.now + .days(1)
        for _ in 0..<3 {
            for index in journey.benches.indices {
                for parked in journey.benches[index].parked { journey.with(index) { $0.forget(parked.key) } }
            }
            journey.catchUp()
        }
        let journeys = journey.journeys
        var expected = Amount.zero
        for (index, shop) in journey.shops.enumerated() {
            let isTold = journey.told(index).contains { $0.hasSuffix(":purchase") }
            let key = JourneyFixture.key(shop.order.id)
            let isReplaced = journeys.chain(of: key).drop { $0 != key }.dropFirst().contains { later in
                journey.shops.contains { JourneyFixture.key($0.order.id) == later && $0.order.cancelledAt == nil }
            }
            if isTold, !isReplaced, shop.order.cancelledAt == nil { expected = expected + shop.worth }
            #expect(Set(journey.benches[index].told).count == journey.benches[index].told.count, "seed \(seed)")
            #expect(journey.benches[index].ledger.deliveries == [], "seed \(seed)")
        }
        #expect(
            journey.toldValue == expected,
            "seed \(seed): told \(journey.toldValue), stands \(expected): \(journey.benches.map(\.told))")
        let purchases = journey.benches.flatMap(\.told).filter { $0.hasSuffix(":purchase") }
        #expect(Set(purchases).count == purchases.count, "seed \(seed)")
    }

    private func tellSome(_ journey: inout JourneyFixture, _ luck: inout SeededGenerator) {
        for index in journey.benches.indices {
            journey.plan(index)
            for _ in 0..<Int(luck.next() % 4) {
                guard let key = journey.benches[index].runnable.first else { break }
                journey.with(index) { $0.attempt(key) }
                switch luck.next() % 8 {
                case 0..<6: journey.with(index) { $0.acknowledge(key) }
                case 6:
                    journey.with(index) { $0.refuse(key) }
                    journey.plan(index)
                default: break
                }
            }
            for delivery in journey.benches[index].ledger.deliveries where delivery.mayBeTold && luck.next() % 2 == 0 {
                journey.with(index) { $0.acknowledge(delivery.key) }
            }
        }
    }

    /// One more thing happens to one of the orders, or to what is believed of them.
    private func happen(_ journey: inout JourneyFixture, _ luck: inout SeededGenerator) {
        let count = journey.shops.count
        let index = Int(luck.next() % UInt64(count))
        let line = journey.shops[index].openLines.last?.id ?? "L1"
        let isOpen = journey.shops[index].order.cancelledAt == nil
        switch luck.next() % 11 {
        case 0 where count < 4, 1 where count < 4: recreate(&journey, isMarked: luck.next() % 2 == 0)
        case 2 where isOpen && count > 1: journey.change(index) { $0.cancel("other") }
        case 3 where count > 1, 4 where count > 1:
            let first = Int(luck.next() % UInt64(count - 1))
            journey.decide(
                journey.shops[first].order.id, journey.shops[first + 1].order.id, isJoined: luck.next() % 2 == 0)
        case 5 where isOpen: journey.change(index) { $0.giveBack(line) }
        case 6 where isOpen: journey.change(index) { $0.appease("1.50") }
        case 7 where isOpen: journey.change(index) { $0.swap(line, for: "MUG", at: "12.50") }
        case 8 where isOpen: journey.change(index) { $0.settle() }
        case 9 where isOpen: journey.change(index) { $0.add("SOCKS", 2, at: "9.99") }
        default: if isOpen { journey.change(index) { $0.pay() } }
        }
    }

    private func recreate(_ journey: inout JourneyFixture, isMarked: Bool) {
        let count = journey.shops.count
        let letters = ["", "A", "B", "C"]
        journey.add(
            .replacement(
                "\(1001 + count)", name: isMarked ? "#1001\(letters[count])" : "#\(2000 + count)",
                minutes: Int64(count) * 10, lines: [("TEE", "25.00"), ("POSTER", "14.95")]))
    }
}
