import Commerce
import Sync
import Synchronization
import Transport

/// A store that hands out work as if all stations had one quota together: what a sick one keeps in memory is missing
/// everywhere else.
struct SharedQuota: Store {
    let inner: any Store
    /// As little as one station has in a run with small limits.
    private static let recordsMax = 2

    func claim(_ request: ClaimRequest) throws(StoreFailure) -> Claim {
        guard request.excluding.count >= Self.recordsMax else { return try inner.claim(request) }
        var starved = request
        starved.stations = []
        var claim = try inner.claim(starved)
        // It looks again in a while, as a connector does that finds its one quota used up.
        claim.backlogs = request.stations.map { StationBacklog($0.station, nextDueAt: request.now + .seconds(1)) }
        return claim
    }

    func append(_ receipts: [Receipt]) throws(StoreFailure) -> [InboxPosition] { try inner.append(receipts) }
    func commit(_ commit: Commit) throws(StoreFailure) { try inner.commit(commit) }
    func status() throws(StoreFailure) -> StoreStatus { try inner.status() }
    func trace(_ query: TraceQuery) throws(StoreFailure) -> [TraceItem] { try inner.trace(query) }
    func entities(named lookups: [Lookup]) throws(StoreFailure) -> [EntityKey] { try inner.entities(named: lookups) }
    func records(_ keys: [EntityKey]) throws(StoreFailure) -> [EntityRecord] { try inner.records(keys) }
    func exceptions(_ query: ExceptionQuery) throws(StoreFailure) -> ExceptionPage { try inner.exceptions(query) }
    func exceptions(withIDs ids: [String]) throws(StoreFailure) -> [OpenException] {
        try inner.exceptions(withIDs: ids)
    }
    func prune(receiptsBefore: Instant, traceBefore: Instant) throws(StoreFailure) {
        try inner.prune(receiptsBefore: receiptsBefore, traceBefore: traceBefore)
    }
}

/// A shop's room that calls each page of a feed the last one, so that how far the feed was followed is durable with the
/// first page; the next one is asked for all the same, unless a crash comes before.
struct CursorBeforePages: SourceMutant {
    private final class Places: Sendable {
        let cursors = Mutex<[EntityKind: String]>([:])
    }

    var inner: any Source
    private let places = Places()

    init(inner: any Source) { self.inner = inner }

    func request(for read: SourceRead) -> HTTPRequest {
        guard case .changes(let kind, let since, nil) = read.wanted,
            let cursor = places.cursors.withLock({ $0[kind] })
        else { return inner.request(for: read) }
        let next = SourceRead(
            id: read.id, connection: read.connection, wanted: .changes(kind, since: since, cursor: cursor))
        return inner.request(for: next)
    }

    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        let answer = inner.interpret(outcome, of: read, at: now)
        guard case .changes(let kind, _, _) = read.wanted, case .found(let observations, let missing, let next) = answer
        else { return answer }
        places.cursors.withLock { $0[kind] = next }
        return .found(observations, missing: missing, nextCursor: nil)
    }
}

/// A destination's room that overlooks for how long the vendor wants to be left alone.
struct RetryAfterIgnored: DestinationMutant {
    var inner: any Destination

    func interpret(_ outcome: HTTPOutcome, of batch: DeliveryBatch) -> DeliveryBatchResult {
        var result = inner.interpret(outcome, of: batch)
        guard result.restFor != nil else { return result }
        result.restFor = nil
        result.mustRest = false
        return result
    }
}
