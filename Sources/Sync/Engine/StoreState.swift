import Commerce

/// What is under way with the store: at most one claim and one commit, so that what piles up meanwhile goes together.
struct StoreState: Sendable {
    /// A claim under way.
    struct ClaimUnderWay: Sendable {
        var stations: [Station]
        /// Records asked for by name: what it does not bring is new.
        var keys: [EntityKey]
        /// It asks for the people of the first work.
        var hasPeople: Bool
        /// What it searches for the first work.
        var searches: Set<NameSearch>
    }

    var claim: ClaimUnderWay?
    /// Receipts wait behind the committed inbox position.
    var hasReceipts = false
    /// When receipts were last claimed.
    var receiptsClaimedAt = Instant(microseconds: 0)
    /// When the first record that is not in memory is due at a station. A station without one has no backlog.
    private(set) var dueAt: [Station: Instant] = [:]

    /// What goes into the next commit beside the changed records.
    var next = Commit(id: 0)
    var commit: Commit?
    var hasFailed = false
    /// Frozen since the last commit was built: their marks are in the next one.
    var batchesForNext: [DeliveryBatch] = []
    /// Their marks are in the commit under way.
    var batchesInCommit: [DeliveryBatch] = []
    /// It could not be written: neither claimed from nor written before.
    var restsUntil: Instant?

    func isResting(now: Instant) -> Bool { restsUntil.map { $0 > now } ?? false }

    /// A record with this work is in the store and not in memory.
    mutating func record(_ work: WaitingWork) {
        dueAt[work.station] = min(dueAt[work.station] ?? work.dueAt, work.dueAt)
    }

    /// The answer of a claim says what comes next; what leaves memory meanwhile adds its own time.
    mutating func forgetDue(at station: Station) { dueAt[station] = nil }

    /// Stations with something due, higher lanes first.
    func dueStations(now: Instant) -> [Station] { dueAt.filter { $0.value <= now }.keys.sorted() }

    /// Older work waits at the station, so what is new has to wait behind it.
    func hasBacklog(at station: Station, now: Instant) -> Bool { dueAt[station].map { $0 <= now } ?? false }
}
