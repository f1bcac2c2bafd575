import Commerce
import Sync

/// Random histories: whatever is done, a store answers as ``MemoryStore`` does.
extension StoreConformance {
    static let modelCases: [Case] = (1...6).map { seed in
        Case("A1 a random history, seed \(seed), gives what the model gives, restarts included") { opening in
            var history = RandomHistory(seed: UInt64(seed), store: try opening())
            for step in 1...80 {
                if history.dice.roll(12) == 0 { history.restart(try opening()) }
                try history.step()
                if step.isMultiple(of: 8) { try history.compare() }
            }
            history.store = try opening()
            try history.compare()
        }
    }
}

/// SplitMix64: the same numbers from the same seed in every process.
struct Dice: Sendable {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// From 0 up to, not including, `sides`.
    mutating func roll(_ sides: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(sides))
    }
}

/// Does the same to a store and to its model and compares the answers.
private struct RandomHistory {
    var dice: Dice
    var store: any Store
    private let model = MemoryStore()
    private var commits: Int64 = 0
    private var last: Commit?
    /// Claimed and not yet consumed.
    private var claimed: [StoredReceipt] = []
    private static let entities = 7
    private static let exceptions = (0..<4).map { RaisedException(.capacity, subject: "s\($0)", cause: "c\($0)") }

    init(seed: UInt64, store: any Store) {
        dice = Dice(seed: seed)
        self.store = store
    }

    /// A commit is repeated by the engine that made it, and that one is gone.
    mutating func restart(_ reopened: any Store) {
        store = reopened
        last = nil
    }

    mutating func step() throws {
        switch dice.roll(10) {
        case 0, 1, 2: try append()
        case 3, 4: try claim()
        case 5: if let last { try both { (store: any Store) throws(StoreFailure) in try store.commit(last) } }
        case 6: try prune()
        default: try commit()
        }
    }

    private func both<Value: Equatable>(_ body: (any Store) throws(StoreFailure) -> Value) throws {
        try expectEqual(Outcome(store, body), Outcome(model, body), "an answer")
    }
    private func both(_ body: (any Store) throws(StoreFailure) -> Void) throws {
        try both { (store: any Store) throws(StoreFailure) -> Bool in
            try body(store)
            return true
        }
    }

    private enum Outcome<Value: Equatable>: Equatable {
        case answered(Value)
        case failed(StoreFailure.Code)

        init(_ store: any Store, _ body: (any Store) throws(StoreFailure) -> Value) {
            do { self = .answered(try body(store)) } catch { self = .failed(error.code) }
        }
    }

    private mutating func append() throws {
        let receipts = (0...dice.roll(5)).map { _ in
            Sample.receipt(dice.roll(40), connection: dice.roll(4) == 0 ? "other" : "shop")
        }
        try both { (store: any Store) throws(StoreFailure) in try store.append(receipts) }
    }

    private mutating func claim() throws {
        let request = ClaimRequest(
            id: 1, receiptsMax: dice.roll(8),
            stations: Self.stations.filter { _ in dice.roll(3) > 0 }.map {
                StationDemand($0, recordsMax: dice.roll(6))
            },
            now: time(),
            excluding: Set((0..<dice.roll(3)).map { _ in Sample.key(dice.roll(Self.entities)) }),
            keys: (0..<dice.roll(3)).map { _ in Sample.key(dice.roll(Self.entities + 2)) })
        try both { (store: any Store) throws(StoreFailure) in try store.claim(request) }
        claimed = try model.claim(request).receipts
    }

    private mutating func prune() throws {
        let traceBefore = Sample.start + .seconds(Int64(dice.roll(60)))
        let receiptsBefore = Sample.start + .milliseconds(Int64(dice.roll(60)))
        try both { (store: any Store) throws(StoreFailure) in
            try store.prune(receiptsBefore: receiptsBefore, traceBefore: traceBefore)
        }
    }

    private mutating func commit() throws {
        commits += 1
        var commit = Commit(id: commits)
        if let position = claimed.last?.position, dice.roll(3) > 0 {
            commit.inboxPosition = position
            commit.consumed = claimed.map {
                .init(connection: $0.receipt.connection, deliveryID: $0.receipt.deliveryID)
            }
        }
        var taken: Set<Int> = []
        for _ in 0..<dice.roll(4) {
            let number = dice.roll(Self.entities)
            if taken.insert(number).inserted { commit.records.append(try change(number)) }
        }
        for index in 0..<dice.roll(5) {
            commit.trace.append(
                Sample.trace("\(commits).\(index)", at: Int64(dice.roll(60)), of: dice.roll(Self.entities)))
        }
        if dice.roll(3) == 0 { commit.raised = [.init(Self.exceptions[dice.roll(4)], at: time())] }
        if dice.roll(4) == 0 { commit.resolved = [.init(id: Self.exceptions[dice.roll(4)].id, at: time())] }
        if dice.roll(3) == 0 { commit.settings = [.init("setting\(dice.roll(3))", "\(commits)")] }
        try both { (store: any Store) throws(StoreFailure) in try store.commit(commit) }
        last = commit
    }

    private mutating func change(_ number: Int) throws -> RecordChange {
        let stored = try model.records([Sample.key(number)]).first
        var record = Sample.record(
            number, email: "person\(dice.roll(3))@example.test", skus: (0..<dice.roll(3)).map { "SKU-\($0)" })
        let truthChanged = stored == nil || dice.roll(2) == 0
        if let stored, !truthChanged { record.truth = stored.truth }
        // Now and then as another writer would: a conflict, and nothing of the commit may stay.
        record.generation = (stored?.generation ?? 0) + (dice.roll(8) == 0 ? 2 : 1)
        record.ledgers[0] = Sample.ledger("edits", number: dice.roll(100))
        var counts = RecordCounts()
        counts.unsent = dice.roll(4)
        counts.dirty = dice.roll(2)
        counts.waiting = (0..<dice.roll(3)).map { _ in Reason.allCases[dice.roll(Reason.allCases.count)] }
        if dice.roll(2) == 0 { counts.oldestUntold = time() }
        let work = Self.stations.filter { _ in dice.roll(3) == 0 }.map { WaitingWork($0, dueAt: time()) }
        return RecordChange(record: record, truthChanged: truthChanged, work: work.sorted(), counts: counts)
    }

    private static let stations = [
        Station(.read, at: "shop", lane: .orders), Station(.deliver, at: "crm", channel: "events", lane: .orders),
        Station(.deliver, at: "crm", channel: "events", lane: .identity), Station(.plan, lane: .stock),
        Station(.readBack, at: "crm", lane: .history),
    ]

    private mutating func time() -> Instant { Sample.start + .seconds(Int64(dice.roll(60))) }

    func compare() throws {
        let keys = (0..<Self.entities).map { Sample.key($0) }
        try both { (store: any Store) throws(StoreFailure) in try store.status() }
        try both { (store: any Store) throws(StoreFailure) in try store.records(keys) }
        try both { (store: any Store) throws(StoreFailure) in try store.trace(TraceQuery(entities: keys)) }
        try both { (store: any Store) throws(StoreFailure) in try store.trace(TraceQuery(entities: keys, limit: 5)) }
        try both { (store: any Store) throws(StoreFailure) in
            try store.exceptions(includingResolved: true, limit: 100)
        }
        for lookup in (0..<3).flatMap({ [Lookup(.email, "person\($0)@example.test"), Lookup(.sku, "SKU-\($0)")] }) {
            try both { (store: any Store) throws(StoreFailure) in try store.entities(named: [lookup]) }
        }
    }
}
