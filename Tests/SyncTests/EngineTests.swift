import Commerce
import Sync
import Testing
import Transport

@Suite("Engine")
struct EngineTests {
    /// Started, polled once, quiet.
    private func rig(_ destination: ScriptedDestination = ScriptedDestination()) throws -> EngineRig {
        var rig = try EngineRig(destination: destination)
        try rig.settleStore()
        rig.answerPolls()
        try rig.settleStore()
        return rig
    }

    // MARK: Durable first

    @Test("law 3 nothing is sent before the commit that says so")
    func nothingBeforeItsCommit() throws {
        var rig = try rig()
        _ = try rig.store.append([rig.receipt("snapshot 1 1 a")])
        rig.step(.receiptsDurable)
        while let claim = rig.claims.first {
            rig.claims.removeFirst()
            rig.step(.claimed(try rig.store.claim(claim)))
        }
        let commit = try #require(rig.commits.first)
        #expect(commit.records.first?.record[flow: "edits"].deliveries.first?.phase == .attempted)
        #expect(commit.inboxPosition == 1)
        #expect(rig.batches == [], "the commit has not been made")
        try rig.settleStore()
        #expect(rig.batches.map(rig.lines) == [["1:a=a"]])
    }

    @Test("law 3 a batch launched while a commit is under way waits for the commit that holds its own marks")
    func flightDuringACommit() throws {
        var rig = try rig()
        try rig.receive(["snapshot 1 1 a", "snapshot 2 1 x+y>x"])
        let batch = try #require(rig.batches.first)
        #expect(rig.lines(batch) == ["1:a=a", "2:x=x"])
        // The edit of order 1 is being committed when the answer about order 2 lets `y` go.
        _ = try rig.store.append([rig.receipt("hint 1 50")])
        rig.step(.receiptsDurable)
        while rig.commits.isEmpty, let claim = rig.claims.first {
            rig.claims.removeFirst()
            rig.step(.claimed(try rig.store.claim(claim)))
        }
        let earlier = try #require(rig.commits.first)
        rig.answer(batch)
        #expect(rig.commits == [earlier], "one commit at a time")
        rig.commits = []
        try rig.store.commit(earlier)
        rig.step(.committed(earlier.id))
        #expect(rig.batches == [])
        try rig.settleStore()
        #expect(rig.batches.flatMap(rig.lines) == ["2:y=y>x"])
    }

    @Test("A1 a commit that failed is made again, unchanged, and nothing leaves meanwhile")
    func failedCommit() throws {
        var rig = try rig()
        _ = try rig.store.append([rig.receipt("snapshot 1 1 a")])
        rig.step(.receiptsDurable)
        while let claim = rig.claims.first {
            rig.claims.removeFirst()
            rig.step(.claimed(try rig.store.claim(claim)))
        }
        for _ in 0..<3 {
            let commit = try #require(rig.commits.first)
            rig.commits.removeFirst()
            rig.step(.commitFailed(commit.id, StoreFailure(.unavailable, "disk full")))
            #expect(rig.commits == [], "at once would only fail again")
            #expect(rig.batches == [])
            #expect(rig.wake == rig.now + rig.limits.storeRetry)
            rig.now = try #require(rig.wake)
            rig.step(.timer)
            #expect(rig.commits == [commit])
        }
        try rig.settleStore()
        #expect(rig.batches.count == 1)
    }

    @Test("A1 A8 after a crash between attempt and answer the same bytes go again, and are looked for")
    func crashAfterAttempt() throws {
        var first = try rig()
        try first.receive(["snapshot 1 1 a+b"])
        let sent = try #require(first.batches.first)
        var second = try EngineRig(store: first.store, at: first.now + .seconds(30), seed: 2)
        try second.settleStore()
        let again = try #require(second.batches.first)
        #expect(again.request == sent.request)
        second.answer(again)
        try second.settleStore()
        #expect(try second.told(1) == ["1:a", "1:b"])
        for _ in 0..<20 where second.exchanges.allSatisfy({ !$0.request.path.hasPrefix("/crm/") }) {
            try second.sleep()
        }
        #expect(second.exchanges.contains { $0.request.path == "/crm/1:a" }, "an outcome that was unknown is read back")
    }

