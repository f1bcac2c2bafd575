import Commerce
import Foundation
import Testing

/// An original that the shop did not cancel: naming is not replacing.
@Suite("Journeys: originals that stand")
struct JourneyStandingTests {
    /// `#10` with four units of three articles, made at ten o'clock.
    private func original(_ change: (inout JourneyOrder) -> Void = { _ in }) throws -> JourneyOrder {
        var order = try JourneySample.order("#10")
        order.ordered = [2, 1, 1]
        change(&order)
        return order
    }

    /// Names `#10`, twenty minutes later, with the same goods.
    private func naming(_ name: String = "#11", _ change: (inout JourneyOrder) -> Void = { _ in }) throws
        -> JourneyOrder
    {
        var order = try JourneySample.order(name, made: 20, originals: name.hasPrefix("#10") ? [] : ["10"])
        order.ordered = [2, 1, 1]
        change(&order)
        return order
    }

    private func obstacle(_ original: JourneyOrder, _ other: JourneyOrder) -> (JourneyVerdict, JourneyObstacle?) {
        let journeys = Journeys(orders: [other, original])
        let link = JourneyRules().link(between: other, and: original)
        #expect((journeys.links.first?.verdict ?? .separate) == link.verdict)
        let obstacles = link.evidence.compactMap { if case .standing(let obstacle) = $0 { obstacle } else { nil } }
        #expect(link.evidence.isEmpty || link.evidence.map(\.description).allSatisfy { !$0.isEmpty })
        return (link.verdict, obstacles.first)
    }

    private func at(_ minutes: Int64) -> Instant { JourneySample.start + .minutes(minutes) }

    @Test("E3 a copy of an order that stands replaces it; what speaks against it is named")
    func obstacles() throws {
        let named = try naming()
        #expect(try obstacle(original(), named) == (.joined, nil))
        #expect(try obstacle(original(), naming { $0.isFree = true }) == (.separate, .neverTold))
        #expect(try obstacle(original(), naming { $0.isNeverTold = true }) == (.separate, .neverTold))
        #expect(try obstacle(original { $0.isFree = true }, named) == (.separate, .free))
        #expect(try obstacle(original { $0.isNeverTold = true }, named) == (.joined, nil))
        #expect(try obstacle(original { $0.sentAt = at(19) }, named) == (.separate, .sentBefore))
        #expect(try obstacle(original { $0.sentAt = at(20) }, named) == (.separate, .sentBefore))
        #expect(try obstacle(original { $0.sentAt = at(21) }, named) == (.doubtful, .sentSince))
        #expect(try obstacle(original { $0.refundedAt = at(20) }, named) == (.doubtful, .refunded))
        #expect(try obstacle(original { $0.refundedAt = at(21) }, named) == (.joined, nil))
        #expect(try obstacle(original(), naming { $0.skus = ["HAT"] }) == (.doubtful, .otherGoods))
        #expect(try obstacle(original(), naming { $0.createdAt = at(48 * 60) }) == (.joined, nil))
        #expect(try obstacle(original(), naming { $0.createdAt = at(48 * 60 + 1) }) == (.doubtful, .longAgo))
    }

    @Test("E3 for an original that the shop cancelled, or that is void for another reason, nothing of it is asked")
    func cancelled() throws {
        func gone(_ change: (inout JourneyOrder) -> Void) throws -> [JourneyOrder] {
            try [
                original {
                    $0.cancelledAt = at(15); change(&$0)
                },
                original {
                    $0.isVoid = true; change(&$0)
                },
            ]
        }
        for order in try gone({ $0.sentAt = at(1) }) + gone({ $0.refundedAt = at(1) }) {
            #expect(try obstacle(order, naming()) == (.joined, nil))
        }
        for order in try gone({ _ in }) {
            #expect(try obstacle(order, naming { $0.isFree = true }) == (.joined, nil))
            #expect(try obstacle(order, naming { $0.skus = ["HAT"] }) == (.joined, nil))
        }
    }

