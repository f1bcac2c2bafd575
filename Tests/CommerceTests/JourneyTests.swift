import Commerce
import Testing

@Suite("Journeys")
struct JourneyTests {
    private let rules = JourneyRules()

    private func verdict(_ one: JourneyOrder, _ other: JourneyOrder, _ rules: JourneyRules = JourneyRules()) throws
        -> JourneyVerdict
    {
        let journeys = Journeys(orders: [one, other], rules: rules)
        #expect(journeys == Journeys(orders: [other, one], rules: rules))
        let link = rules.link(between: one, and: other)
        #expect(rules.link(between: other, and: one) == link)
        // With two orders there is nothing to decide between: the pair's own verdict holds.
        #expect((journeys.links.first?.verdict ?? .separate) == link.verdict)
        return link.verdict
    }

    // MARK: Chains

    @Test("E3 a chain of edits is one journey, known by its first order", arguments: 1...4)
    func chain(edits: Int) throws {
        let orders = try JourneySample.chain(edits: edits)
        let journeys = Journeys(orders: orders)
        #expect(journeys.chain(of: orders[0].key) == orders.map(\.key))
        for (index, order) in orders.enumerated() {
            let role = try #require(journeys.role(of: order.key))
            #expect(role.root == orders[0].key)
            #expect(role.rootID == orders[0].id)
            #expect(role.position == index + 1)
            #expect(role.replaces == (index > 0 ? orders[index - 1].key : nil))
            #expect(role.replacedBy == (index < edits ? orders[index + 1].key : nil))
            #expect(role.isCurrent == (index == edits))
            #expect(role.isReplacement == (index > 0))
            #expect(role.doubtfulWith.isEmpty)
            #expect(journeys.chain(of: order.key) == orders.map(\.key))
        }
        #expect(journeys.links.map(\.verdict) == Array(repeating: .joined, count: edits))
    }

    @Test("E3 the last two of a chain are joined though the first is not known yet")
    func tailFirst() throws {
        let orders = try JourneySample.chain(edits: 2)
        #expect(Journeys(orders: [orders[2], orders[1]]).chain(named: "#1031A") == ["#1031A", "#1031B"])
        // The one between is missing: the number still tells that the last replaces the first.
        #expect(Journeys(orders: [orders[2], orders[0]]).chain(named: "#1031") == ["#1031", "#1031B"])
        #expect(Journeys(orders: orders.reversed()).chain(named: "#1031B") == ["#1031", "#1031A", "#1031B"])
    }

    @Test("E3 a chain of marks without names is joined step by step")
    func chainOfTags() throws {
        let orders = try ["#10", "#11", "#12", "#13"].enumerated().map { index, name in
            try JourneySample.order(
                name, made: Int64(index) * 5, cancelled: index < 3 ? Int64(index) * 5 + 4 : nil,
                tags: (index > 0 ? ["Edit Order"] : []) + (index < 3 ? ["Edit Order - Cancelled"] : []))
        }
        #expect(Journeys(orders: orders).chain(named: "#12") == ["#10", "#11", "#12", "#13"])
    }

    // MARK: Marks

    @Test("E3 names: the next letter after the digits, within one shop")
    func names() throws {
        func verdict(_ first: String, _ second: String, in connection: String = "shop") throws -> JourneyVerdict {
            let original = try JourneySample.order(first, cancelled: 5, customer: nil, address: nil, skus: [])
            let other = try JourneySample.order(
                second, made: 6, connection: connection, customer: nil, address: nil, skus: [])
            return try self.verdict(original, other)
        }
        for (first, second) in [
            ("#1031", "#1031A"), ("#1031A", "#1031B"), ("1031", "1031-A"), ("#EN-1031", "#EN-1031A"),
            ("#1031Z", "#1031AA"), ("#1031A", "#1031AA"), ("#1031-UK", "#1031-UKA"), ("#1031", "#1031B"),
        ] {
            #expect(try verdict(first, second) == .joined, "\(first) \(second)")
        }
        for (first, second) in [
            ("#1031", "#1032A"), ("#1031", "#10311"), ("#1031", "#1031"), ("#1031", "A#1031"), ("#1031", "#1031A1"),
            ("#1031", "#1031ABCDE"), ("#1031", "EN-1031A"), ("#1031", "#1031_A"),
        ] {
            #expect(try verdict(first, second) == .separate, "\(first) \(second)")
        }
        #expect(try verdict("#1031", "#1031A", in: "other") == .separate)
    }

