import Bloomreach
import Commerce
import JSON
import Testing

@testable import Sync

/// Sums over all orders of a person, from final states (docs/architecture.md, What Bloomreach is told).
@Suite("Person plan: totals")
struct PersonTotalsTests {
    private func summary(_ shop: OrderPlanShop, change: (inout OrderSummary) -> Void = { _ in }) throws -> OrderSummary
    {
        var summary = try #require(OrderSummary(of: OrderPlanFixture(shop).record, rules: JourneyRules()))
        change(&summary)
        return summary
    }

    private func plan(
        _ orders: [OrderSummary], policies: (inout Policies) -> Void = { _ in },
        change: (inout Person) -> Void = { _ in }
    ) -> Plan {
        fixture(orders, policies: policies, change: change).planned()
    }

    private func fixture(
        _ orders: [OrderSummary], policies: (inout Policies) -> Void = { _ in },
        change: (inout Person) -> Void = { _ in }
    ) -> PlanFixture {
        var person = Person(brand: "acme")
        var history = BuyerHistory(connection: "shop", notBefore: OrderPlanShop.placedAt)
        history.isListed = true
        person.put(history)
        person.claim([PersonIdentifier.email("ada@example.test")].compactMap { $0 })
        for order in orders { person.put(order) }
        change(&person)
        var fixture = PlanFixture(.person, id: "p1", state: .person(person))
        policies(&fixture.flow.policies)
        return fixture
    }

    private func totals(
        _ orders: [OrderSummary], policies: (inout Policies) -> Void = { _ in },
        change: (inout Person) -> Void = { _ in }
    ) throws -> JSON {
        try plan(orders, policies: policies, change: change).event("customer").properties()
    }

    private static let names = ["orders_count", "total_spent", "returned_value", "return_rate", "kept_products"]

    /// Another order of the same buyer, so many minutes after the first.
    private func shop(_ id: String, minutes: Int64 = 0, name: String? = nil) -> OrderPlanShop {
        var shop = OrderPlanShop(id: id)
        shop.tick(minutes * 60)
        shop.order.createdAt = shop.order.updatedAt
        shop.order.processedAt = shop.order.updatedAt
        if let name { shop.order.name = name }
        shop.add("TEE", 1, at: "25.00", isEdit: false)
        shop.pay()
        return shop
    }

    private func text(_ totals: JSON, _ name: String) -> String? { totals[name]?.decimalText }

    @Test("E6 totals follow from final states: edits count, returns are taken off")
    func sums() throws {
        var first = OrderPlanShop.teeAndCap()
        first.swap("L2", for: "MUG", at: "12.50")
        first.settle()
        first.giveBack("L1")
        let second = shop("1002", minutes: 600)
        let totals = try totals([try summary(first), try summary(second)])
        #expect(totals["orders_count"] == 2)
        // 25.00 + 12.50 + 25.00, less the 25.00 of the tee that came back.
        #expect(text(totals, "total_spent") == "37.5")
        #expect(text(totals, "returned_value") == "25")
        #expect(text(totals, "return_rate") == "0.3333")
        #expect(totals["kept_products"] == ["P-MUG", "P-TEE"])
        #expect(totals["open_service_issue"] == false)
        #expect(totals["first_order_at"] == JSON(first.order.processedAt.wholeSeconds))
        #expect(totals["last_order_at"] == JSON(second.order.processedAt.wholeSeconds))
        #expect(totals["last_order_id"] == "shop-1002")
        #expect(totals["last_order_status"] == "open")
    }

    @Test("E6 an appeasement is given back too, and takes no unit with it")
    func appeasement() throws {
        var shop = OrderPlanShop.teeAndCap()
        shop.appease("3.50")
        let totals = try totals([try summary(shop)])
        #expect(text(totals, "returned_value") == "3.5")
        #expect(text(totals, "total_spent") == "39.5")
        #expect(text(totals, "return_rate") == "0")
    }

    @Test(
        "E6 the return rate has four decimals, half to even",
        arguments: [
            (0, 3, "0"), (1, 3, "0.3333"), (2, 3, "0.6667"), (3, 3, "1"), (1, 32, "0.0312"), (3, 32, "0.0938"),
            (1, 20_000, "0"), (3, 20_000, "0.0002"), (1, 19_999, "0.0001"), (0, 0, "0"),
        ])
    func rate(_ returned: Int, _ ordered: Int, _ expected: String) throws {
        let order = try summary(.teeAndCap()) {
            $0.unitsEdited = ordered
            $0.unitsReturned = returned
        }
        #expect(text(try totals([order]), "return_rate") == expected)
    }

