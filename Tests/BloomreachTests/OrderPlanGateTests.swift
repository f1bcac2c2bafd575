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
            let plan = OrderPlanBench(shop, change: policies).planned()
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
        #expect(OrderPlanBench(test, change: { $0.tellTestOrders = true }).planned().historyTypes.first == "purchase")
        var free = OrderPlanShop()
        free.add("TEE", 1, at: "0")
        free.order.financialStatus = .paid
        #expect(OrderPlanBench(free).planned().historyTypes == [])
        #expect(OrderPlanBench(free, change: { $0.tellZeroValue = true }).planned().historyTypes.first == "purchase")
    }

    @Test("A22 an order that was told goes on, whatever it becomes")
    func toldGoesOn() {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        bench.catchUp(shop)
        shop.remove("L1")
        shop.remove("L2")
        #expect(bench.catchUp(shop).historyTypes.contains("purchase_update"))
        #expect(bench.toldValue == .zero)
    }

    @Test("an order that is not yet read waits for its snapshot")
    func notRead() {
        var bench = OrderPlanBench(.teeAndCap())
        bench.record.truth.state = nil
        #expect(bench.planned().decisions.map(\.reason) == [.heldForSnapshot])
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
            var bench = OrderPlanBench(shop, purchaseWhen: purchaseWhen)
            bench.record.truth.acts = []
            let plan = bench.planned()
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
        var bench = OrderPlanBench(shop)
        shop.add("MUG", 1, at: "12.50")
        #expect(shop.order.financialStatus == .partiallyPaid)
        bench.see(shop)
        #expect(bench.planned().historyTypes.first == "purchase")
    }

    @Test("A15 facts before the baseline are history; one of the baseline's own second is not")
    func baseline() throws {
        let shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        bench.stages = [StageChange(stage: .live, at: OrderPlanShop.placedAt + .milliseconds(900))]
        #expect(bench.planned().historyTypes.first == "purchase", "sources tell whole seconds")
        #expect(try bench.planned().event("purchase").properties()["live"] == true)
        bench.stages = [StageChange(stage: .live, at: OrderPlanShop.placedAt + .seconds(1))]
        let plan = bench.planned()
        #expect(plan.historyTypes == [])
        #expect(plan.reason("purchase") == .beforeBaseline)
        #expect(plan.waiting == [], "history is not waiting for anything")
        #expect(try plan.event("row").properties()["purchase_told"] == false)
    }

    @Test("A15 `live` belongs to the fact: what happened in stage ingest stays so when it is told later")
    func live() throws {
        var shop = OrderPlanShop.teeAndCap()
        var bench = OrderPlanBench(shop)
        bench.stages = [
            StageChange(stage: .ingest, at: OrderPlanShop.placedAt - .days(1)),
            StageChange(stage: .live, at: OrderPlanShop.placedAt + .seconds(5)),
        ]
        let purchase = bench.catchUp(shop)
        #expect(try purchase.event("purchase").properties()["live"] == false)
        #expect(try purchase.event("row").properties()["live"] == true, "the row is the present")
        shop.tick(60)
        shop.add("MUG", 1, at: "12.50")
        #expect(try bench.catchUp(shop).event("purchase_update").properties()["live"] == true)
    }

    @Test("facts beyond the horizon never become history")
    func horizon() {
        var bench = OrderPlanBench(.teeAndCap())
        bench.stages[0].at = Instant(seconds: 1)
        bench.now = OrderPlanShop.placedAt + .days(400)
        #expect(bench.planned().historyTypes.first == "purchase")
        bench.now = bench.now + .seconds(1)
        #expect(bench.planned().historyTypes == [])
        #expect(bench.planned().reason("purchase") == .historyHorizon)
    }

    // MARK: Under which id

    @Test("B1 the customer id outranks the e-mail; the e-mail is normalised; no identity waits until one appears")
    func identity() throws {
        var shop = OrderPlanShop.teeAndCap()
        #expect(
            try OrderPlanBench(shop).planned().event("purchase").json()["customer_ids"] == [
                "shopify_id": "7700000000000777"
            ])
        shop.order.buyer = Buyer(customerID: .known(nil), email: .known(nil), phone: .known("+44"))
        var bench = OrderPlanBench(shop)
        let plan = bench.catchUp(shop)
        #expect(plan.historyTypes == [])
        #expect(plan.reason("purchase") == .noIdentity)
        #expect(plan.waiting == [Waiting(eventType: "purchase", reason: .noIdentity)])
        shop.order.buyer.email = .known(" Ada@Example.test ")
        let purchase = try bench.catchUp(shop).event("purchase")
        #expect(try purchase.json()["customer_ids"] == ["email_id": "ada@example.test"])
    }

    @Test("a redacted buyer waits for the read, and for nothing once it was read")
    func redacted() {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.buyer = Buyer()
        var bench = OrderPlanBench(shop)
        bench.record.truth.wasRead = false
        bench.record.truth.dirty = Dirty(reason: .hint, notBefore: bench.now, mark: 1)
        #expect(bench.planned().reason("purchase") == .heldForSnapshot)
        bench.record.truth.wasRead = true
        #expect(bench.planned().reason("purchase") == .noIdentity)
    }

    @Test("E7 a guest who gets an account during an edit stays at the address of the first event")
    func frozenAddress() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.order.buyer.customerID = .known(nil)
        var bench = OrderPlanBench(shop)
        bench.see(shop)
        bench.plan()
        bench.attempt("shop-1001:purchase")
        shop.order.buyer.customerID = .known("7700000000000777")
        shop.add("MUG", 1, at: "12.50")
        bench.see(shop)
        for type in ["purchase_update", "purchase_item"] {
            #expect(
                try bench.plan().event(type).json()["customer_ids"] == ["email_id": "ada@example.test"],
                "\(type)")
        }
        bench.tellAll()
        shop.cancel()
        #expect(
            try bench.catchUp(shop).event("purchase_cancellation").json()["customer_ids"] == [
                "email_id": "ada@example.test"
            ])
    }

    // MARK: In which currency

    @Test("an order without a rate to the reference currency is an exception, cured when one is known")
    func rate() {
        let shop = OrderPlanShop.teeAndCap(shop: "USD", buyer: "EUR")
        var bench = OrderPlanBench(shop)
        let plan = bench.plan()
        #expect(plan.deliveries == [])
        #expect(plan.decisions.map(\.reason) == [.rateMissing])
        #expect(plan.waiting == [Waiting(eventType: "order", reason: .rateMissing)])
        #expect(plan.raised.map(\.kind) == [.rateMissing])
        #expect(plan.raised.first?.subject == bench.record.key.description)
        bench.flow.referenceCurrency = OrderPlanShop.currency("EUR")
        let cured = bench.plan()
        #expect(cured.raised == [])
        #expect(cured.cured == [.rateMissing])
        #expect(cured.historyTypes.first == "purchase")
    }

    @Test("the buyer's side is the reference where it is the brand's currency, and stays so")
    func presentment() throws {
        var shop = OrderPlanShop.teeAndCap(shop: "USD", buyer: "GBP")
        var bench = OrderPlanBench(shop)
        let purchase = try bench.catchUp(shop).event("purchase")
        #expect(try purchase.amount("total_price") == amount("86"))
        #expect(try purchase.amount("total_price_local_currency") == amount("86"))
        #expect(try purchase.properties()["reference_currency"] == "GBP")
        bench.flow.referenceCurrency = OrderPlanShop.currency("USD")
        shop.add("MUG", 1, at: "12.50")
        #expect(try bench.catchUp(shop).event("purchase_update").amount("total_delta") == amount("25"))
        #expect(bench.toldValue == shop.worth * 2)
    }

    // MARK: Rules that change

    /// The rules of the file before and after a change a minute after the order was placed.
    private func bench(
        _ shop: OrderPlanShop, before: (inout Policies) -> Void, after: (inout Policies) -> Void
    ) -> OrderPlanBench {
        var bench = OrderPlanBench(shop)
        before(&bench.flow.policies)
        var history = PurchaseRulesHistory(PurchaseRules(bench.flow.policies), at: bench.stages[0].at)
        after(&bench.flow.policies)
        history.note(PurchaseRules(bench.flow.policies), at: OrderPlanShop.placedAt + .minutes(1))
        bench.purchaseRules = history
        return bench
    }

    @Test("A21 an order that was no purchase under the old gate is not told because the file changed; paid, it is")
    func changedGate() {
        var shop = OrderPlanShop()
        shop.add("TEE", 1, at: "25.00", isEdit: false)
        var bench = bench(shop, before: { $0.purchaseWhen = .paid }, after: { $0.purchaseWhen = .placed })
        #expect(bench.catchUp(shop).reason("purchase") == .notPurchaseYet)
        shop.tick(600)
        shop.order.note = "please ring"
        #expect(bench.catchUp(shop).reason("purchase") == .notPurchaseYet)
        shop.pay()
        #expect(bench.catchUp(shop).historyTypes.contains("purchase"))
    }

    @Test("A21 a fact after the change counts by the new gate, and what was a purchase stays one")
    func factsAfterTheChange() {
        var shop = OrderPlanShop()
        shop.add("TEE", 1, at: "25.00", isEdit: false)
        var authorised = bench(shop, before: { $0.purchaseWhen = .paid }, after: { $0.purchaseWhen = .authorised })
        authorised.record.truth.acts = [
            Act(id: "authorized", kind: .authorized, at: OrderPlanShop.placedAt + .seconds(30))
        ]
        #expect(authorised.planned().reason("purchase") == .notPurchaseYet)
        authorised.record.truth.acts[0].at = OrderPlanShop.placedAt + .seconds(90)
        #expect(authorised.planned().historyTypes.contains("purchase"))
        var stricter = bench(shop, before: { $0.purchaseWhen = .placed }, after: { $0.purchaseWhen = .paid })
        #expect(stricter.catchUp(shop).historyTypes.contains("purchase"))
        // An order that is placed after the change is the new gate's alone.
        var later = shop
        later.order.processedAt = OrderPlanShop.placedAt + .minutes(2)
        #expect(
            bench(later, before: { $0.purchaseWhen = .placed }, after: { $0.purchaseWhen = .paid })
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
        let bench =
            isLeftOutBefore
            ? bench(shop, before: excluding, after: telling) : bench(shop, before: telling, after: excluding)
        #expect(bench.planned().reason("order") == .neverTold)
    }
}
