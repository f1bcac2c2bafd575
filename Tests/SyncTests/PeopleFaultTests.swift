import Commerce
import Testing
import Transport

@testable import Sync

/// What goes wrong around people: configurations that change, joins that bring old questions, surges.
@Suite("Engine: people, when things change")
struct PeopleFaultTests {
    // MARK: Configurations change

    @Test("A1 what waits for a flow that is gone waits with a reason, and nothing is asked for again and again")
    func leftovers() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a"])
        let batch = try #require(rig.batches.first)
        rig.answer(batch, status: 503)
        try rig.settleStore()
        rig = try EngineRig(store: rig.store, at: rig.now + .minutes(10), flows: [EngineRig.flow("renamed", .live)])
        var claims = 0
        for _ in 0..<200 where !rig.claims.isEmpty || !rig.commits.isEmpty {
            if let commit = rig.commits.first {
                rig.commits.removeFirst()
                try rig.store.commit(commit)
                rig.step(.committed(commit.id))
            }
            if let claim = rig.claims.first {
                claims += 1
                rig.claims.removeFirst()
                rig.step(.claimed(try rig.store.claim(claim)))
            }
        }
        #expect(rig.claims.isEmpty && claims < 20, "claimed \(claims) times")
        let status = try rig.store.status()
        #expect(status.unsent == 0)
        #expect(status.waiting == [.init(reason: .stageObserve, count: 1)])
        #expect(try rig.record(1)?[flow: "edits"].deliveries.count == 1, "it is kept")
    }

    @Test("A15 a flow in observe does not keep another one to the same destination from telling")
    func observedBesideLive() throws {
        let flows = [EngineRig.flow("a-rehearsal", .observe), EngineRig.flow("edits", .live)]
        var rig = try EngineRig(flows: flows)
        try rig.carryOn(for: .zero)
        try rig.receive(["snapshot 1 1 a number=7"])
        try rig.carryOn()
        #expect(try rig.told(1) == ["1:a"])
        rig.expectQuiet()
    }

    @Test("law 4 an address is kept whichever flow comes first by name", arguments: ["a-new-one", "z-new-one"])
    func addressIsKept(name: String) throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a email=ada since=200"])
        try rig.carryOn()
        let flows = [EngineRig.flow(name, .live), EngineRig.flow("edits", .live)]
        rig = try EngineRig(store: rig.store, at: rig.now, flows: flows)
        try rig.carryOn(for: .zero)
        try rig.receive(["snapshot 2 2 b number=7 email=ada since=200"])
        let told = try rig.carryOn()
        #expect(told.contains("2:b=b@email:ada@example.test"), "\(told)")
    }

    // MARK: Joins

    @Test("B2 somebody without an address goes on under the one that is acknowledged")
    func adoptsAddress() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a number=1"])
        try rig.carryOn()
        try rig.receive(["customer 2 5", "merge 1 2 6"])
        try rig.receive(["snapshot 2 7 b number=2"])
        let told = try rig.carryOn()
        #expect(told.contains("2:b=b@customer_id:1"), "\(told)")
        let person = try rig.person(number: "2")
        #expect(person.identifiersInUseFirst.map(\.value) == ["2", "1"], "the shop gave 1 up")
        rig.expectQuiet()
    }

    /// Much alike, one cancelled, of two customers with one phone.
    private static let alike = [
        "snapshot 1 5 a number=1 phone=+442079460000 placed=1 sku=TEE cancelled=60",
        "snapshot 2 90 b number=2 phone=+442079460000 placed=90 sku=TEE",
    ]

    @Test("E3 a doubt that a merge brings is an exception, and goes when an order turns out to be another person's")
    func doubtOfAJoin() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(Self.alike)
        try rig.carryOn()
        #expect(try rig.exceptions(.replacementDoubtful) == [])
        try rig.receive(["merge 1 2 100"])
        try rig.carryOn()
        let doubt = try rig.exceptions(.replacementDoubtful)
        #expect(doubt.map(\.subject) == ["shop/order/1 shop/order/2"])
        try rig.receive(["snapshot 2 120 b number=3 phone=+442079460000 placed=90 sku=TEE"])
        try rig.carryOn()
        #expect(try rig.exceptions(.replacementDoubtful) == [])
        rig.expectQuiet()
    }

    @Test("E3 an answer about two orders counts however they are named", arguments: [true, false])
    func answerEitherWay(isInOrder: Bool) throws {
        var rig = try EngineRig.quiet()
        try rig.receive(Self.alike.map { $0.replacing("number=2", with: "number=1") })
        try rig.carryOn()
        #expect(try rig.exceptions(.replacementDoubtful).count == 1)
        let (one, other) = (ScriptedSource.key(isInOrder ? 1 : 2), ScriptedSource.key(isInOrder ? 2 : 1))
        rig.step(.command(.keepOrdersApart(original: one, replacement: other)))
        try rig.carryOn()
        #expect(try rig.exceptions(.replacementDoubtful) == [])
        rig.expectQuiet()
    }

    @Test("B4 people of two brands are never merged, whoever asks")
    func brandsStayApart() throws {
        var other = EngineRig.flow("other", .live)
        other.brand = "other"
        var rig = try EngineRig(flows: [EngineRig.flow("edits", .live), other])
        try rig.carryOn(for: .zero)
        try rig.receive(["snapshot 1 1 a number=1"])
        try rig.carryOn()
        let ada = try #require(try rig.people(number: "1").first?.key)
        var stranger = EntityRecord(key: EntityKey(connection: "other", kind: .person, id: "x"))
        stranger.truth.state = .person(Person(brand: "other"))
        stranger.generation = 1
        var commit = Commit(id: 9_999)
        commit.records = [
            RecordChange(record: stranger, truthChanged: true, work: [], counts: RecordCounts())
        ]
        try rig.store.commit(commit)
        rig.step(.command(.mergePeople(ada, stranger.key)))
        try rig.carryOn()
        #expect(try rig.store.records([stranger.key]).first?.truth.person?.mergedInto == nil)
        #expect(try rig.person(number: "1").mergedInto == nil)
    }

    @Test("law 5 a till's collective customer does not grow without end, and has no totals")
    func collectiveCustomer() {
        var person = Person(brand: "acme")
        for id in 0..<(Person.ordersMax + 20) {
            var record = EntityRecord(key: ScriptedSource.key(id))
            record.truth.state = .order(
                ScriptedSource.order(String(id), "a", ScriptedSource.start + .seconds(Int64(id))))
            if let summary = OrderSummary(of: record, rules: JourneyRules()) { person.put(summary) }
        }
        #expect(person.orders.count == Person.ordersMax)
        #expect(person.orders.first?.key == ScriptedSource.key(20), "the newest are kept")
        #expect(person.isTooLarge)
    }

    @Test("law 6 what was attempted never waits for what is planned behind it under an old name")
    func noCircle() {
        func delivery(_ key: String, after: [String], _ phase: Delivery.Phase) -> Delivery {
            var delivery = Delivery(
                key: key, kind: .present, channel: "people", eventType: "person", lane: .identity,
                occurredAt: ScriptedSource.start, after: after, body: [])
            delivery.phase = phase
            return delivery
        }
        var ledger = Ledger(flow: "crm/people")
        // `first` was told; then `second`, whose outcome is open; then the content went back to that of `first`.
        ledger.deliveries = [
            delivery("second", after: ["first"], .attempted), delivery("first", after: ["second"], .planned),
        ]
        #expect(ledger.runnableIndices == [0])
    }

    // MARK: Lanes

    @Test("A6 a higher lane goes first, whoever came first")
    func lanes() throws {
        var destination = ScriptedDestination()
        destination.limits.concurrentRequestsMax = 1
        destination.batch = 1
        var rig = try EngineRig(destination: destination)
        try rig.carryOn(for: .zero)
        try rig.receive(["snapshot 1 1 low-a", "snapshot 2 1 low-b", "snapshot 3 1 c", "snapshot 4 1 d"])
        let told = try rig.carryOn()
        #expect(told == ["3:c=c", "4:d=d", "1:low-a=low-a", "2:low-b=low-b"])
        rig.expectQuiet()
    }

    @Test("A6 who waited too long in a lower lane goes with a twentieth of each request")
    func noLaneStarves() throws {
        var destination = ScriptedDestination()
        destination.limits.concurrentRequestsMax = 1
        destination.batch = 40
        var limits = EngineLimits()
        limits.laneWaitMax = .zero
        var rig = try EngineRig(destination: destination, limits: limits)
        try rig.carryOn(for: .zero)
        try rig.receive((1...60).map { "snapshot \($0) 1 a" } + (61...70).map { "snapshot \($0) 1 low" })
        let first = try #require(rig.batches.first).request.body
        let lines = String(decoding: first, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 40)
        #expect(lines.count { $0.hasSuffix("low") } == 2)
        try rig.carryOn()
        rig.expectQuiet()
    }
}
