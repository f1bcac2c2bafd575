import Commerce

/// What is read at a source: queues of single entities by lane, feeds of changes, and lists of a buyer's orders.
struct ReadState: Sendable {
    struct Entry: Sendable {
        var key: EntityKey
        var queuedAt: Instant
    }
    /// A feed of changes of one kind.
    struct Poll: Sendable {
        /// Changes up to here have been listed.
        var listedUntil: Instant
        var nextAt: Instant
        var isUnderWay = false
        var startedAt = Instant(microseconds: 0)
        /// The page to ask for next.
        var cursor: String?
    }

    /// Entities of one request at most; the source lowers it when that was too dear.
    var keysMax: Int
    private(set) var queues: [Lane: [Entry]] = [:]
    var inFlight = 0
    /// Requests so far: every so many one is of a lower lane that waited too long.
    private var started: Int64 = 0
    var lastSequence: Int64 = 0
    /// It has listed its orders in this session.
    var hasListed = false
    var polls: [EntityKind: Poll] = [:]
    /// Persons whose orders are to be listed; first in, first out.
    var listings: [EntityKey] = []
    var isListing = false
    var nextListingAt = Instant(microseconds: 0)
    /// Who comes for a list now, gets it then.
    var nextHistoryAt = Instant(microseconds: 0)

    init(keysMax: Int) { self.keysMax = keysMax }

    var isEmpty: Bool { queues.values.allSatisfy(\.isEmpty) }
    func count(in lane: Lane) -> Int { queues[lane]?.count ?? 0 }

    mutating func append(_ key: EntityKey, in lane: Lane, now: Instant) {
        queues[lane, default: []].append(Entry(key: key, queuedAt: now))
    }

    /// The next entities to ask for, all of one kind: that of whoever waits longest in the highest lane, or now and
    /// then in a lower lane that waited since `overdue` (A6).
    mutating func takeNext(overdue: Instant, lowerLanesOneIn: Int) -> [EntityKey] {
        guard let highest = queues.filter({ !$0.value.isEmpty }).keys.min() else { return [] }
        started += 1
        var lane = highest
        if started % Int64(lowerLanesOneIn) == 0 {
            lane =
                Lane.allCases.first { $0 > highest && (queues[$0]?.first).map { $0.queuedAt <= overdue } ?? false }
                ?? highest
        }
        guard let queue = queues[lane], let kind = queue.first?.key.kind else { return [] }
        let keys = Array(queue.lazy.map(\.key).filter { $0.kind == kind }.prefix(keysMax))
        let taken = Set(keys)
        queues[lane]?.removeAll { taken.contains($0.key) }
        return keys
    }

    /// Every kind is asked for at once.
    mutating func pollNow(at time: Instant) {
        polls = polls.mapValues { poll in
            var poll = poll
            poll.nextAt = min(poll.nextAt, time)
            return poll
        }
    }
}