    @Test("E3 a letter tells the direction, whatever the times say")
    func direction() throws {
        let late = try JourneySample.order("#1031", made: 9, cancelled: 9)
        let early = try JourneySample.order("#1031A", made: 3)
        #expect(Journeys(orders: [late, early]).chain(named: "#1031") == ["#1031", "#1031A"])
    }

    @Test("E3 tags of an edit app on both join without a name")
    func tags() throws {
        let original = try JourneySample.order("#10", cancelled: 5, tags: ["edit order - cancelled"])
        let other = try JourneySample.order("#11", made: 6, tags: ["EDIT ORDER"])
        #expect(try verdict(original, other) == .joined)
        // The original's tag does not say which later order is the replacement.
        #expect(try verdict(original, JourneySample.order("#11", made: 6)) == .doubtful)
    }

    @Test("E3 an editor's app id joins a cancelled original with what it made")
    func editor() throws {
        var rules = JourneyRules()
        rules.editorAppIDs = ["580111"]
        let original = try JourneySample.order("#10", cancelled: 5)
        #expect(try verdict(original, JourneySample.order("#11", made: 6, app: "580111"), rules) == .joined)
        // Without the configured id, an app is only an app.
        #expect(try verdict(original, JourneySample.order("#11", made: 6, app: "580112"), rules) == .doubtful)
    }

