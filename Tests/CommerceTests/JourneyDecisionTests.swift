import Commerce
import Testing

@Suite("Journeys: decisions, waiting, limits")
struct JourneyDecisionTests {
    private func decision(_ one: JourneyOrder, _ other: JourneyOrder, _ isJoined: Bool) -> JourneyDecision {
        JourneyDecision(original: one.key, replacement: other.key, isJoined: isJoined)
    }

    @Test("E3 a data steward joins what no score would, whichever order is named first")
    func join() throws {
        let original = try JourneySample.order("#10", cancelled: 5)
        let other = try JourneySample.order(
            "#99", made: 90_000, connection: "till", customer: "8", buyer: nil, skus: [])
        let journeys = Journeys(orders: [original, other], decisions: [decision(original, other, true)])
        #expect(journeys.chain(of: other.key) == [original.key, other.key])
        #expect(journeys.links.first?.evidence.first == .decided)
        #expect(journeys == Journeys(orders: [other, original], decisions: [decision(other, original, true)]))
    }

    @Test("E3 a data steward keeps apart what the score joins, and the rest is matched anew")
    func apart() throws {
        let orders = try JourneySample.chain(edits: 1)
        let journeys = Journeys(orders: orders, decisions: [decision(orders[1], orders[0], false)])
        #expect(journeys.links.isEmpty)
        let tags = ["Edit Order - Cancelled"]
        let one = try JourneySample.order("#10", cancelled: 5, tags: tags)
        let two = try JourneySample.order("#11", made: 1, cancelled: 7, tags: tags)
        let replacement = try JourneySample.order("#12", made: 8, tags: ["Edit Order"])
        let settled = Journeys(orders: [one, two, replacement], decisions: [decision(one, replacement, false)])
        #expect(settled.chain(named: "#12") == ["#11", "#12"])
        #expect(settled.verdict("#10", "#12") == .separate)
    }

    @Test("E3 the later answer on a pair counts, and the later of two that cannot both hold")
    func later() throws {
        let orders = try JourneySample.chain(edits: 1)
        let (yes, no) = (decision(orders[0], orders[1], true), decision(orders[0], orders[1], false))
        #expect(Journeys(orders: orders, decisions: [yes, no]).links.isEmpty)
        #expect(Journeys(orders: orders, decisions: [no, yes]).links.map(\.verdict) == [.joined])
        let other = try JourneySample.order("#50", made: 3)
        let rival = decision(orders[0], other, true)
        #expect(Journeys(orders: orders + [other], decisions: [yes, rival]).chain(named: "#50") == ["#1031", "#50"])
        #expect(Journeys(orders: orders + [other], decisions: [rival, yes]).chain(named: "#50") == ["#50"])
    }

    @Test("E3 decisions cannot make a ring, and one about an unknown order says nothing")
    func ring() throws {
        let orders = try JourneySample.chain(edits: 2)
        let decisions = [
            decision(orders[0], orders[1], true), decision(orders[1], orders[2], true),
            decision(orders[2], orders[0], true),
            JourneyDecision(original: "shop/order/#0", replacement: orders[0].key, isJoined: true),
            decision(orders[0], orders[0], true),
        ]
        let journeys = Journeys(orders: orders, decisions: decisions)
        for order in orders {
            let chain = journeys.chain(of: order.key)
            #expect(Set(chain).count == chain.count)
            #expect(chain.contains(order.key))
        }
    }

    // MARK: Waiting

    @Test("E3 only an order with a mark of its own waits, until its pair is known and cancelled")
    func waiting() throws {
        let chain = try JourneySample.chain(edits: 1)
        let (original, replacement) = (chain[0], chain[1])
        #expect(Journeys(orders: [replacement]).waitsForPair(replacement.key))
        #expect(Journeys(orders: [original]).waitsForPair(original.key))
        let both = Journeys(orders: chain)
        #expect(!both.waitsForPair(replacement.key) && !both.waitsForPair(original.key))
        // The replacement was made first; its original is cancelled in a moment (docs/vendors/shopify.md, Editing
        // apps).
        var open = original
        (open.cancelledAt, open.tags) = (nil, [])
        let early = Journeys(orders: [open, replacement])
        #expect(early.waitsForPair(replacement.key) && !early.waitsForPair(open.key))
        let plain = try JourneySample.order("#10", cancelled: 5)
        #expect(!Journeys(orders: [plain]).waitsForPair(plain.key))
        #expect(!both.waitsForPair("shop/order/unknown"))
    }

