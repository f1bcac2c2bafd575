import Commerce
import Sync
import Synchronization

/// A store with one defect, over a memory store that stands for its disk: each must be caught by the conformance suite.
final class BrokenStore: Store {
    enum Defect: String, CaseIterable, Sendable {
        case acknowledgesBeforeDurable, forgetsGenerations, losesConsumedIDs, confusesConnections, repeatsCommits
        case ignoresReusedIDs, tearsCommits, ignoresExclusion, ignoresLanes, overfillsClaims, hidesWhatWaits
        case prunesWhatWaits, keepsOldNames, forgetsWhoWorks, tellsTracesBackwards, miscounts
        case findsNewExceptionsOnly, repeatsPages, countsThePage, ignoresKinds
        case losesSettings, forgetsPeople, ignoresMerges, bringsPeopleTwice, bringsPeopleFirst, takesAnybodyForPeople
        case findsNobody, findsAnyKind, findsTooMany, findsTwice
    }

    private struct State {
        var pending: [Receipt] = []
        var calls: Int64 = 0
        var settings: [String: String] = [:]
        var ids: Set<Int64> = []
    }

    private let disk: MemoryStore
    private let defect: Defect
    private let state = Mutex(State())

    init(over disk: MemoryStore, _ defect: Defect) {
        self.disk = disk
        self.defect = defect
    }

    func append(_ receipts: [Receipt]) throws(StoreFailure) -> [InboxPosition] {
        guard defect == .acknowledgesBeforeDurable else { return try disk.append(receipts) }
        let status = try disk.status()
        let durable = status.inboxPosition + InboxPosition(status.inbox)
        return state.withLock { state in
            let first = durable + InboxPosition(state.pending.count)
            state.pending += receipts
            return receipts.indices.map { first + 1 + InboxPosition($0) }
        }
    }

    func claim(_ request: ClaimRequest) throws(StoreFailure) -> Claim {
        if defect == .acknowledgesBeforeDurable {
            let pending = state.withLock { state in
                defer { state.pending = [] }
                return state.pending
            }
            _ = try disk.append(pending)
        }
        var request = request
        if defect == .ignoresExclusion { request.excluding = [] }
        if defect == .overfillsClaims { request.receiptsMax += 1 }
        var claim = try disk.claim(request)
        if defect == .losesConsumedIDs {
            for index in claim.receipts.indices { claim.receipts[index].isDuplicate = false }
        }
        if defect == .ignoresLanes { claim.records.sort { $0.key < $1.key } }
        if defect == .hidesWhatWaits { claim.moreReceipts = false }
        try spoilFinds(of: request, in: &claim)
        try spoilPeople(of: request, in: &claim)
        return claim
    }

    private func spoilPeople(of request: ClaimRequest, in claim: inout Claim) throws(StoreFailure) {
        let people = claim.records.filter { $0.key.kind == .person }
        let others = claim.records.filter { $0.key.kind != .person }
        switch defect {
        case .forgetsPeople: claim.records = others + people.filter { request.keys.contains($0.key) }
        case .ignoresMerges:
            let kept = Set(people.compactMap { $0.truth.person?.mergedInto })
            claim.records.removeAll { kept.contains($0.key) }
        case .bringsPeopleTwice: claim.records += people
        case .bringsPeopleFirst: claim.records = people + others
        case .takesAnybodyForPeople:
            let found = try disk.entities(named: request.people).filter { $0.kind != .person }
            claim.records += try disk.records(found)
        default: break
        }
    }

    private func spoilFinds(of request: ClaimRequest, in claim: inout Claim) throws(StoreFailure) {
        guard !request.searches.isEmpty else { return }
        switch defect {
        case .findsNobody: claim.records.removeAll { $0.key.kind == .product }
        case .findsAnyKind:
            let known = Set(claim.records.map(\.key))
            let found = try disk.entities(named: request.searches.map(\.lookup)).filter { !known.contains($0) }
            claim.records += try disk.records(found)
        case .findsTooMany:
            var all = request
            all.matchesMax = .max
            claim.records = try disk.claim(all).records
        case .findsTwice: claim.records += claim.records.filter { $0.key.kind == .product }
        default: break
        }
    }

    func commit(_ commit: Commit) throws(StoreFailure) {
        var commit = commit
        switch defect {
        case .forgetsGenerations: try forgetGenerations(&commit)
        case .confusesConnections:
            commit.consumed += ["shop", "other"].flatMap { connection in
                commit.consumed.map { .init(connection: connection, deliveryID: $0.deliveryID) }
            }
        case .repeatsCommits: commit.settings.append(.init("call", String(nextCall())))
        case .ignoresReusedIDs:
            let id = commit.id
            guard state.withLock({ $0.ids.insert(id).inserted }) else { return }
        case .tearsCommits:
            var torn = commit
            torn.records = []
            try disk.commit(torn)
        case .keepsOldNames:
            for index in commit.records.indices where commit.records[index].record.generation > 1 {
                commit.records[index].truthChanged = false
            }
        case .forgetsWhoWorks:
            for index in commit.records.indices { commit.records[index].work = [] }
        case .losesSettings:
            for setting in commit.settings { state.withLock { $0.settings[setting.name] = setting.value } }
            commit.settings = []
        default: break
        }
        try disk.commit(commit)
    }

    private func nextCall() -> Int64 {
        state.withLock { state in
            state.calls += 1
            return state.calls
        }
    }

    private func forgetGenerations(_ commit: inout Commit) throws(StoreFailure) {
        for index in commit.records.indices {
            let stored = try disk.records([commit.records[index].record.key]).first?.generation ?? 0
            commit.records[index].record.generation = stored + 1
        }
    }

    func status() throws(StoreFailure) -> StoreStatus {
        var status = try disk.status()
        if defect == .losesSettings {
            status.settings = state.withLock { $0.settings }.map { .init($0.key, $0.value) }.sorted {
                $0.name < $1.name
            }
        }
        if defect == .miscounts { status.unsent = 0 }
        return status
    }

    func trace(_ query: TraceQuery) throws(StoreFailure) -> [TraceItem] {
        let items = try disk.trace(query)
        return defect == .tellsTracesBackwards ? items.reversed() : items
    }

    func entities(named lookups: [Lookup]) throws(StoreFailure) -> [EntityKey] { try disk.entities(named: lookups) }
    func records(_ keys: [EntityKey]) throws(StoreFailure) -> [EntityRecord] { try disk.records(keys) }

    func exceptions(_ query: ExceptionQuery) throws(StoreFailure) -> ExceptionPage {
        var query = query
        if defect == .repeatsPages { query.after = nil }
        if defect == .ignoresKinds { query.kinds = [] }
        var page = try disk.exceptions(query)
        if defect == .countsThePage { page.total = page.exceptions.count }
        return page
    }

    func exceptions(withIDs ids: [String]) throws(StoreFailure) -> [OpenException] {
        guard defect == .findsNewExceptionsOnly else { return try disk.exceptions(withIDs: ids) }
        let newest = try disk.exceptions(includingResolved: true, limit: 1_000)
        return ids.compactMap { id in newest.first { $0.id == id } }
    }

    func prune(receiptsBefore: Instant, traceBefore: Instant) throws(StoreFailure) {
        if defect == .prunesWhatWaits {
            let status = try disk.status()
            var commit = Commit(id: .max)
            commit.inboxPosition = status.inboxPosition + InboxPosition(status.inbox)
            try disk.commit(commit)
        }
        try disk.prune(receiptsBefore: receiptsBefore, traceBefore: traceBefore)
    }
}
