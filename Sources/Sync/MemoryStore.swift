import Commerce
import Synchronization

/// A store in memory: the model that every other store must equal, and the disk of the simulation. Drop the engine and
/// keep the store: that is a crash.
///
/// Deterministic: nothing that leaves depends on the order of a dictionary. Never unavailable by itself; faults are
/// put around it by whoever tests.
public final class MemoryStore: Store {
    private let state = Mutex(State())

    public init() {}

    public func append(_ receipts: [Receipt]) throws(StoreFailure) -> [InboxPosition] {
        state.withLock { state in
            receipts.map { receipt in
                state.receipts.append(receipt)
                return state.lastPosition
            }
        }
    }

    public func claim(_ request: ClaimRequest) throws(StoreFailure) -> Claim {
        state.withLock { $0.claim(request) }
    }

    public func commit(_ commit: Commit) throws(StoreFailure) {
        let result: Result<Void, StoreFailure> = state.withLock { state in
            if state.lastMark == CommitMark(commit) { return .success(()) }
            if let failure = state.conflict(in: commit) { return .failure(failure) }
            state.apply(commit)
            return .success(())
        }
        try result.get()
    }

    public func status() throws(StoreFailure) -> StoreStatus {
        state.withLock { $0.status() }
    }

    public func trace(_ query: TraceQuery) throws(StoreFailure) -> [TraceItem] {
        let found = state.withLock { state in
            Set(query.entities).flatMap { state.trace[$0] ?? [] }
        }
        let sorted = found.sorted { ($0.item.at, $0.sequence) < ($1.item.at, $1.sequence) }
        return sorted.suffix(max(0, query.limit)).map(\.item)
    }

    public func entities(named lookups: [Lookup]) throws(StoreFailure) -> [EntityKey] {
        let wanted = Set(lookups)
        return state.withLock { state in
            state.entries.filter { !wanted.isDisjoint(with: $0.value.record.truth.lookups) }.map(\.key).sorted()
        }
    }

    public func records(_ keys: [EntityKey]) throws(StoreFailure) -> [EntityRecord] {
        var seen: Set<EntityKey> = []
        return state.withLock { state in
            keys.filter { seen.insert($0).inserted }.compactMap { state.entries[$0]?.record }
        }
    }

    public func exceptions(_ query: ExceptionQuery) throws(StoreFailure) -> ExceptionPage {
        let all = state.withLock { Array($0.exceptions.values) }.filter(query.selects)
        let sorted = all.sorted { ExceptionQuery.Place(of: $0).isBefore($1) }
        let behind = sorted.filter { query.after?.isBefore($0) ?? true }
        return ExceptionPage(exceptions: Array(behind.prefix(max(0, query.limit))), total: all.count)
    }

    public func exceptions(withIDs ids: [String]) throws(StoreFailure) -> [OpenException] {
        var seen: Set<String> = []
        return state.withLock { state in
            ids.filter { seen.insert($0).inserted }.compactMap { state.exceptions[$0] }
        }
    }

    public func prune(receiptsBefore: Instant, traceBefore: Instant) throws(StoreFailure) {
        state.withLock { $0.prune(receiptsBefore: receiptsBefore, traceBefore: traceBefore) }
    }
}

/// Everything the store holds. Dictionaries are for look-up; what leaves is sorted.
private struct State {
    struct Entry {
        var record: EntityRecord
        var work: [WaitingWork]
        var counts: RecordCounts
    }
    struct TraceEntry {
        var sequence: Int64
        var item: TraceItem
    }

    /// Not yet pruned; the first is at ``prunedUpTo`` + 1.
    var receipts: [Receipt] = []
    var prunedUpTo: InboxPosition = 0
    var inboxPosition: InboxPosition = 0
    /// Known delivery ids, and when the receipts they were committed with came in.
    var consumed: [Commit.ConsumedReceipt: Instant] = [:]
    var entries: [EntityKey: Entry] = [:]
    var trace: [EntityKey: [TraceEntry]] = [:]
    var traceSequence: Int64 = 0
    var exceptions: [String: OpenException] = [:]
    var settings: [String: String] = [:]
    var lastMark: CommitMark?