    @Test("A8 an unknown outcome sends the same bytes again, not before the backoff")
    func ambiguous() throws {
        var rig = try rig()
        try rig.receive(["snapshot 1 1 a"])
        let sent = try #require(rig.batches.first)
        rig.answer(sent, .unknown("time-out"))
        try rig.settleStore()
        #expect(rig.batches == [])
        #expect(try rig.record(1)?[flow: "edits"].deliveries.first?.phase == .ambiguous)
        // An edit meanwhile replaces nothing that may have arrived.
        try rig.receive(["snapshot 1 2 a+c"])
        for _ in 0..<20 where rig.batches.isEmpty { try rig.sleep() }
        #expect(try rig.lines(#require(rig.batches.first)).first == "1:a=a")
    }

    // MARK: Order and size

    @Test("A7 a batch holds at most a batch, and at most concurrentRequestsMax fly")
    func batches() throws {
        var rig = try rig()
        try rig.receive((1...95).map { "snapshot \($0) 1 a" })
        var sizes: [Int] = []
        for _ in 0..<40 {
            #expect(rig.batches.count <= rig.destination.limits.concurrentRequestsMax)
            guard let batch = rig.batches.first else {
                try rig.sleep(atMost: .seconds(1))
                continue
            }
            sizes.append(rig.lines(batch).count)
            rig.answer(batch)
            try rig.settleStore()
        }
        #expect(sizes.allSatisfy { $0 <= 10 } && sizes.contains(10))
        #expect(sizes.reduce(0, +) == 95)
    }