    @Test("E6 a refund on its way is an open service issue, and so is a parcel that failed")
    func serviceIssue() throws {
        var pending = OrderPlanShop.teeAndCap()
        pending.giveBack("L1", isPending: true)
        #expect(try totals([try summary(pending)])["open_service_issue"] == true)
        var failed = OrderPlanShop.teeAndCap()
        failed.fulfil("L1", tracking: "T1")
        #expect(try totals([try summary(failed)])["open_service_issue"] == false)
        failed.order.fulfillments[0].status = .failure
        #expect(try totals([try summary(failed)])["open_service_issue"] == true)
    }

    @Test("E6 a void order counts for nothing, and is still the newest for customer service")
    func void() throws {
        var void = shop("1002", minutes: 600)
        void.cancel()
        let first = OrderPlanShop.teeAndCap()
        let totals = try totals([try summary(first), try summary(void)])
        #expect(totals["orders_count"] == 1)
        #expect(text(totals, "total_spent") == "43")
        #expect(totals["last_order_id"] == "shop-1001")
        #expect(totals["last_order_status"] == "cancelled")
        let alone = try self.totals([try summary(void)])
        #expect(alone["orders_count"] == 0)
        #expect(alone["last_order_id"] == nil && alone["first_order_at"] == nil)
    }

    @Test("E3 a replaced order is no order beside its replacement, and the journey began with it")
    func replaced() throws {
        let original = shop("1001")
        let replacement = shop("1002", minutes: 30, name: "#1001A")
        let totals = try totals([try summary(original), try summary(replacement)])
        #expect(totals["orders_count"] == 1)
        #expect(text(totals, "total_spent") == "25")
        #expect(totals["last_order_id"] == "shop-1002")
        #expect(totals["first_order_at"] == JSON(original.order.processedAt.wholeSeconds))
        #expect(totals["last_order_at"] == JSON(original.order.processedAt.wholeSeconds))
    }

    @Test("E6 the first order is no later than the last, also when the newest is a replacement of an older one")
    func placed() throws {
        let original = shop("1001")
        let between = shop("1002", minutes: 20, name: "#2000")
        let replacement = shop("1003", minutes: 30, name: "#1001A")
        let totals = try totals([original, between, replacement].map { try summary($0) })
        #expect(totals["orders_count"] == 2)
        #expect(totals["first_order_at"] == JSON(original.order.processedAt.wholeSeconds))
        #expect(totals["last_order_at"] == JSON(between.order.processedAt.wholeSeconds))
        #expect(totals["last_order_id"] == "shop-1002")
    }

    @Test("E3 an original that was left open counts again when its replacement becomes void")
    func replacementVoid() throws {
        let original = shop("1001")
        var replacement = shop("1002", minutes: 30, name: "#1001A")
        replacement.cancel()
        let totals = try totals([try summary(original), try summary(replacement)])
        #expect(totals["orders_count"] == 1)
        #expect(text(totals, "total_spent") == "25")
        #expect(totals["last_order_id"] == "shop-1001")
    }

    @Test("E6 totals are left out while not every order is known, and the reason says so")
    func unknownHistory() throws {
        let order = try summary(.teeAndCap())
        let incomplete = plan(
            [order],
            change: {
                $0.histories = [BuyerHistory(connection: "shop", notBefore: OrderPlanShop.placedAt)]
            })
        let properties = try incomplete.event("customer").properties()
        #expect(Self.names.allSatisfy { properties[$0] == nil })
        #expect(properties["email"] == "ada@example.test")
        #expect(incomplete.waiting == [Waiting(eventType: "customer_totals", reason: .unknownHistory)])
        let listed = plan(
            [order],
            change: {
                var history = BuyerHistory(connection: "shop", notBefore: OrderPlanShop.placedAt)
                history.isListed = true
                history.pending = [EntityKey(connection: "shop", kind: .order, id: "9")]
                $0.histories = [history]
            })
        #expect(listed.reason("customer_totals") == .unknownHistory)
        let complete = plan(
            [order],
            change: {
                var history = BuyerHistory(connection: "shop", notBefore: OrderPlanShop.placedAt)
                history.isListed = true
                $0.histories = [history]
            })
        #expect(try complete.event("customer").properties()["orders_count"] == 1)
        #expect(complete.waiting == [])
    }