    var lastPosition: InboxPosition { prunedUpTo + InboxPosition(receipts.count) }

    func claim(_ request: ClaimRequest) -> Claim {
        var claim = Claim(id: request.id)
        let waiting = receipts.dropFirst(Int(inboxPosition - prunedUpTo))
        for (offset, receipt) in waiting.prefix(max(0, request.receiptsMax)).enumerated() {
            let id = Commit.ConsumedReceipt(connection: receipt.connection, deliveryID: receipt.deliveryID)
            claim.receipts.append(
                StoredReceipt(
                    position: inboxPosition + 1 + InboxPosition(offset), receipt: receipt,
                    isDuplicate: consumed[id] != nil))
        }
        claim.moreReceipts = waiting.count > claim.receipts.count

        for demand in request.stations { claimDue(demand, request, &claim) }
        claim.backlogs = request.stations.map { backlog(of: $0.station, claim, request) }

        var taken = Set(claim.records.map(\.key))
        claim.records += request.keys.filter { taken.insert($0).inserted }.compactMap { entries[$0]?.record }
        for search in request.searches {
            let found = entries.values.filter { entry in
                entry.record.key.kind == search.kind && entry.record.truth.lookups.contains(search.lookup)
            }.map(\.record).sorted { $0.key < $1.key }
            claim.records += found.prefix(max(0, request.matchesMax)).filter { taken.insert($0.key).inserted }
        }
        addPeople(request.people, to: &claim, &taken)
        return claim
    }

    private func claimDue(_ demand: StationDemand, _ request: ClaimRequest, _ claim: inout Claim) {
        let due = waiting(at: demand.station).filter { $0.dueAt <= request.now && !request.excluding.contains($0.key) }
        // What is due at a station asked for before takes no room here.
        for (key, _) in due.filter({ claim.work[$0.key] == nil }).prefix(max(0, demand.recordsMax)) {
            guard let entry = entries[key] else { continue }
            claim.records.append(entry.record)
            claim.work[key] = entry.work
        }
    }

    private func backlog(of station: Station, _ claim: Claim, _ request: ClaimRequest) -> StationBacklog {
        let left = waiting(at: station).first { claim.work[$0.key] == nil && !request.excluding.contains($0.key) }
        return StationBacklog(station, nextDueAt: left?.dueAt)
    }

    /// Earliest first.
    private func waiting(at station: Station) -> [(key: EntityKey, dueAt: Instant)] {
        entries.compactMap { key, entry in
            entry.work.first { $0.station == station }.map { (key: key, dueAt: $0.dueAt) }
        }.sorted { ($0.dueAt, $0.key) < ($1.dueAt, $1.key) }
    }

    private func addPeople(_ wanted: [Lookup], to claim: inout Claim, _ taken: inout Set<EntityKey>) {
        let names = Set(wanted)
        if !names.isEmpty {
            let found = entries.filter {
                $0.key.kind == .person && !names.isDisjoint(with: $0.value.record.truth.lookups)
            }.map(\.key).sorted()
            claim.records += found.filter { taken.insert($0).inserted }.compactMap { entries[$0]?.record }
        }
        var index = 0
        while index < claim.records.count {
            let truth = claim.records[index].truth
            index += 1
            for key in [truth.belongsTo, truth.person?.mergedInto].compactMap({ $0 }) where taken.insert(key).inserted {
                if let record = entries[key]?.record { claim.records.append(record) }
            }
        }
    }