    @Test("E3 what is edited twice waits for its second pair too")
    func waitingInTheMiddle() throws {
        let chain = try JourneySample.chain(edits: 2)
        let first = Journeys(orders: Array(chain.prefix(2)))
        #expect(first.waitsForPair(chain[1].key) && !first.waitsForPair(chain[0].key))
        let whole = Journeys(orders: chain)
        #expect(chain.allSatisfy { !whole.waitsForPair($0.key) })
    }

    @Test("E3 marks of one order")
    func marks() throws {
        var rules = JourneyRules()
        rules.editorAppIDs = ["580111"]
        let marked = [
            try JourneySample.order("#1", tags: ["Edit Order"]), try JourneySample.order("#1", app: "580111"),
            try JourneySample.order("#1", mentions: ["9"]), try JourneySample.order("#1", originals: ["9"]),
            try JourneySample.order("#1", cancelled: 1, tags: ["Edit Order - Cancelled"]),
            try JourneySample.order("#1A"), try JourneySample.order("EN-1A"),
        ]
        for order in marked { #expect(rules.hasStrongMark(order), "\(order.name)") }
        let plain = [
            try JourneySample.order("#1", cancelled: 1, tags: ["VIP"]), try JourneySample.order("#1-W"),
            try JourneySample.order("#1UK"), try JourneySample.order("EN-1"), try JourneySample.order("#1", app: "1"),
        ]
        for order in plain { #expect(!rules.hasStrongMark(order), "\(order.name)") }
        rules.isNameLetterMark = false
        #expect(!rules.hasStrongMark(try JourneySample.order("#1A")))
    }

    // MARK: Limits

    @Test("E3 the newest orders are compared; older ones stand alone unless a data steward joined them")
    func ordersMax() throws {
        var rules = JourneyRules()
        rules.ordersMax = 3
        let orders = try JourneySample.chain(edits: 3)
        let journeys = Journeys(orders: orders, rules: rules)
        #expect(journeys.notCompared == [orders[0].key])
        #expect(journeys.chain(of: orders[3].key) == orders.dropFirst().map(\.key))
        #expect(journeys.role(of: orders[0].key)?.root == orders[0].key)
        let decided = Journeys(orders: orders, rules: rules, decisions: [decision(orders[0], orders[1], true)])
        #expect(decided.chain(of: orders[3].key) == orders.map(\.key))
        rules.ordersMax = 4
        #expect(Journeys(orders: orders, rules: rules).notCompared.isEmpty)
    }

    @Test("E3 a data steward is shown the likeliest of many doubtful pairs")
    func doubtfulMax() throws {
        let rules = JourneyRules()
        let originals = try (0..<9).map { index in
            try JourneySample.order(
                "#\(10 + index)", made: Int64(index), tags: index == 8 ? ["Edit Order - Cancelled"] : [])
        }
        let replacement = try JourneySample.order("#30", made: 9, tags: ["Edit Order"])
        let role = try #require(Journeys(orders: originals + [replacement]).role(of: replacement.key))
        #expect(role.doubtfulWith.count == rules.doubtfulMax)
        #expect(role.doubtfulWith.contains(originals[8].key))
        #expect(!role.doubtfulWith.contains(originals[0].key))
    }

    @Test("E3 a collective customer's thousands of orders are judged in bounded work")
    func many() throws {
        let orders = try (0..<3_000).map { index in
            try JourneySample.order("#\(10_000 + index)", made: Int64(index) * 20, cancelled: Int64(index) * 20 + 1)
        }
        let journeys = Journeys(orders: orders)
        #expect(journeys.notCompared.count == 3_000 - JourneyRules().ordersMax)
        #expect(journeys.links.allSatisfy { $0.verdict == .doubtful })
    }

    @Test("E3 an order given twice is one order, as it is after its cancellation")
    func twice() throws {
        let chain = try JourneySample.chain(edits: 1)
        var before = chain[0]
        (before.cancelledAt, before.tags) = (nil, [])
        let expected = Journeys(orders: chain)
        #expect(Journeys(orders: [before] + chain) == expected)
        #expect(Journeys(orders: chain + [before]) == expected)
    }

    @Test("E3 an order that was not given has no role")
    func unknown() {
        let journeys = Journeys(orders: [])
        #expect(journeys.role(of: "shop/order/1") == nil)
        #expect(journeys.chain(of: "shop/order/1").isEmpty)
        #expect(journeys.links.isEmpty)
    }
}
