import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// Whether, when, under which id and in which currency an order is told.
@Suite("Order plan: the gate")
struct OrderPlanGateTests {
    private func amount(_ text: String) -> Amount { OrderPlanShop.amount(text) }

    // MARK: What is never told

    @Test("A22 test, migrated, zero-value and gift-card-only orders are never told, not even as a row")
    func neverTold() {
        func check(
            _ why: String, policies: (inout Policies) -> Void = { _ in }, _ change: (inout OrderPlanShop) -> Void
        ) {
            var shop = OrderPlanShop.teeAndCap()
            change(&shop)
            let plan = OrderPlanFixture(shop, change: policies).planned()
            #expect(plan.deliveries == [], "\(why)")
            #expect(plan.decisions.map(\.reason) == [.neverTold], "\(why)")
            #expect(plan.decisions.first?.detail?.contains(why) == true)
        }
        check("a test order") { $0.order.isTest = true }
        check("tag from-magento", policies: { $0.migratedTags = ["from-magento"] }) {
            $0.order.tags = ["vip", "from-magento"]
        }
        check("app 42", policies: { $0.migratedAppIDs = ["42"] }) { $0.order.appID = "42" }
        check("only gift cards") { shop in
            for index in shop.order.lines.indices { shop.order.lines[index].isGiftCard = true }
        }
        check("no value") { shop in
            shop.remove("L1")
            shop.remove("L2")
        }
    }

    @Test("A22 what is never told is configuration")
    func toldAllTheSame() {
        var test = OrderPlanShop.teeAndCap()
        test.order.isTest = true
        #expect(OrderPlanFixture(test, change: { $0.tellTestOrders = true }).planned().historyTypes.first == "purchase")
        var free = OrderPlanShop()
        free.add("TEE", 1, at: "0")
        free.order.financialStatus = .paid
        #expect(OrderPlanFixture(free).planned().historyTypes == [])
        #expect(OrderPlanFixture(free, change: { $0.tellZeroValue = true }).planned().historyTypes.first == "purchase")
    }