    @Test("E3 most goods are more than half of the units that stand; behind a letter half of them are enough")
    func goods() throws {
        func verdict(_ name: String, ordered: [Int], kept: [Int]? = nil, of skus: [String]) throws -> JourneyVerdict {
            let other = try naming(name) { ($0.skus, $0.ordered) = (skus, ordered) }
            return try obstacle(original { $0.kept = kept }, other).0
        }
        // Of two belts, a shirt and socks.
        #expect(try verdict("#11", ordered: [2, 1], of: ["BELT", "SHIRT"]) == .joined)
        #expect(try verdict("#11", ordered: [2], of: ["BELT"]) == .doubtful)
        #expect(try verdict("#10A", ordered: [2], of: ["BELT"]) == .joined)
        #expect(try verdict("#10A", ordered: [1, 9], of: ["BELT", "HAT"]) == .doubtful)
        // What was added is no matter.
        #expect(try verdict("#11", ordered: [2, 90, 1, 1], of: ["BELT", "HAT", "SHIRT", "SOCKS"]) == .joined)
        // An edit took the socks and a belt off the original before.
        #expect(try verdict("#11", ordered: [1, 1], kept: [1, 1, 0], of: ["BELT", "SHIRT"]) == .joined)
        #expect(try verdict("#11", ordered: [1, 1], kept: [1, 1, 0], of: ["BELT", "SOCKS"]) == .doubtful)
        // Everything was: there is nothing that could be lost.
        #expect(try verdict("#11", ordered: [1], kept: [0, 0, 0], of: ["HAT"]) == .joined)
    }

    @Test("E3 goods without a name of their own cannot be compared, and are no obstacle")
    func unknownGoods() throws {
        let nothing = try original { ($0.skus, $0.ordered) = ([], nil) }
        #expect(try obstacle(nothing, naming { ($0.skus, $0.ordered) = ([], nil) }).0 == .joined)
        #expect(try obstacle(nothing, naming()).0 == .doubtful)
    }

    @Test("E3 who only mentions an order that stands is asked about where it could be a copy, and only there")
    func mentions() throws {
        func note(_ tags: [String] = [], _ change: (inout JourneyOrder) -> Void = { _ in }) throws -> JourneyOrder {
            try naming {
                ($0.originals, $0.mentions, $0.tags) = ([], ["10"], tags)
                change(&$0)
            }
        }
        #expect(try obstacle(original(), note()).0 == .doubtful)
        #expect(try obstacle(original(), note { $0.skus = ["HAT"] }).0 == .separate)
        #expect(try obstacle(original { $0.sentAt = at(30) }, note()).0 == .separate)
        #expect(try obstacle(original(), note { $0.isFree = true }).0 == .separate)
        // With an app's tag beside it the note names the original.
        #expect(try obstacle(original(), note(["Edit Order"])).0 == .joined)
        #expect(try obstacle(original(), note(["Edit Order"]) { $0.skus = ["HAT"] }).0 == .doubtful)
        #expect(try obstacle(original(), note(["Edit Order"]) { $0.isFree = true }).0 == .separate)
    }

    // MARK: More than one

    @Test("E3 two orders that count and name one original: neither replaces it while it stands, whatever their shares")
    func fork() throws {
        let first = try naming { ($0.skus, $0.ordered) = (["BELT", "SHIRT"], [2, 1]) }
        let second = try naming("#12") { ($0.skus, $0.ordered) = (["SOCKS"], [1]) }
        let split = Journeys(orders: [try original(), first, second])
        #expect(split.links.map(\.verdict) == [.doubtful, .doubtful])
        #expect(split.links.allSatisfy { $0.evidence.contains(.standing(.namedTwice)) })
        #expect(split == Journeys(orders: [second, first, try original()]))
        // One of them is no rival: it is void, free, has none of the goods, or a steward kept it apart.
        for change: (inout JourneyOrder) -> Void in [
            { $0.cancelledAt = $0.createdAt }, { $0.isVoid = true }, { $0.isFree = true },
            { ($0.skus, $0.ordered) = (["HAT"], [1]) },
        ] {
            var other = second
            change(&other)
            let journeys = Journeys(orders: [try original(), first, other])
            #expect(journeys.chain(named: "#10") == ["#10", "#11"])
        }
        let decision = JourneyDecision(
            original: JourneySample.key("#10"), replacement: JourneySample.key("#12"), isJoined: false)
        let decided = Journeys(orders: [try original(), first, second], decisions: [decision])
        #expect(decided.chain(named: "#10") == ["#10", "#11"])
        let joined = Journeys(
            orders: [try original(), first, second],
            decisions: [
                JourneyDecision(
                    original: JourneySample.key("#10"), replacement: JourneySample.key("#12"), isJoined: true)
            ])
        #expect(joined.chain(named: "#10") == ["#10", "#12"])
    }

