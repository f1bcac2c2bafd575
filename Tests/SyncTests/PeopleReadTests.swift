import Commerce
import Testing
import Transport

@testable import Sync

/// What is asked about people: their older orders, their records, and news of either.
@Suite("Engine: histories, reads and polls of every kind")
struct PeopleReadTests {
    private func isComplete(_ person: Person) -> Bool { person.histories.allSatisfy(\.isComplete) }

    // MARK: Histories

    @Test("E6 a buyer's orders are listed once, page by page; what is known is no gap, the rest is read")
    func listing() throws {
        var rig = try EngineRig.quiet()
        let shop = ScriptedShop(
            states: ["2": "snapshot 2 1 b number=7", "3": "snapshot 3 1 c number=7"],
            histories: ["number=7": [[1, 2], [3]]])
        try rig.receive(["snapshot 1 1 a number=7 email=ada"])
        #expect(try rig.person(number: "7").histories.map(\.isListed) == [false])
        let told = try rig.carryOn(shop)
        let person = try rig.person(number: "7")
        #expect(person.orderIDs == ["1", "2", "3"])
        #expect(isComplete(person))
        let asked = rig.log.filter { $0.contains("/shop") && $0.contains("exchange") }
        #expect(!asked.isEmpty)
        #expect(told.contains { $0.hasPrefix("p-") && $0.contains("incomplete") })
        #expect(told.last { $0.hasPrefix("p-") }?.hasSuffix("orders=1,2,3;complete") == true, "\(told)")
        // A later order asks for nothing.
        try rig.receive(["snapshot 4 9 d number=7 email=ada"])
        try rig.settleStore()
        #expect(rig.asked("orders") == [])
        try rig.carryOn(shop, for: .seconds(30))
        #expect(rig.asked("orders") == [])
        rig.expectQuiet()
    }