    @Test(
        "A7 what failed once is sent again while another channel of its record cannot be prepared",
        arguments: UInt64(1)...20)
    func heldByAnotherChannel(seed: UInt64) throws {
        var rig = try EngineRig(seed: seed)
        try rig.settleStore()
        rig.answerPolls()
        try rig.receive(["snapshot 1 1 a+row"])
        rig.answer(try #require(rig.batches.first), status: 503)
        for _ in 0..<30 where try rig.told(1).isEmpty {
            for exchange in rig.exchanges {
                rig.answer(exchange, status: exchange.request.path == "/crm/rows" ? 403 : 200)
                try rig.settleStore()
            }
            try rig.sleep(atMost: .seconds(10))
        }
        #expect(try rig.told(1) == ["1:a"])
    }

    @Test("A7 a channel that fails again and again leaves the others their turn", arguments: UInt64(1)...10)
    func failingChannel(seed: UInt64) throws {
        var rig = try EngineRig(seed: seed)
        try rig.settleStore()
        rig.answerPolls()
        try rig.receive(["snapshot 1 1 a+row"])
        var isFirst = true
        for _ in 0..<40 where try rig.told(1).isEmpty {
            for exchange in rig.exchanges {
                let isRow = rig.lines(exchange).contains { $0.hasPrefix("1:row") }
                // Everything fails once; later only the rows do.
                rig.answer(exchange, status: exchange.request.path == "/crm" && (isRow || isFirst) ? 503 : 200)
                if exchange.request.path == "/crm", !isRow { isFirst = false }
                try rig.settleStore()
            }
            try rig.sleep(atMost: .seconds(10))
        }
        #expect(try rig.told(1) == ["1:a"])
    }

    @Test("A5 law 4 a delivery waits for what it comes after; an item leaves with its leader or later, never before")
    func order() throws {
        var rig = try rig()
        try rig.receive(["snapshot 1 1 b>a+c<b+a+d<a", "snapshot 2 1 x"])
        let first = try #require(rig.batches.first)
        #expect(Set(rig.lines(first)).isSuperset(of: ["1:a=a", "1:d=d<a"]))
        #expect(!rig.lines(first).contains { $0.hasPrefix("1:b") || $0.hasPrefix("1:c") })
        #expect(rig.batches.count == 1)
        rig.answer(first)
        try rig.settleStore()
        #expect(rig.batches.flatMap(rig.lines) == ["1:b=b>a", "1:c=c<b"])
    }

    @Test("A5 A11 what was refused blocks only its dependents, until a person skips or retries it")
    func refused() throws {
        var rig = try rig()
        try rig.receive(["snapshot 1 1 a+b>a+d", "snapshot 2 1 x"])
        for batch in rig.batches { rig.answer(batch, "1:a") }
        try rig.settleStore()
        #expect(try rig.told(1) == ["1:d"])
        #expect(try rig.told(2) == ["2:x"])
        let status = try rig.store.status()
        #expect(status.unsent == 0)
        #expect(Set(status.waiting.map(\.reason)) == [.refused, .waitsForDependency])
        #expect(status.openExceptions == 1)
        rig.step(.command(.retry(ScriptedSource.key(1), "1:a")))
        try rig.settleStore()
        #expect(rig.batches.flatMap(rig.lines) == ["1:a=a"])
        for batch in rig.batches { rig.answer(batch, "1:a") }
        try rig.settleStore()
        rig.step(.command(.skip(ScriptedSource.key(1), "1:a")))
        try rig.settleStore()
        #expect(rig.batches.flatMap(rig.lines) == ["1:b=b>a"])
    }

    // MARK: Rest

    @Test(
        "A7 backoff stays within half and all of the doubled base, never beyond the maximum",
        arguments: [1, 250, 1_000, 60_000])
    func backoffBounds(milliseconds: Int64) {
        let base = TimeSpan.milliseconds(milliseconds)
        let limit = TimeSpan.minutes(5)
        for seed in UInt64(0)..<200 {
            var random = SeededRandom(seed: seed)
            var floor = TimeSpan.zero
            for attempt in 1...80 {
                let wait = backoff(attempt: attempt, base: base, max: limit, random: &random)
                var whole = base
                for _ in 1..<attempt where whole < limit { whole = whole * 2 }
                whole = min(whole, limit)
                #expect(wait.microseconds >= whole.microseconds / 2, "seed \(seed), attempt \(attempt): \(wait)")
                #expect(wait <= whole && wait > .zero)
                #expect(wait.microseconds >= floor.microseconds, "it grows until the maximum")
                floor = TimeSpan(microseconds: whole.microseconds / 2)
            }
        }
    }

    @Test(
        "A7 a failing destination rests, is probed by one request at a time, longer each time, and becomes an exception"
    )
    func rest() throws {
        var rig = try rig()
        try rig.receive((1...60).map { "snapshot \($0) 1 a" })
        for batch in rig.batches { rig.answer(batch, status: 503) }
        try rig.settleStore()
        var waits: [TimeSpan] = []
        var failedAt = rig.now
        for _ in 0..<200 where waits.count < 6 {
            rig.answerPolls()
            guard let probe = rig.batches.first else {
                try rig.sleep(atMost: .seconds(400))
                continue
            }
            #expect(rig.batches.count == 1, "one request probes before the rest follows")
            waits.append(rig.now - failedAt)
            failedAt = rig.now
            rig.answer(probe, status: 503)
            try rig.settleStore()
        }
        #expect(waits.count == 6)
        #expect(waits.last ?? .zero > .seconds(16), "\(waits)")
        let open = try rig.store.exceptions(includingResolved: false, limit: 1_000)
        #expect(open.contains { $0.kind == .destinationUnreachable })
        for _ in 0..<200 where try rig.store.status().unsent > 0 {
            rig.answerPolls()
            for batch in rig.batches { rig.answer(batch) }
            try rig.settleStore()
            try rig.sleep(atMost: .seconds(400))
        }
        #expect(try rig.store.status().unsent == 0, "nothing is dropped")
        let later = try rig.store.exceptions(includingResolved: false, limit: 1_000)
        #expect(!later.contains { $0.kind == .destinationUnreachable && $0.subject == "crm" }, "it closes by itself")
    }

    @Test("A7 requests are spaced: in no minute more than the destination stands, beyond a second's worth at once")
    func spacing() throws {
        var slow = ScriptedDestination()
        slow.limits = DestinationLimits(concurrentRequestsMax: 50, requestsPerMinute: 120)
        slow.batch = 1
        var rig = try rig(slow)
        try rig.receive((1...60).map { "snapshot \($0) 1 a" })
        var times: [Instant] = []
        for _ in 0..<300 where times.count < 60 {
            rig.answerPolls()
            for batch in rig.batches {
                times.append(rig.now)
                rig.answer(batch)
            }
            try rig.settleStore()
            if rig.batches.isEmpty { try rig.sleep(atMost: .seconds(5)) }
        }
        #expect(times.count == 60)
        for (index, time) in times.enumerated() {
            let within = times[index...].count { $0 < time + .seconds(10) }
            #expect(within <= 20 + 3, "\(within) requests within ten seconds of \(time)")
        }
    }

    // MARK: Polls

    @Test("A3 a poll reads page by page and moves its cursor only after the last one")
    func paging() throws {
        var rig = try EngineRig()
        try rig.settleStore()
        let began = rig.now
        func setting() throws -> String? { try rig.store.status().setting("poll:shop") }
        let first = try #require(rig.exchanges.first)
        #expect(rig.lines(first)[0].hasSuffix("first"))
        rig.now = rig.now + .seconds(1)
        rig.answer(first, "hint 1 50", next: "page2")
        try rig.settleStore()
        #expect(try setting() == nil)
        let second = try #require(rig.exchanges.first { rig.lines($0)[0].hasSuffix("page2") })
        rig.answer(second, status: 503)
        try rig.settleStore()
        #expect(try setting() == nil)
        for _ in 0..<20 where !rig.exchanges.contains(where: { rig.lines($0)[0].hasSuffix("page2") }) {
            try rig.sleep()
        }
        let again = try #require(
            rig.exchanges.first { rig.lines($0)[0].hasSuffix("page2") }, "the same page is asked again")
        #expect(rig.lines(again) == rig.lines(second))
        rig.answer(again, "hint 2 60")
        try rig.settleStore()
        #expect(try setting() == String(began.microseconds), "from when the first page was asked")
        #expect(try rig.record(1)?.truth.dirty != nil)
        #expect(try rig.record(2)?.truth.dirty != nil)
    }