    @Test("E3 an order of a chain that names the first one too is no rival of the second")
    func chain() throws {
        let second = try naming("#10A") { $0.originals = ["10"] }
        let third = try naming("#10B") {
            $0.originals = ["10"]
            $0.createdAt = at(40)
        }
        #expect(Journeys(orders: [try original(), second, third]).chain(named: "#10") == ["#10", "#10A", "#10B"])
    }

    @Test("E3 an order that names one replaces no other that an app's tag would fit, but one that names the same")
    func noThird() throws {
        let stranger = try JourneySample.order("#9", cancelled: 15, tags: ["Edit Order - Cancelled"])
        let marked = try naming { $0.tags = ["Edit Order"] }
        let free = try JourneySample.order("#11", made: 20, tags: ["Edit Order"])
        #expect(Journeys(orders: [stranger, free]).verdict("#9", "#11") == .joined)
        for sent in [nil, at(1), at(30)] {
            let journeys = Journeys(orders: [stranger, try original { $0.sentAt = sent }, marked])
            #expect(journeys.verdict("#9", "#11") == .separate)
        }
        // What it names is not known: it may be anybody's.
        #expect(Journeys(orders: [stranger, marked]).verdict("#9", "#11") == .joined)
        // Some apps name the first order of a chain each time.
        let first = try original { ($0.cancelledAt, $0.tags) = (at(19), ["Edit Order - Cancelled"]) }
        let second = try naming { ($0.cancelledAt, $0.tags) = (at(39), ["Edit Order", "Edit Order - Cancelled"]) }
        let third = try naming("#12") { ($0.createdAt, $0.tags) = (at(40), ["Edit Order"]) }
        #expect(Journeys(orders: [first, second, third]).chain(named: "#10") == ["#10", "#11", "#12"])
    }

    // MARK: Waiting

    @Test("E3 an original that stands waits where its replacement lacks a part of it")
    func waitsForTheRest() throws {
        func waits(_ original: JourneyOrder, _ other: JourneyOrder) -> Bool {
            let journeys = Journeys(orders: [original, other])
            #expect(journeys.chain(named: "#10").count == 2)
            return journeys.waitsForPair(original.key)
        }
        let part = try naming { $0.ordered = [2, 1, 0] }
        #expect(try waits(original(), part))
        #expect(try !waits(original(), naming()))
        #expect(try !waits(original { $0.kept = [2, 1, 0] }, part))
        #expect(try !waits(original { $0.cancelledAt = at(21) }, part))
    }

    @Test("E3 a cancelled order that replaced another waits for its own replacement, with or without a mark of its own")
    func middle() throws {
        let chain = try JourneySample.chain(edits: 2).map { order in
            var order = order
            order.tags = []
            return order
        }
        let two = Journeys(orders: Array(chain.prefix(2)))
        #expect(two.waitsForPair(chain[1].key) && !two.waitsForPair(chain[0].key))
        let all = Journeys(orders: chain)
        #expect(chain.allSatisfy { !all.waitsForPair($0.key) })
        var open = chain[1]
        open.cancelledAt = nil
        #expect(!Journeys(orders: [chain[0], open]).waitsForPair(open.key), "it stands: it is told at once")
        // The original's note named the replacement, which has no mark.
        let original = try JourneySample.order("#10", cancelled: 5, mentions: ["11"])
        let unmarked = try JourneySample.order("#11", made: 6, cancelled: 30)
        #expect(Journeys(orders: [original, unmarked]).waitsForPair(unmarked.key))
        #expect(!Journeys(orders: [unmarked]).waitsForPair(unmarked.key))
    }

    // MARK: Facts of an order