    @Test("E6 a list of known orders alone is complete at once, and reads nothing")
    func nothingNew() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 1 a email=ada"])
        let list = try #require(
            rig.exchanges.first { String(decoding: $0.request.body, as: UTF8.self).hasPrefix("ord") })
        #expect(String(decoding: list.request.body, as: UTF8.self) == "orders email=ada@example.test first")
        rig.answer(list, "hint 1 1")
        try rig.settleStore()
        #expect(rig.asked("entities") == [])
        #expect(isComplete(try rig.person(email: "ada")))
        try rig.carryOn()
        rig.expectQuiet()
    }

    @Test("E6 an order in the list that is somebody else's is no gap")
    func somebodyElses() throws {
        var rig = try EngineRig.quiet()
        let shop = ScriptedShop(
            states: ["2": "snapshot 2 1 b number=8"], histories: ["number=7": [[1, 2]], "number=8": [[2]]])
        try rig.receive(["snapshot 1 1 a number=7"])
        try rig.carryOn(shop)
        #expect(isComplete(try rig.person(number: "7")))
        #expect(try rig.person(number: "7").orderIDs == ["1"])
        #expect(try rig.person(number: "8").orderIDs == ["2"])
        rig.expectQuiet()
    }

    @Test("E6 a customer made after we began to listen has no order that we did not hear of")
    func newCustomer() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 101 a number=7 since=100"])
        #expect(rig.asked("orders") == [])
        #expect(isComplete(try rig.person(number: "7")))
        try rig.receive(["snapshot 2 101 a number=8 since=99"])
        #expect(rig.asked("orders") == ["orders number=8 first"])
        try rig.carryOn()
        rig.expectQuiet()
    }

    @Test("E6 a list that fails is asked for again, becomes an exception, and is cured when it comes")
    func failure() throws {
        var limits = EngineLimits()
        limits.historyAttemptsMax = 3
        var rig = try EngineRig.quiet(limits: limits)
        try rig.receive(["snapshot 1 1 a number=7"])
        #expect(try rig.store.status().dirty == 1, "it is no peace yet")
        try rig.carryOn(ScriptedShop(denied: ["orders"]), for: .seconds(1))
        #expect(try rig.exceptions(.sourceUnreadable) == [])
        try rig.carryOn(ScriptedShop(denied: ["orders"]), for: .seconds(30))
        #expect(try rig.exceptions(.sourceUnreadable).map(\.subject) == ["shop histories"])
        #expect(try rig.told(1) == ["1:a"], "the order itself goes")
        #expect(try rig.store.status().dirty == 0, "an exception says so instead")
        let person = try rig.person(number: "7")
        #expect(person.histories.map(\.isListed) == [false])
        #expect((person.histories.first?.attempts ?? 0) >= 3)
        rig.expectQuiet()
        rig.step(.command(.resolve(exception: RaisedException.id(.sourceUnreadable, subject: "shop histories"))))
        try rig.settleStore()
        #expect(try rig.exceptions(.sourceUnreadable) == [])
        try rig.carryOn(ScriptedShop(denied: ["orders"]), for: .minutes(10))
        #expect(try rig.exceptions(.sourceUnreadable).count == 1, "closed by hand, and it goes on")
        try rig.carryOn(ScriptedShop(histories: ["number=7": [[1]]]), for: .minutes(10))
        #expect(isComplete(try rig.person(number: "7")))
        #expect(try rig.exceptions(.sourceUnreadable) == [])
        rig.expectQuiet()
    }

    @Test("A6 law 5 a crowd of new buyers waits for its lists in the store, not in the memory that orders need")
    func crowd() throws {
        var limits = EngineLimits()
        limits.historiesQueuedMax = 4
        var rig = try EngineRig.quiet(limits: limits)
        var shop = ScriptedShop(isSilentAboutHistories: true)
        try rig.receive((1...60).map { "snapshot \($0) 1 a number=\($0)" })
        try rig.carryOn(shop, for: .seconds(40))
        #expect(try (1...60).allSatisfy { try rig.told($0) == ["\($0):a"] })
        #expect(rig.engine.summary.recordsHeld <= 6, "\(rig.engine.summary.recordsHeld)")
        #expect(rig.asked("orders").count == 1, "one list at a time")
        shop.isSilentAboutHistories = false
        try rig.carryOn(shop, for: .seconds(60), budget: 5_000)
        for number in 1...60 { #expect(isComplete(try rig.person(number: "\(number)")), "\(number)") }
        rig.expectQuiet()
    }

    // MARK: Memory

    @Test("a person is not released while an order keeps them")
    func pinned() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["snapshot 1 101 a number=7 since=100"])
        rig.answer(try rig.batch(ofPeople: true))
        try rig.settleStore()
        let key = try #require(try rig.people(number: "7").first?.key)
        let order = try rig.batch(ofPeople: false)
        // The person's next telling is answered too: nothing is under way for them but the order.
        for batch in rig.batches where batch.id != order.id { rig.answer(batch) }
        try rig.settleStore()
        #expect(rig.engine.records.contains(key))
        #expect(rig.engine.records.isPinned(key))
        rig.answer(order)
        try rig.settleStore()
        rig.expectQuiet()
    }

    @Test("everything leaves memory at quiet, whatever came", arguments: UInt64(1)...40)
    func anything(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var rig = try EngineRig.quiet()
        var shop = ScriptedShop()
        func pick(_ bound: Int64) -> Int64 { random.below(bound) }
        for time in 1...12 {
            var lines: [String] = []
            for _ in 0...pick(2) {
                var words: String
                let id = 1 + pick(5)
                switch pick(8) {
                case 0: words = "customer \(pick(3)) \(time)"
                case 1: words = "merge \(pick(3)) \(3 + pick(2)) 0"
                case 2: words = "hint \(id) \(time)"
                default:
                    words =
                        "snapshot \(id) \(time) a+t\(time) name=#\(100 + pick(2))\(["", "A", "B"][Int(pick(3))])"
                        + " placed=\(id * 60)"
                    if pick(2) == 0 { words += " number=\(pick(4))" }
                    if pick(3) == 0 { words += " phone=+4420794600\(pick(3))" }
                    shop.states["\(id)"] = words
                }
                if pick(2) == 0 { words += " email=e\(pick(3))" }
                lines.append(words)
            }
            try rig.receive(lines)
            try rig.carryOn(shop, for: .seconds(pick(3)), budget: Int(pick(12)))
            if pick(6) == 0 { try rig.crash() }
        }
        try rig.carryOn(shop, for: .seconds(150), budget: 5_000)
        rig.expectQuiet("seed \(seed)")
        try expectConsistent(rig, seed)
    }

    /// Each order is in the record of the one person it belongs to; nobody has two numbers that no merge explains.
    private func expectConsistent(_ rig: EngineRig, _ seed: UInt64) throws {
        for id in 1...5 {
            guard let record = try rig.record(id), var owner = record.truth.belongsTo else { continue }
            while let next = try rig.store.records([owner]).first?.truth.person?.mergedInto { owner = next }
            let person = try #require(try rig.store.records([owner]).first?.truth.person)
            #expect(person.orders.contains { $0.key == record.key }, "seed \(seed): \(record.key) is not in \(owner)")
            #expect(person.toPlan == [] && person.awaitingAddress == [], "seed \(seed)")
        }
        for name in 0..<3 {
            #expect(try rig.people(email: "e\(name)").count <= 1, "seed \(seed): e\(name) has two owners")
        }
        for number in 0..<5 {
            #expect(try rig.people(number: "\(number)").count <= 1, "seed \(seed): \(number) has two owners")
        }
    }

    // MARK: Reads and polls

    @Test("one read is of one kind, whoever waits longest first")
    func oneKind() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["customer-hint 5 1", "hint 1 1", "customer-hint 6 1", "hint 2 1"])
        #expect(rig.asked("entities") == ["entities customer 5,6"])
        rig.answer(try #require(rig.exchanges.first { rig.lines($0) == ["entities customer 5,6"] }))
        #expect(rig.asked("entities") == ["entities 1,2"])
        try rig.carryOn(ScriptedShop(states: ["1": "snapshot 1 1 a", "2": "snapshot 2 1 b"]))
        #expect(try rig.told(1) == ["1:a"] && rig.told(2) == ["2:b"])
    }

    @Test("a right to customers that is missing does not hold up orders")
    func deniedCustomers() throws {
        var rig = try EngineRig.quiet()
        try rig.receive(["customer-hint 5 1", "hint 1 1"])
        rig.answer(try #require(rig.exchanges.first { rig.lines($0) == ["entities customer 5"] }), status: 403)
        #expect(rig.asked("entities") == ["entities 1"])
        try rig.carryOn(ScriptedShop(states: ["1": "snapshot 1 1 a"], denied: ["customer"]), for: .seconds(1))
        #expect(try rig.told(1) == ["1:a"])
        #expect(try rig.exceptions(.sourceUnreadable).map(\.subject) == ["shop customer"])
        // The customer is asked for again by itself.
        try rig.carryOn(
            ScriptedShop(states: ["customer 5": "customer 5 1 email=ada"]), for: .seconds(70))
        #expect(try rig.person(email: "ada").customers.map(\.key.id) == ["5"])
        rig.expectQuiet()
    }

    @Test("A3 polls of each kind keep their own place")
    func polls() throws {
        var rig = try EngineRig(polling: [.customer, .order])
        try rig.settleStore()
        func poll(_ start: String) throws -> Exchange {
            try #require(rig.exchanges.first { rig.lines($0).first?.hasPrefix(start) == true }, "\(start)")
        }
        func setting(_ name: String) throws -> String? { try rig.store.status().setting(name) }
        #expect(rig.asked("changes").count == 2)
        rig.answer(try poll("changes customer"), "customer 5 1 email=ada", next: "p2")
        rig.answer(try poll("changes 1"))
        try rig.settleStore()
        #expect(try setting("poll:shop") == String(rig.now.microseconds))
        #expect(try setting("poll:shop/customer") == nil, "its last page is to come")
        #expect(rig.asked("changes").map { $0.hasSuffix(" p2") } == [true])
        let listedAt = rig.now
        rig.answer(try poll("changes customer"), status: 403)
        try rig.settleStore()
        #expect(try setting("poll:shop/customer") == nil)
        #expect(try rig.person(email: "ada").customers.count == 1)
        rig.wake = nil
        rig.now = rig.now + .seconds(61)
        rig.step(.timer)
        try rig.settleStore()
        #expect(rig.asked("changes customer").map { $0.hasSuffix(" p2") } == [true], "it goes on where it was")
        rig.answer(try poll("changes customer"))
        try rig.settleStore()
        #expect(try setting("poll:shop/customer") == String(listedAt.microseconds))
    }
}