    /// Why the commit cannot be applied. Looked at as a whole before anything changes.
    func conflict(in commit: Commit) -> StoreFailure? {
        if let position = commit.inboxPosition, !(inboxPosition...max(inboxPosition, lastPosition)).contains(position) {
            return StoreFailure(
                .conflict, "inbox position \(position) is not between \(inboxPosition) and \(lastPosition)")
        }
        var generations: [EntityKey: Int64] = [:]
        for change in commit.records {
            let key = change.record.key
            let stored = generations[key] ?? entries[key]?.record.generation ?? 0
            guard change.record.generation == stored + 1 else {
                return StoreFailure(
                    .conflict, "\(key) has generation \(stored), \(change.record.generation) cannot follow")
            }
            generations[key] = change.record.generation
        }
        return nil
    }

    mutating func apply(_ commit: Commit) {
        lastMark = CommitMark(commit)
        if let position = commit.inboxPosition { inboxPosition = position }
        let consumedAt = time(of: inboxPosition)
        for id in commit.consumed where consumed[id] == nil { consumed[id] = consumedAt }
        for change in commit.records {
            var record = change.record
            // As a store does that leaves this part as it is: an engine that forgets to say so is found out here.
            if !change.truthChanged, let stored = entries[record.key] { record.truth = stored.record.truth }
            entries[record.key] = Entry(record: record, work: change.work, counts: change.counts)
        }
        for item in commit.trace {
            traceSequence += 1
            if let entity = item.entity {
                trace[entity, default: []].append(.init(sequence: traceSequence, item: item))
            }
        }
        for change in ExceptionChange.ordered(in: commit) {
            exceptions[change.id] = change.applied(to: exceptions[change.id])
        }
        for setting in commit.settings { settings[setting.name] = setting.value }
    }

    /// When the receipt at `position`, or one soon before it, came in.
    private func time(of position: InboxPosition) -> Instant {
        let index = Int(position - prunedUpTo) - 1
        if receipts.indices.contains(index) { return receipts[index].receivedAt }
        return consumed.values.max() ?? Instant(microseconds: 0)
    }

    func status() -> StoreStatus {
        var status = StoreStatus()
        status.inbox = Int(lastPosition - inboxPosition)
        status.inboxPosition = inboxPosition
        status.entities = entries.count
        var waiting: [Reason: Int] = [:]
        for entry in entries.values {
            status.dirty += entry.counts.dirty
            status.unsent += entry.counts.unsent
            status.ambiguous += entry.counts.ambiguous
            status.readBacks += entry.counts.readBacks
            status.holds += entry.counts.holds
            for reason in entry.counts.waiting { waiting[reason, default: 0] += 1 }
        }
        status.waiting = waiting.map { .init(reason: $0.key, count: $0.value) }
            .sorted { $0.reason.rawValue < $1.reason.rawValue }
        var stations: [Station: StationCount] = [:]
        for work in entries.values.flatMap(\.work) {
            let known = stations[work.station] ?? StationCount(work.station, records: 0, nextDueAt: nil)
            stations[work.station] = StationCount(
                work.station, records: known.records + 1, nextDueAt: min(known.nextDueAt ?? work.dueAt, work.dueAt))
        }
        status.stations = stations.values.sorted { $0.station < $1.station }
        status.oldestUntold = entries.values.compactMap(\.counts.oldestUntold).min()
        status.openExceptions = exceptions.values.count { $0.state != .resolved }
        status.settings = settings.map { .init($0.key, $0.value) }.sorted { $0.name < $1.name }
        return status
    }

    mutating func prune(receiptsBefore: Instant, traceBefore: Instant) {
        let old = receipts.prefix(Int(inboxPosition - prunedUpTo)).prefix { $0.receivedAt < receiptsBefore }.count
        receipts.removeFirst(old)
        prunedUpTo += InboxPosition(old)
        let consumedBefore = receiptsBefore - StoreLimits.consumedKeptMin
        consumed = consumed.filter { $0.value >= consumedBefore }
        trace = trace.mapValues { $0.filter { $0.item.at >= traceBefore } }.filter { !$0.value.isEmpty }
    }
}