    @Test("E3 an original left open is joined by what names it: both would be fulfilled")
    func open() throws {
        let original = try JourneySample.order("#10")
        #expect(try verdict(original, JourneySample.order("#11", made: 6, originals: ["10"])) == .joined)
        #expect(
            try verdict(original, JourneySample.order("#11", made: 6, tags: ["Edit Order"], mentions: ["10"]))
                == .joined
        )
        #expect(try verdict(original, JourneySample.order("#10A", made: 6)) == .joined)
        // A shopper's note may name an earlier order; a tag alone does not say which order it replaces.
        #expect(try verdict(original, JourneySample.order("#11", made: 6, mentions: ["10"])) == .doubtful)
        #expect(try verdict(original, JourneySample.order("#11", made: 6, tags: ["Edit Order"])) == .doubtful)
        #expect(try verdict(original, JourneySample.order("#11", made: 6)) == .separate)
    }

    @Test("E3 a mention joins from either side, by name or id, within one shop")
    func mentions() throws {
        let original = try JourneySample.order("#10", cancelled: 5)
        #expect(try verdict(original, JourneySample.order("#11", made: 6, mentions: [original.id])) == .joined)
        #expect(
            try verdict(original, JourneySample.order("#11", made: 6, mentions: ["99"], skus: ["HAT"])) == .separate)
        let other = try JourneySample.order("#11", made: 6, skus: ["HAT"])
        #expect(try verdict(JourneySample.order("#10", cancelled: 5, mentions: ["11"]), other) == .joined)
        let elsewhere = try JourneySample.order("#11", made: 6, connection: "till", mentions: ["10"], skus: ["HAT"])
        #expect(try verdict(original, elsewhere) == .separate)
    }

    @Test("E3 across shops nothing is joined by score")
    func acrossShops() throws {
        let original = try JourneySample.order("#10", cancelled: 5, tags: ["Edit Order - Cancelled"])
        let other = try JourneySample.order("#11", made: 6, connection: "till", tags: ["Edit Order"])
        #expect(try verdict(original, other) == .doubtful)
    }

    // MARK: Without a mark

    @Test("E3 an unrelated cancellation and a new order of the same customer stay separate")
    func unrelated() throws {
        let original = try JourneySample.order("#10", cancelled: 5, reason: "customer")
        #expect(try verdict(original, JourneySample.order("#11", made: 6, skus: ["HAT"])) == .separate)
        #expect(try verdict(original, JourneySample.order("#11", made: 600)) == .separate)
        let stranger = try JourneySample.order("#11", made: 6, customer: "8", buyer: "b8", address: "a8")
        #expect(try verdict(original, stranger) == .separate)
    }

    @Test("E3 without a mark much the same order at once is doubtful, and never joined", arguments: [nil, "b7"])
    func unmarked(buyer: String?) throws {
        var rules = JourneyRules()
        let original = try JourneySample.order("#10", cancelled: 5, reason: "inventory", buyer: buyer)
        let again = try JourneySample.order("#11", made: 6, buyer: buyer, skus: ["BELT", "HAT", "SHIRT"])
        #expect(try verdict(original, again, rules) == .doubtful)
        rules.joinAt = 0
        rules.doubtAt = 0
        #expect(try verdict(original, again, rules) == .doubtful)
        rules.doubtAt = 1_000
        #expect(try verdict(original, again, rules) == .separate)
    }

    @Test("E3 two customers of one e-mail are one person; two unknown ones are not")
    func persons() throws {
        let original = try JourneySample.order("#10", cancelled: 5, customer: nil)
        #expect(try verdict(original, JourneySample.order("#11", made: 6, customer: "8")) == .doubtful)
        let unknown = try JourneySample.order("#10", cancelled: 5, customer: nil, buyer: nil)
        #expect(try verdict(unknown, JourneySample.order("#11", made: 6, customer: nil, buyer: nil)) == .separate)
    }

    // MARK: Window

    @Test("E3 the window is counted from the cancellation or the making; what names the original needs none")
    func window() throws {
        let day: Int64 = 24 * 60
        let tags = ["Edit Order"]
        func original(_ cancelled: Int64?) throws -> JourneyOrder {
            try JourneySample.order("#10", cancelled: cancelled, tags: ["Edit Order - Cancelled"])
        }
        let late = try JourneySample.order("#11", made: 9 * day, tags: tags)
        #expect(try verdict(original(9 * day - 1), late) == .joined)
        #expect(try verdict(original(11 * day), late) == .joined)
        #expect(try verdict(original(11 * day + 1), late) == .separate)
        #expect(try verdict(original(5), late) == .separate)
        #expect(try verdict(original(5), JourneySample.order("#10A", made: 9 * day, tags: tags)) == .joined)
        #expect(try verdict(original(5), JourneySample.order("#11", made: 9 * day, originals: ["10"])) == .joined)
        #expect(try verdict(original(5), JourneySample.order("#11", made: 9 * day, mentions: ["10"])) == .separate)
    }

    // MARK: Equal candidates

    @Test("E3 two originals that are equally likely are a data steward's to judge")
    func twoOriginals() throws {
        let tags = ["Edit Order - Cancelled"]
        let orders = [
            try JourneySample.order("#10", cancelled: 5, tags: tags),
            try JourneySample.order("#11", made: 1, cancelled: 7, tags: tags),
            try JourneySample.order("#12", made: 8, tags: ["Edit Order"]),
        ]
        let journeys = Journeys(orders: orders)
        #expect(journeys.verdict("#10", "#12") == .doubtful)
        #expect(journeys.verdict("#11", "#12") == .doubtful)
        #expect(journeys.role(of: orders[2].key)?.doubtfulWith == [orders[0].key, orders[1].key])
        #expect(journeys.role(of: orders[0].key)?.doubtfulWith == [orders[2].key])
        #expect(journeys.role(of: orders[2].key)?.replaces == nil)
        // A better reason for one of them settles it.
        var better = orders
        better[2].mentions = ["11"]
        #expect(Journeys(orders: better).chain(named: "#12") == ["#11", "#12"])
        #expect(Journeys(orders: better).verdict("#10", "#12") == .separate)
    }

    @Test("E3 two replacements that are equally likely, and two pairs that could be exchanged")
    func twoReplacements() throws {
        let original = try JourneySample.order("#10", cancelled: 5, tags: ["Edit Order - Cancelled"])
        let second = try JourneySample.order("#11", made: 1, cancelled: 5, tags: ["Edit Order - Cancelled"])
        let one = try JourneySample.order("#12", made: 6, tags: ["Edit Order"])
        let other = try JourneySample.order("#13", made: 7, tags: ["Edit Order"])
        let forked = Journeys(orders: [original, one, other])
        #expect(forked.links.map(\.verdict) == [.doubtful, .doubtful])
        let crossed = Journeys(orders: [original, second, one, other])
        #expect(crossed.links.map(\.verdict) == Array(repeating: .doubtful, count: 4))
    }

    @Test("E3 two edits of one shopper at the same time are told apart by their names")
    func twoChains() throws {
        let orders = try JourneySample.chain(1031, edits: 2) + JourneySample.chain(1032, edits: 2, from: 1)
        let journeys = Journeys(orders: orders)
        #expect(journeys.chain(named: "#1031A") == ["#1031", "#1031A", "#1031B"])
        #expect(journeys.chain(named: "#1032A") == ["#1032", "#1032A", "#1032B"])
        #expect(journeys.links.count == 4)
    }
}