    @Test("E6 somebody with more orders than anybody has is probably several people: no totals")
    func tooMany() throws {
        let order = try summary(.teeAndCap())
        let many = (0...Person.ordersMax).map { index in
            var order = order
            order.key.id = "\(index)"
            order.journey.key = order.key.description
            order.journey.name = "#\(50_000 + index)"
            return order
        }
        #expect(plan(many).reason("customer_totals") == .unknownHistory)
        #expect(plan(Array(many.dropLast())).reason("customer_totals") == nil)
    }

    @Test("law 8 an order in another currency without a rate leaves totals out")
    func rateMissing() throws {
        var dollars = OrderPlanShop(id: "1002", shop: "USD", buyer: "EUR")
        dollars.add("TEE", 1, at: "25.00", isEdit: false)
        dollars.pay()
        let plan = plan([try summary(.teeAndCap()), try summary(dollars)])
        let properties = try plan.event("customer").properties()
        #expect(Self.names.allSatisfy { properties[$0] == nil })
        #expect(plan.waiting == [Waiting(eventType: "customer_totals", reason: .rateMissing)])
        // The buyer's side is the reference currency: that is a rate of its own.
        var pounds = OrderPlanShop(id: "1002", shop: "USD", buyer: "GBP")
        pounds.add("TEE", 1, at: "25.00", isEdit: false)
        pounds.pay()
        let both = try totals([try summary(.teeAndCap()), try summary(pounds)])
        #expect(text(both, "total_spent") == "93")
    }

    @Test("A22 orders that are never told count for nothing")
    func excluded() throws {
        let whole = try summary(.teeAndCap())
        let excluded: [(String, (inout OrderSummary) -> Void)] = [
            ("test", { $0.isTest = true }), ("gift card", { $0.isGiftCardOnly = true }),
            ("migrated tag", { $0.tags = ["vip", "migrated"] }), ("migrated app", { $0.appID = "99" }),
            ("zero", { $0.editedTotal = $0.editedTotal - $0.editedTotal }), ("unpaid", { $0.paidAt = nil }),
        ]
        for (name, change) in excluded {
            var other = try summary(shop("1002", minutes: 600))
            change(&other)
            let totals = try totals([whole, other]) {
                $0.migratedTags = ["migrated"]
                $0.migratedAppIDs = ["99"]
            }
            #expect(totals["orders_count"] == 1, "\(name)")
            #expect(text(totals, "total_spent") == "43", "\(name)")
            #expect(totals["last_order_id"] == "shop-1001", "\(name)")
        }
        var test = try summary(shop("1002", minutes: 600))
        test.isTest = true
        #expect(try totals([whole, test]) { $0.tellTestOrders = true }["orders_count"] == 2)
        var unpaid = try summary(shop("1002", minutes: 600))
        unpaid.paidAt = nil
        #expect(try totals([whole, unpaid]) { $0.purchaseWhen = .placed }["orders_count"] == 2)
    }

    @Test("E6 whose orders turn out to be somebody else's is told so, in zeros, once")
    func lostOrders() throws {
        var fixture = fixture([try summary(.teeAndCap())])
        #expect(try fixture.tell().event("customer").properties()["orders_count"] == 1)
        guard var person = fixture.record.truth.person else { return }
        for order in person.orders { person.release(order.key) }
        fixture.record.truth.state = .person(person)
        let zeros = try fixture.tell().event("customer").properties()
        for name in ["orders_count", "total_spent", "returned_value", "return_rate"] {
            #expect(text(zeros, name) == "0", "\(name)")
        }
        #expect(zeros["kept_products"] == [])
        #expect(zeros["open_service_issue"] == false)
        #expect(fixture.plan().reason("customer") == .noChange)
    }

    @Test("B2 somebody without orders has no totals, and nothing is waited for")
    func noOrders() throws {
        let plan = plan([])
        #expect(try #require(try plan.event("customer").properties().object).keys == ["email"])
        #expect(plan.waiting == [])
    }
}