    @Test("A22 an order that was told goes on, whatever it becomes")
    func toldGoesOn() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.catchUp(shop)
        shop.remove("L1")
        shop.remove("L2")
        #expect(fixture.catchUp(shop).historyTypes.contains("purchase_update"))
        #expect(fixture.toldValue == .zero)
    }

    @Test("an order that is not yet read waits for its snapshot")
    func notRead() {
        var fixture = OrderPlanFixture(.teeAndCap())
        fixture.record.truth.state = nil
        #expect(fixture.planned().decisions.map(\.reason) == [.heldForSnapshot])
    }

    // MARK: When

    @Test("E1 the purchase waits for its gate; its row does not", arguments: Policies.PurchaseGate.allCases)
    func gate(_ purchaseWhen: Policies.PurchaseGate) {
        let opens: [Order.FinancialStatus: Set<Policies.PurchaseGate>] = [
            .pending: [.placed], .authorized: [.placed, .authorised], .partiallyPaid: [.placed, .authorised],
            .paid: [.placed, .authorised, .paid], .refunded: [.placed, .authorised, .paid],
            .partiallyRefunded: [.placed, .authorised, .paid],
        ]
        for (status, gates) in opens {
            var shop = OrderPlanShop.teeAndCap()
            shop.order.financialStatus = status
            var fixture = OrderPlanFixture(shop, purchaseWhen: purchaseWhen)
            fixture.record.truth.acts = []
            let plan = fixture.planned()
            #expect(plan.historyTypes.contains("purchase") == gates.contains(purchaseWhen), "\(status)")
            #expect(plan.deliveries.contains { $0.eventType == "row" })
            if !gates.contains(purchaseWhen) {
                #expect(plan.reason("purchase") == .notPurchaseYet)
                #expect(plan.waiting.contains(Waiting(eventType: "purchase", reason: .notPurchaseYet)))
            }
        }
    }

    @Test("the gate is sticky: an edit that leaves a sum unpaid does not close it")
    func sticky() {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        shop.add("MUG", 1, at: "12.50")
        #expect(shop.order.financialStatus == .partiallyPaid)
        fixture.see(shop)
        #expect(fixture.planned().historyTypes.first == "purchase")
    }

    @Test("A15 facts before the baseline are history; one of the baseline's own second is not")
    func baseline() throws {
        let shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.stages = [StageChange(stage: .live, at: OrderPlanShop.placedAt + .milliseconds(900))]
        #expect(fixture.planned().historyTypes.first == "purchase", "sources tell whole seconds")
        #expect(try fixture.planned().event("purchase").properties()["live"] == true)
        fixture.stages = [StageChange(stage: .live, at: OrderPlanShop.placedAt + .seconds(1))]
        let plan = fixture.planned()
        #expect(plan.historyTypes == [])
        #expect(plan.reason("purchase") == .beforeBaseline)
        #expect(plan.waiting == [], "history is not waiting for anything")
        #expect(try plan.event("row").properties()["purchase_told"] == false)
    }

    @Test("A15 `live` belongs to the fact: what happened in stage ingest stays so when it is told later")
    func live() throws {
        var shop = OrderPlanShop.teeAndCap()
        var fixture = OrderPlanFixture(shop)
        fixture.stages = [
            StageChange(stage: .ingest, at: OrderPlanShop.placedAt - .days(1)),
            StageChange(stage: .live, at: OrderPlanShop.placedAt + .seconds(5)),
        ]
        let purchase = fixture.catchUp(shop)
        #expect(try purchase.event("purchase").properties()["live"] == false)
        #expect(try purchase.event("row").properties()["live"] == true, "the row is the present")
        shop.tick(60)
        shop.add("MUG", 1, at: "12.50")
        #expect(try fixture.catchUp(shop).event("purchase_update").properties()["live"] == true)
    }

    @Test("facts beyond the horizon never become history")
    func horizon() {
        var fixture = OrderPlanFixture(.teeAndCap())
        fixture.stages[0].at = Instant(seconds: 1)
        fixture.now = OrderPlanShop.placedAt + .days(400)
        #expect(fixture.planned().historyTypes.first == "purchase")
        fixture.now = fixture.now + .seconds(1)
        #expect(fixture.planned().historyTypes == [])
        #expect(fixture.planned().reason("purchase") == .historyHorizon)
    }

    // MARK: Under which id

    @Test("B1 the customer id outranks the e-mail; the e-mail is normalised; no identity waits until one appears")
    func identity() throws {
        var shop = OrderPlanShop.teeAndCap()
        #expect(
            try OrderPlanFixture(shop).planned().event("purchase").json()["customer_ids"] == [
                "shopify_id": "7700000000000777"
            ])
        shop.order.buyer = Buyer(customerID: .known(nil), email: .known(nil), phone: .known("+44"))
        var fixture = OrderPlanFixture(shop)
        let plan = fixture.catchUp(shop)
        #expect(plan.historyTypes == [])
        #expect(plan.reason("purchase") == .noIdentity)
        #expect(plan.waiting == [Waiting(eventType: "purchase", reason: .noIdentity)])
        shop.order.buyer.email = .known(" Ada@Example.test ")
        let purchase = try fixture.catchUp(shop).event("purchase")
        #expect(try purchase.json()["customer_ids"] == ["email_id": "ada@example.test"])
    }

    @Test("a redacted buyer waits for the read, and for nothing once it was read")
    func redacted() {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.buyer = Buyer()
        var fixture = OrderPlanFixture(shop)
        fixture.record.truth.wasRead = false
        fixture.record.truth.dirty = Dirty(reason: .hint, notBefore: fixture.now, mark: 1)
        #expect(fixture.planned().reason("purchase") == .heldForSnapshot)
        fixture.record.truth.wasRead = true
        #expect(fixture.planned().reason("purchase") == .noIdentity)
    }

    @Test("E7 a guest who gets an account during an edit stays at the address of the first event")
    func frozenAddress() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.buyer.customerID = .known(nil)
        var fixture = OrderPlanFixture(shop)
        fixture.see(shop)
        fixture.plan()
        fixture.attempt("shop-1001:purchase")
        shop.order.buyer.customerID = .known("7700000000000777")
        shop.add("MUG", 1, at: "12.50")
        fixture.see(shop)
        for type in ["purchase_update", "purchase_item"] {
            #expect(
                try fixture.plan().event(type).json()["customer_ids"] == ["email_id": "ada@example.test"],
                "\(type)")
        }
        fixture.tellAll()
        shop.cancel()
        #expect(
            try fixture.catchUp(shop).event("purchase_cancellation").json()["customer_ids"] == [
                "email_id": "ada@example.test"
            ])
    }

    // MARK: In which currency

    @Test("an order without a rate to the reference currency is an exception, cured when one is known")
    func rate() {
        let shop = OrderPlanShop.teeAndCap(shop: "USD", buyer: "EUR")
        var fixture = OrderPlanFixture(shop)
        let plan = fixture.plan()
        #expect(plan.deliveries == [])
        #expect(plan.decisions.map(\.reason) == [.rateMissing])
        #expect(plan.waiting == [Waiting(eventType: "order", reason: .rateMissing)])
        #expect(plan.raised.map(\.kind) == [.rateMissing])
        #expect(plan.raised.first?.subject == fixture.record.key.description)
        fixture.flow.referenceCurrency = OrderPlanShop.currency("EUR")
        let cured = fixture.plan()
        #expect(cured.raised == [])
        #expect(cured.resolved == [.rateMissing])
        #expect(cured.historyTypes.first == "purchase")
    }

    @Test("the buyer's side is the reference where it is the brand's currency, and stays so")
    func presentment() throws {
        var shop = OrderPlanShop.teeAndCap(shop: "USD", buyer: "GBP")
        var fixture = OrderPlanFixture(shop)
        let purchase = try fixture.catchUp(shop).event("purchase")
        #expect(try purchase.amount("total_price") == amount("86"))
        #expect(try purchase.amount("total_price_local_currency") == amount("86"))
        #expect(try purchase.properties()["reference_currency"] == "GBP")
        fixture.flow.referenceCurrency = OrderPlanShop.currency("USD")
        shop.add("MUG", 1, at: "12.50")
        #expect(try fixture.catchUp(shop).event("purchase_update").amount("total_delta") == amount("25"))
        #expect(fixture.toldValue == shop.worth * 2)
    }

    // MARK: Rules that change

    /// The rules of the file before and after a change a minute after the order was placed.
    private func fixture(
        _ shop: OrderPlanShop, before: (inout Policies) -> Void, after: (inout Policies) -> Void
    ) -> OrderPlanFixture {
        var fixture = OrderPlanFixture(shop)
        before(&fixture.flow.policies)
        var history = PurchaseRulesHistory(PurchaseRules(fixture.flow.policies), at: fixture.stages[0].at)
        after(&fixture.flow.policies)
        history.note(PurchaseRules(fixture.flow.policies), at: OrderPlanShop.placedAt + .minutes(1))
        fixture.purchaseRules = history
        return fixture
    }

    @Test("A21 an order that was no purchase under the old gate is not told because the file changed; paid, it is")
    func changedGate() {
        var shop = OrderPlanShop()
        shop.add("TEE", 1, at: "25.00", isEdit: false)
        var fixture = fixture(shop, before: { $0.purchaseWhen = .paid }, after: { $0.purchaseWhen = .placed })
        #expect(fixture.catchUp(shop).reason("purchase") == .notPurchaseYet)
        shop.tick(600)
        shop.order.note = "please ring"
        #expect(fixture.catchUp(shop).reason("purchase") == .notPurchaseYet)
        shop.pay()
        #expect(fixture.catchUp(shop).historyTypes.contains("purchase"))
    }

    @Test("A21 a fact after the change counts by the new gate, and what was a purchase stays one")
    func factsAfterTheChange() {
        var shop = OrderPlanShop()
        shop.add("TEE", 1, at: "25.00", isEdit: false)
        var authorised = fixture(shop, before: { $0.purchaseWhen = .paid }, after: { $0.purchaseWhen = .authorised })
        authorised.record.truth.acts = [
            Act(id: "authorized", kind: .authorized, at: OrderPlanShop.placedAt + .seconds(30))
        ]
        #expect(authorised.planned().reason("purchase") == .notPurchaseYet)
        authorised.record.truth.acts[0].at = OrderPlanShop.placedAt + .seconds(90)
        #expect(authorised.planned().historyTypes.contains("purchase"))
        var stricter = fixture(shop, before: { $0.purchaseWhen = .placed }, after: { $0.purchaseWhen = .paid })
        #expect(stricter.catchUp(shop).historyTypes.contains("purchase"))
        // An order that is placed after the change is the new gate's alone.
        var later = shop
        later.order.processedAt = OrderPlanShop.placedAt + .minutes(2)
        #expect(
            fixture(later, before: { $0.purchaseWhen = .placed }, after: { $0.purchaseWhen = .paid })
                .planned().reason("purchase") == .notPurchaseYet)
    }

    @Test(
        "A21 A22 what was never told stays so when the file stops leaving it out; what it leaves out now is not begun",
        arguments: [true, false])
    func changedExclusions(isLeftOutBefore: Bool) {
        func excluding(_ policies: inout Policies) { policies.migratedTags = ["old"] }
        func telling(_ policies: inout Policies) { policies.migratedTags = [] }
        var shop = OrderPlanShop.teeAndCap()
        shop.order.tags = ["old"]
        let fixture =
            isLeftOutBefore
            ? fixture(shop, before: excluding, after: telling) : fixture(shop, before: telling, after: excluding)
        #expect(fixture.planned().reason("order") == .neverTold)
    }
}
