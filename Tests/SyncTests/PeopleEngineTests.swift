import Commerce
import Testing
import Transport

@testable import Sync

/// Orders find their person, and what a person's orders have in common follows.
@Suite("Engine: people")
struct PeopleEngineTests {
    // MARK: An order waits for its person

    @Test("law 4 E7 an order waits until its person is acknowledged, and is told under their address")
    func waitsForItsPerson() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a number=7 email=ada"])
        #expect(rig.batches.count == 1)
        let person = try rig.batch(ofPeople: true)
        #expect(try rig.record(1)?[flow: "edits"].waiting.map(\.reason) == [.waitsForDependency])
        #expect(try rig.person(number: "7").awaitingAddress == [ScriptedSource.key(1)])
        rig.answer(person)
        try rig.settleStore()
        let last = rig.batches.last.map { rig.lines($0) }
        #expect(last == ["1:a=a@customer_id:7"])
        try rig.carryOn()
        #expect(try rig.told(1) == ["1:a"])
        #expect(try rig.person(number: "7").awaitingAddress == [])
        rig.expectQuiet()
    }

    @Test("law 4 the orders of new buyers who are being told stay in memory, and are not loaded again")
    func surge() throws {
        var rig = try EngineRig.quiet()
        let ids = 1...40
        try rig.receive(ids.map { "snapshot \($0) 1 a number=\($0)" })
        let logged = rig.log.count
        try rig.carryOn()
        #expect(try ids.allSatisfy { try rig.told($0) == ["\($0):a"] })
        rig.expectQuiet()
        let loads = rig.log.dropFirst(logged).count { $0.contains("ClaimRequest(") && !$0.contains("keys: []") }
        #expect(loads == 0)
    }

    @Test("law 4 a person whose first telling was refused and given up lets their orders go")
    func skippedPerson() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a email=ada since=200"])
        let batch = try rig.batch(ofPeople: true)
        let effect = try #require(rig.lines(batch).first?.split(separator: "=").first.map(String.init))
        rig.answer(batch, effect)
        try rig.carryOn()
        #expect(try rig.told(1) == [])
        let key = try #require(try rig.people(email: "ada").first?.key)
        rig.step(.command(.skip(key, effect)))
        try rig.carryOn()
        #expect(try rig.told(1) == ["1:a"])
        rig.expectQuiet()
    }

    @Test("B2 two orders of a new buyer in one batch make one person")
    func oneBatch() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a email=ada", "snapshot 2 2 b email=ADA", "snapshot 3 2 c number=7 email=ada"])
        try rig.carryOn()
        #expect(try rig.person(email: "ada").orderIDs == ["1", "2", "3"])
        #expect(try rig.person(number: "7").orderIDs == ["1", "2", "3"])
        #expect(try (1...3).flatMap { try rig.told($0) } == ["1:a", "2:b", "3:c"])
        rig.expectQuiet()
    }

    @Test(
        "B2 a known buyer is found by a webhook, a read and a poll, and behind a topic that nobody knows",
        arguments: ["hook", "read", "poll", "unknown topic"])
    func lookupBeforeCreate(_ way: String) throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a email=ada since=200"])
        try rig.carryOn()
        rig.expectQuiet()
        let line = "snapshot 2 50 b email=ada since=200"
        switch way {
        case "hook": try rig.receive([line])
        case "unknown topic": try rig.receive(["weird", line])
        case "read":
            try rig.receive(["hint 2 50"])
            try rig.carryOn(ScriptedShop(states: ["2": line]))
        default:
            try rig.sleep()
            let poll = try #require(rig.exchanges.first { rig.lines($0).first?.hasPrefix("changes") == true })
            rig.answer(poll, line)
        }
        try rig.carryOn()
        #expect(try rig.person(email: "ada").orderIDs == ["1", "2"])
        #expect(try rig.told(2) == ["2:b"])
        rig.expectQuiet()
    }

    @Test("B2 a claim that was read before a commit does not make a second person of who was in that commit")
    func claimOlderThanACommit() throws {
        var rig = try EngineRig.quiet(readsAtOnce: 2, stage: .observe)
        try rig.receive(["hint 1 50"])
        try rig.receive(["hint 2 50"])
        let reads = rig.exchanges
        #expect(reads.count == 2)
        rig.answer(reads[0], "snapshot 1 50 a email=ada since=200")
        // That the shop could be read is a commit of its own.
        while !rig.commits.isEmpty {
            let commit = rig.commits.removeFirst()
            try rig.store.commit(commit)
            rig.step(.committed(commit.id))
        }
        #expect(rig.claims.count == 1)
        let first = try rig.store.claim(rig.claims.removeFirst())
        rig.step(.claimed(first))
        let commit = try #require(rig.commits.first)
        rig.answer(reads[1], "snapshot 2 50 b email=ada number=7 since=200")
        // What is due is looked for first; then for who is named.
        while let request = rig.claims.first, request.people.isEmpty {
            rig.claims.removeFirst()
            rig.step(.claimed(try rig.store.claim(request)))
        }
        #expect(rig.claims.map(\.people.count) == [2])
        let older = try rig.store.claim(rig.claims.removeFirst())
        #expect(older.records.allSatisfy { $0.key.kind != .person })
        rig.commits = []
        try rig.store.commit(commit)
        rig.step(.committed(commit.id))
        rig.step(.claimed(older))
        try rig.carryOn()
        #expect(try rig.person(email: "ada").orderIDs == ["1", "2"])
        #expect(try rig.people(number: "7").count == 1)
        rig.expectQuiet()
    }

    // MARK: Crashes

    private static let lives: [(name: String, lines: [String], told: [String])] = [
        ("one buyer", ["snapshot 1 1 a email=ada", "snapshot 2 2 b email=ada"], ["1:a", "2:b"]),
        (
            "an order and its replacement",
            [
                "snapshot 1 1 a number=7 email=ada name=#1031 placed=1",
                "snapshot 2 5 b number=7 email=ada name=#1031A placed=300",
            ],
            ["1:a", "1:mirrors-2", "1:void", "2:b"]
        ),
        (
            "a merge",
            ["snapshot 1 1 a number=5", "snapshot 2 2 b number=6", "merge 5 6 0", "snapshot 3 9 c number=5"],
            ["1:a", "2:b", "3:c"]
        ),
    ]

    @Test(
        "A1 B2 E3 wherever the engine ends, the next one ends right: one person, everything told once",
        arguments: 0..<3, 0..<16)
    func crashes(_ life: Int, after budget: Int) throws {
        let (name, lines, expected) = Self.lives[life]
        var rig = try EngineRig.quiet()
        for line in lines {
            try rig.receive([line])
            try rig.carryOn(budget: budget % 4)
        }
        try rig.carryOn(budget: budget)
        try rig.crash()
        try rig.carryOn(for: .seconds(40))
        #expect(try (1...3).flatMap { try rig.told($0) }.sorted() == expected, "\(name)")
        let people = try (1...3).compactMap { try rig.record($0)?.truth.belongsTo }
        var owners: Set<EntityKey> = []
        for var key in people {
            while let next = try rig.store.records([key]).first?.truth.person?.mergedInto { key = next }
            owners.insert(key)
        }
        #expect(owners.count == 1, "\(name): \(owners)")
        let person = try #require(try rig.store.records(Array(owners)).first?.truth.person)
        #expect(person.toPlan == [] && person.awaitingAddress == [], "\(name)")
        #expect(person.orderIDs == (life == 2 ? ["1", "2", "3"] : ["1", "2"]), "\(name)")
        rig.expectQuiet(name)
    }

    // MARK: Merges

    @Test(
        "B2 customers whom the shop merges are one person, and what points to the merged one follows",
        arguments: [true, false])
    func merge(areCustomersKnown: Bool) throws {
        var rig = try EngineRig.quiet()
        if areCustomersKnown { try rig.receive(["customer 5 1 email=ada", "customer 6 1 email=lovelace"]) }
        try rig.receive(["snapshot 1 1 a number=5", "snapshot 2 2 b number=6"])
        try rig.carryOn()
        let old = try #require(try rig.people(number: "5").first?.key)
        #expect(try rig.person(number: "6").orderIDs == ["2"])
        try rig.receive(["merge 5 6 9"])
        try rig.carryOn()
        let kept = try #require(try rig.people(number: "6").first)
        #expect(try rig.people(number: "5").map(\.key) == [kept.key])
        #expect(kept.truth.person?.orderIDs == ["1", "2"])
        #expect(kept[flow: "crm/people"].otherAddresses == ["customer_id:5"])
        #expect(kept.key != old)
        #expect(try rig.store.records([old]).first?.truth.person?.mergedInto == kept.key)
        #expect(try rig.record(1)?.truth.belongsTo == old, "it points on through the old record")
        // News of the old order and a new one with the old number.
        try rig.receive(["snapshot 1 20 a+x number=5", "snapshot 3 20 c number=5"])
        try rig.carryOn()
        #expect(try rig.record(1)?.truth.belongsTo == kept.key)
        #expect(try rig.person(number: "6").orderIDs.sorted() == ["1", "2", "3"])
        #expect(try rig.told(3) == ["3:c"])
        #expect(try rig.told(1) == ["1:a", "1:x"])
        rig.expectQuiet()
    }

    @Test("B2 an order whose customer is changed twice leaves two people behind and no trace with them")
    func customerChanges() throws {
        var rig = try EngineRig.quiet()
        for (time, number) in [(1, "5"), (2, "6"), (3, "7")] {
            try rig.receive(["snapshot 1 \(time) a number=\(number)"])
            try rig.carryOn()
        }
        #expect(try rig.person(number: "5").orderIDs == [])
        #expect(try rig.person(number: "6").orderIDs == [])
        #expect(try rig.person(number: "7").orderIDs == ["1"])
        rig.expectQuiet()
    }

    @Test("B2 what was planned for somebody who turns out to be another and never left, is not told")
    func plannedForTheMerged() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a email=ada since=200"])
        rig.answer(try rig.batch(ofPeople: true), status: 503)
        try rig.settleStore()
        try rig.receive(["snapshot 2 2 b email=bob since=200"])
        #expect(rig.batches == [], "the destination rests")
        let (ada, bob) = (try rig.people(email: "ada"), try rig.people(email: "bob"))
        rig.step(.command(.mergePeople(try #require(ada.first?.key), try #require(bob.first?.key))))
        let told = try rig.carryOn(for: .seconds(20))
        #expect(!told.contains { $0.contains("email:bob@example.test;") }, "\(told)")
        #expect(try rig.told(2) == ["2:b"])
        #expect(told.contains("2:b=b@email:ada@example.test"))
        rig.expectQuiet()
    }

    // MARK: Stewards

    @Test("B4 a steward's merge joins two people; asking for it again changes nothing")
    func stewardMerges() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a email=ada", "snapshot 2 2 b email=bob"])
        try rig.carryOn()
        let ada = try #require(try rig.people(email: "ada").first?.key)
        let bob = try #require(try rig.people(email: "bob").first?.key)
        for _ in 0..<2 {
            rig.step(.command(.mergePeople(ada, bob)))
            try rig.carryOn()
        }
        #expect(try rig.people(email: "bob").map(\.key) == [ada])
        #expect(try rig.person(email: "ada").orderIDs == ["1", "2"])
        #expect(try rig.person(email: "ada").identityDecisions == [IdentityDecision(other: bob, isMerged: true)])
        try rig.receive(["snapshot 3 9 c email=bob"])
        try rig.carryOn()
        #expect(try rig.person(email: "ada").orderIDs == ["1", "2", "3"])
        rig.expectQuiet()
    }

    @Test("B4 a shared e-mail is asked about once: kept apart stays apart")
    func stewardKeepsApart() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a number=7 email=ada", "snapshot 2 2 b number=8 email=ada"])
        try rig.carryOn()
        let conflict = try #require(try rig.exceptions(.identityConflict).first)
        let (ada, bob) = (try rig.people(number: "7"), try rig.people(number: "8"))
        let keys = try [#require(ada.first?.key), #require(bob.first?.key)]
        #expect(keys[0] != keys[1])
        #expect(!conflict.cause.contains("example.test"), "no personal data")
        rig.step(.command(.keepPeopleApart(keys[0], keys[1])))
        try rig.carryOn()
        #expect(try rig.exceptions(.identityConflict) == [])
        try rig.receive(["snapshot 3 9 c number=8 email=ada"])
        try rig.carryOn()
        #expect(try rig.exceptions(.identityConflict) == [])
        #expect(try rig.person(number: "8").orderIDs == ["2", "3"])
        #expect(try rig.person(email: "ada").orderIDs == ["1"])
        rig.expectQuiet()
    }

    @Test("B4 a steward may be asked about people who do not exist: nothing happens")
    func stewardErrs() throws {
        var rig = try EngineRig.quiet()
        let nobody = EntityKey(connection: "acme", kind: .person, id: "nobody")
        let other = EntityKey(connection: "acme", kind: .person, id: "other")
        for command: Command in [
            .mergePeople(nobody, other), .keepPeopleApart(nobody, other), .mergePeople(nobody, nobody),
            .joinOrders(original: ScriptedSource.key(1), replacement: ScriptedSource.key(2)),
        ] {
            rig.step(.command(command))
            try rig.carryOn()
        }
        #expect(try rig.store.records([nobody, other, ScriptedSource.key(1)]) == [])
        rig.expectQuiet()
    }

    @Test("E3 a steward joins two orders and takes them apart again; the other order is planned anew")
    func stewardAndJourneys() throws {
        var rig = try EngineRig.quiet()
        try rig.receive([
            "snapshot 1 1 a number=7 name=#1031 placed=1", "snapshot 2 5 b number=7 name=#1032 placed=90",
        ])
        try rig.carryOn()
        #expect(try rig.told(1) == ["1:a"])
        let keys = (ScriptedSource.key(1), ScriptedSource.key(2))
        rig.step(.command(.joinOrders(original: keys.0, replacement: keys.1)))
        try rig.carryOn()
        #expect(try rig.told(1).sorted() == ["1:a", "1:mirrors-2", "1:void"])
        rig.step(.command(.keepOrdersApart(original: keys.0, replacement: keys.1)))
        try rig.carryOn()
        let person = try rig.person(number: "7")
        #expect(person.journeys(EngineRig.flow("edits", .live)).role(of: keys.0.description)?.replacedBy == nil)
        #expect(person.journeyDecisions.map(\.isJoined) == [false], "of two answers the later one is kept")
        #expect(person.toPlan == [])
        rig.expectQuiet()
    }

    @Test("E3 a changed role plans the other order, though it is not at hand")
    func changedRole() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a number=7 name=#1031 placed=1"])
        try rig.carryOn()
        rig.expectQuiet()
        try rig.receive(["snapshot 2 5 b number=7 name=#1031A placed=90"])
        try rig.carryOn()
        #expect(try rig.told(1).sorted() == ["1:a", "1:mirrors-2", "1:void"])
        rig.expectQuiet()
        // The last of three: the first order's row shows it, the second is void too.
        try rig.receive(["snapshot 3 8 c number=7 name=#1031B placed=150"])
        try rig.carryOn()
        #expect(try rig.told(1).sorted() == ["1:a", "1:mirrors-2", "1:mirrors-3", "1:void"])
        #expect(try rig.told(2).sorted() == ["2:b", "2:void"])
        rig.expectQuiet()
    }

    @Test("E3 a parcel of the original takes the two apart again, and a steward is asked")
    func changedFacts() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a number=7 name=#1031 placed=1"])
        try rig.receive(["snapshot 2 95 b number=7 name=#1031A placed=90"])
        try rig.carryOn()
        #expect(try rig.told(1).contains("1:void"))
        #expect(try rig.exceptions(.replacementDoubtful) == [])
        try rig.receive(["snapshot 1 200 a number=7 name=#1031 placed=1 sent=190"])
        try rig.carryOn()
        let doubt = try #require(try rig.exceptions(.replacementDoubtful).first)
        #expect(doubt.subject == "shop/order/1 shop/order/2")
        #expect(doubt.cause.contains("sent out all the same"), "\(doubt.cause)")
        let flow = EngineRig.flow("edits", .live)
        #expect(try rig.person(number: "7").journeys(flow).role(of: "shop/order/1")?.replacedBy == nil)
        rig.expectQuiet()
    }

    @Test("E3 where the end of a journey breaks off, its first order is planned anew: its row shows the end")
    func brokenEnd() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 60 a number=7 name=#1031 placed=1 cancelled=50"])
        try rig.carryOn()
        try rig.receive([
            "snapshot 2 90 b number=7 name=#1031A placed=51 cancelled=80",
            "snapshot 3 91 c number=7 name=#1031B placed=81",
        ])
        try rig.carryOn()
        #expect(try rig.told(1).sorted() == ["1:a", "1:mirrors-3", "1:void"])
        // Which of two of one name took the place of the second, nobody can tell.
        try rig.receive(["snapshot 4 92 d number=7 name=#1031B placed=82"])
        try rig.carryOn()
        #expect(try rig.told(1).sorted() == ["1:a", "1:mirrors-2", "1:mirrors-3", "1:void"])
        rig.expectQuiet()
    }

    @Test(
        "E3 what is kept of an order since before its parcels were kept is renewed before anything is decided over it")
    func olderSummary() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a number=7 name=#1031 placed=1 sent=50"])
        try rig.carryOn()
        rig.expectQuiet()
        var record = try #require(try rig.people(number: "7").first)
        var person = try #require(record.truth.person)
        #expect(person.orders[0].journey.sentAt != nil)
        person.orders[0].journey.sentAt = nil
        record.truth.state = .person(person)
        record.generation += 1
        var commit = Commit(id: 9_999)
        commit.records = [
            RecordChange(record: record, truthChanged: true, work: [], counts: RecordCounts())
        ]
        try rig.store.commit(commit)
        rig = try EngineRig.quiet(store: rig.store, at: rig.now)
        try rig.receive(["snapshot 2 95 b number=7 name=#1031A placed=90"])
        try rig.carryOn()
        #expect(try rig.told(1) == ["1:a"], "it was sent out: nothing takes its place")
        #expect(try rig.told(2) == ["2:b"])
        #expect(try rig.person(number: "7").orders[0].journey.sentAt != nil)
        rig.expectQuiet()
    }

    @Test("E3 flows of one brand that tell about different orders each see their own journeys")
    func policiesOfTwoFlows() throws {
        var other = EngineRig.flow("tests", .live)
        other.policies.tellTestOrders = true
        let engine = Engine(
            flows: [EngineRig.flow("edits", .live), other, EngineRig.flow("more", .live)], sources: [],
            destinations: [], seed: 1)
        #expect(engine.table.journeyFlows(of: "acme").map(\.name) == ["edits", "tests"])
        #expect(engine.table.journeyFlows(of: "nobody") == [])
    }
}