    @Test("A3 what a poll hints at is read, and then told")
    func polledIsRead() throws {
        var rig = try EngineRig()
        try rig.settleStore()
        rig.answer(try #require(rig.exchanges.first), "hint 7 50")
        try rig.settleStore()
        let read = try #require(rig.exchanges.first)
        #expect(rig.lines(read) == ["entities 7"])
        rig.answer(read, "snapshot 7 50 a")
        try rig.settleStore()
        #expect(rig.batches.flatMap(rig.lines) == ["7:a=a"])
    }

    // MARK: Exceptions that last as long as their cause

    private static func flow(_ change: (inout Policies) -> Void) -> Flow {
        var flow = EngineRig.flow("edits", .live)
        change(&flow.policies)
        return flow
    }

    private func open(_ rig: EngineRig) throws -> [String] {
        try rig.store.exceptions(includingResolved: false, limit: 10).map { "\($0.kind.rawValue) \($0.subject)" }
            .sorted()
    }

    @Test("E9 lag is of what is on its way: what was refused has an exception of its own, what was given up none")
    func lagOfParked() throws {
        var rig = try EngineRig(flows: [Self.flow { $0.freshnessObjective = .seconds(2) }])
        try rig.receive(["snapshot 1 100 a"])
        let batch = try #require(rig.batches.first)
        for _ in 0..<5 { try rig.sleep(atMost: .seconds(1)) }
        #expect(try open(rig) == ["lag_over_objective shop/order/1 edits"])
        rig.answer(batch, "1:a")
        try rig.settleStore()
        #expect(try open(rig) == ["destination_refused shop/order/1 edits"])
        rig.step(.command(.skip(ScriptedSource.key(1), "1:a")))
        try rig.settleStore()
        #expect(try open(rig) == [])
        let story = try rig.store.trace(TraceQuery(entities: [ScriptedSource.key(1)])).map(\.detail)
        #expect(story.contains { $0.contains("resolve --skip") }, "who asks later finds the decision: \(story)")
    }

    @Test("E9 lag ends when nothing is to be told any more, though nothing was told")
    func lagOfNothing() throws {
        var rig = try EngineRig(flows: [Self.flow { $0.freshnessObjective = .seconds(2) }])
        // Its channel is not prepared, so that it never leaves.
        try rig.receive(["snapshot 1 100 row-a"])
        for _ in 0..<5 { try rig.sleep(atMost: .seconds(1)) }
        #expect(try open(rig) == ["lag_over_objective shop/order/1 edits"])
        try rig.receive(["snapshot 1 101 -row-a"])
        #expect(try open(rig) == [])
    }

    @Test("what an earlier session could not reach is resolved by the first success of the next")
    func resolvedByTheNextSession() throws {
        let store = MemoryStore()
        var limits = EngineLimits()
        limits.failuresBeforeException = 1
        var rig = try EngineRig(store: store, limits: limits)
        try rig.receive(["snapshot 1 100 a"])
        rig.answer(try #require(rig.batches.first), status: 503)
        try rig.settleStore()
        #expect(try open(rig) == ["destination_unreachable crm"])
        var next = try EngineRig(store: store, limits: limits, at: rig.now + .minutes(10))
        try next.settleStore()
        next.answer(try #require(next.batches.first))
        try next.settleStore()
        #expect(try open(next) == [])
    }

    @Test("A20 A11 whatever a flow has parked of one record is one problem, and each flow has its own")
    func oneProblem() throws {
        var rig = try EngineRig(flows: [Self.flow { _ in }, EngineRig.flow("more", .live)])
        try rig.receive(["snapshot 1 100 a+b+d"])
        for batch in rig.batches { rig.answer(batch, "1:a\n1:b") }
        try rig.settleStore()
        #expect(try open(rig) == ["destination_refused shop/order/1 edits", "destination_refused shop/order/1 more"])
        rig.step(.command(.skip(ScriptedSource.key(1), "1:a", flow: "edits")))
        try rig.settleStore()
        #expect(try open(rig).count == 2, "one of two is given up")
        rig.step(.command(.skip(ScriptedSource.key(1), "1:b", flow: "edits")))
        try rig.settleStore()
        #expect(try open(rig) == ["destination_refused shop/order/1 more"])
    }

    @Test("E5 edits while a destination refuses connections are one revision: the last one")
    func replacedWhileRefused() throws {
        var rig = try rig()
        try rig.receive(["snapshot 1 100 a"])
        for batch in rig.batches { rig.answer(batch, .notSent("connection refused")) }
        try rig.settleStore()
        try rig.receive(["snapshot 1 101 b"])
        try rig.receive(["snapshot 1 102 d"])
        for _ in 0..<10 where try rig.told(1).isEmpty {
            for batch in rig.batches { rig.answer(batch) }
            try rig.sleep(atMost: .seconds(5))
        }
        #expect(try rig.told(1) == ["1:d"])
    }

    @Test("A7 a plan's hold ends with the plan, and a new plan keeps no pause but that of a failed attempt")
    func holdsOfPlans() throws {
        var rig = try rig()
        try rig.receive(["snapshot 1 100 ~a"])
        #expect(rig.batches.isEmpty, "held")
        try rig.receive(["snapshot 1 101 a"])
        let batch = try #require(rig.batches.first, "the new plan holds nothing")
        rig.answer(batch, .notSent("connection refused"))
        try rig.settleStore()
        try rig.receive(["snapshot 1 102 a"])
        #expect(rig.batches.isEmpty, "the pause after a failure stays")
        for _ in 0..<10 where try rig.told(1).isEmpty {
            for batch in rig.batches { rig.answer(batch) }
            try rig.sleep(atMost: .seconds(5))
        }
        #expect(try rig.told(1) == ["1:a"])
    }

    @Test("law 3 an attempt that may have had its effect is never replaced, nor is the leader of one that has")
    func notReplacedWhenUnclear() throws {
        var rig = try rig()
        try rig.receive(["snapshot 1 100 a"])
        for batch in rig.batches { rig.answer(batch, .unknown("time-out")) }
        try rig.settleStore()
        for batch in rig.batches { rig.answer(batch, .notSent("connection refused")) }
        try rig.receive(["snapshot 1 101 b"])
        for _ in 0..<10 {
            for batch in rig.batches { rig.answer(batch) }
            try rig.sleep(atMost: .seconds(5))
        }
        #expect(try rig.told(1) == ["1:a", "1:b"])
    }

    @Test("what took the place of a fact that could not be delivered ends its exception")
    func supersededParked() throws {
        var rig = try EngineRig(flows: [Self.flow { $0.retryMaxAge = .seconds(2) }])
        try rig.receive(["snapshot 1 100 a"])
        let parked = "destination_unreachable shop/order/1 edits"
        for _ in 0..<20 where try !open(rig).contains(parked) {
            for batch in rig.batches { rig.answer(batch, status: 503) }
            try rig.sleep(atMost: .seconds(10))
        }
        #expect(try open(rig).contains(parked))
        try rig.receive(["snapshot 1 101 -a"])
        #expect(try !open(rig).contains(parked))
    }

    // MARK: Bounds and sameness

    @Test("law 5 with ten thousand due records the engine holds no more than its limit")
    func memory() throws {
        let store = MemoryStore()
        var commit = Commit(id: 1)
        for id in 1...10_000 {
            var record = EntityRecord(key: ScriptedSource.key(id))
            record.generation = 1
            let time = ScriptedSource.start
            record.truth.state = .order(ScriptedSource.order(String(id), "a", time))
            record.truth.version = Version(sourceTime: time)
            var delivery = Delivery(
                key: "\(id):a", kind: .history, channel: "events", eventType: "fact", lane: .orders, occurredAt: time,
                body: Array("\(id):a=a".utf8))
            delivery.plannedAt = time
            record[flow: "edits"].deliveries = [delivery]
            commit.records.append(
                RecordChange(
                    record: record, truthChanged: true, work: [WaitingWork(Station(.plan, lane: .orders), dueAt: time)],
                    counts: RecordCounts()))
        }
        try store.commit(commit)
        var limits = EngineLimits()
        limits.stationRecordsMax = 200
        limits.recordsHeldMax = 200
        var rig = try EngineRig(store: store, limits: limits)
        try rig.settleStore()
        for _ in 0..<30 {
            for batch in rig.batches { rig.answer(batch) }
            try rig.settleStore()
        }
        // One station's queue, what was claimed to be looked at, and what is on its way.
        let underWay = rig.destination.limits.concurrentRequestsMax * rig.destination.batch
        #expect(rig.recordsHeldMost >= limits.stationRecordsMax, "it holds as many as it may")
        #expect(rig.recordsHeldMost <= 2 * limits.stationRecordsMax + underWay, "held \(rig.recordsHeldMost)")
    }

    @Test("law 1 the same inputs give the same effects", arguments: UInt64(1)...5)
    func determinism(seed: UInt64) throws {
        func play() throws -> [String] {
            var rig = try EngineRig(seed: seed)
            var luck = SeededRandom(seed: seed)
            try rig.settleStore()
            for round in 0..<12 {
                try rig.receive((0..<5).map { "snapshot \(1 + ($0 * 7 + round) % 11) \(round) a+r\(round)>a" })
                for exchange in rig.exchanges {
                    switch luck.below(4) {
                    case 0: rig.answer(exchange, status: 503)
                    case 1: rig.answer(exchange, .unknown("time-out"))
                    default: rig.answer(exchange)
                    }
                    try rig.settleStore()
                }
                try rig.sleep(atMost: .seconds(20))
            }
            return rig.log
        }
        let first = try play()
        #expect(first.count > 50)
        #expect(try play() == first)
    }
}