    @Test("E3 units, parcels, refunds and prices are taken from the order")
    func facts() throws {
        var sample = try SampleOrder()
        try sample.add("a", 2, at: "10")
        try sample.add("b", 1, at: "5")
        func taken(_ order: Order) -> JourneyOrder {
            JourneyOrder(order, key: "shop/order/1001", connection: "shop", rules: JourneyRules())
        }
        #expect(taken(sample.order).orderedUnits == [2, 1] && taken(sample.order).keptUnits == [2, 1])
        try sample.remove("b", 1)
        let edited = taken(sample.order)
        #expect(edited.orderedUnits == [2, 1] && edited.keptUnits == [2, 0])
        #expect(edited.refundedAt == nil && edited.sentAt == nil && edited.isFree == nil)
        try sample.giveBack("a", 1, money: "10")
        #expect(taken(sample.order).keptUnits == [2, 0], "what came back for money was not edited away")
        #expect(taken(sample.order).refundedAt == Instant(seconds: 2_000))
        var refund = try #require(sample.order.refunds.last)
        func givenBackAt(_ change: (inout Refund) -> Void) -> Instant? {
            var (order, changed) = (sample.order, refund)
            change(&changed)
            order.refunds = [changed]
            return taken(order).refundedAt
        }
        refund.moneySettled = try sample.bag("0")
        let ten = try sample.bag("10")
        #expect(givenBackAt { $0.moneyPending = ten } == nil, "it may yet fail")
        #expect(givenBackAt { $0.discrepancy = -ten } == nil, "the units came back, and all of their price was kept")
        let settlesAnEdit = givenBackAt {
            $0.moneySettled = ten
            $0.lines = []
        }
        #expect(settlesAnEdit == nil)
        func parcel(_ id: String, _ status: Fulfillment.Status, at time: Int64) -> Fulfillment {
            Fulfillment(
                id: id, status: status, createdAt: Instant(seconds: time), updatedAt: Instant(seconds: time),
                lines: [Fulfillment.Line(lineID: "a", quantity: 1)])
        }
        sample.order.fulfillments = [parcel("1", .cancelled, at: 5), parcel("2", .success, at: 9)]
        #expect(taken(sample.order).sentAt == Instant(seconds: 9))
    }

    @Test("E3 free is what never had a price; an order without lines is not")
    func free() throws {
        func isFree(_ change: (inout SampleOrder) throws -> Void) throws -> Bool? {
            var sample = try SampleOrder()
            try change(&sample)
            return JourneyOrder(sample.order, key: "k", connection: "shop", rules: JourneyRules()).isFree
        }
        #expect(try isFree { _ in } == nil)
        #expect(try isFree { try $0.add("a", 2, at: "0") } == true)
        #expect(
            try isFree {
                try $0.add("a", 2, at: "10")
                try $0.discount("a", by: "20")
            } == true)
        #expect(
            try isFree {
                try $0.add("a", 2, at: "10")
                try $0.remove("a", 2)
            } == nil, "an edit took everything off: it had a price")
        #expect(
            try isFree {
                try $0.add("a", 1, at: "0")
                $0.order.shippingLines = [ShippingLine(id: "s", title: "Post", price: try $0.bag("4.95"))]
            } == nil)
    }

    @Test("E3 facts that were kept before there were units, parcels and refunds are read, and mean one of each")
    func olderRecords() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let order = try original {
            $0.kept = [1, 1, 0]
            $0.sentAt = at(3)
            $0.refundedAt = at(4)
            $0.isFree = true
            $0.isVoid = true
        }
        var older = try #require(
            JSONSerialization.jsonObject(with: encoder.encode(order)) as? [String: Any])
        #expect(older["isVoid"] == nil, "what policies say is not kept")
        for name in ["q", "e", "f", "r", "z"] { #expect(older.removeValue(forKey: name) != nil, "\(name)") }
        let read = try JSONDecoder().decode(JourneyOrder.self, from: JSONSerialization.data(withJSONObject: older))
        #expect(read == (try JourneySample.order("#10")))
        #expect(read.orderedUnits == [1, 1, 1] && read.keptUnits == [1, 1, 1])
        var again = try JSONDecoder().decode(JourneyOrder.self, from: encoder.encode(order))
        again.isVoid = true
        #expect(again == order)
    }
}
