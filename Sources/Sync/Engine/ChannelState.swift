import Commerce

/// One channel of a destination: its queues in memory, and whether it can be used.
struct ChannelState: Sendable {
    struct QueueEntry: Sendable {
        var key: EntityKey
        var flow: String
        var queuedAt: Instant
        /// Of the bodies that wait, when it was queued.
        var bytes: Int
    }

    /// One queue for each lane; a higher lane goes first (A6).
    private(set) var queues: [Lane: [QueueEntry]] = [:]
    private(set) var bytes: [Lane: Int] = [:]
    var isAsking = false
    var isPrepared = false
    /// It could not be prepared: the other channels go on meanwhile.
    var restsUntil: Instant?
    var failuresInRow = 0
    var batchesInFlight = 0
    /// A batch that is not full waits for more until then.
    var lingersUntil: Instant?
    /// The number of its last batch: who waits longest goes first.
    var lastBatch: Int64 = 0

    var isEmpty: Bool { queues.values.allSatisfy(\.isEmpty) }
    var count: Int { queues.values.reduce(0) { $0 + $1.count } }
    func count(in lane: Lane) -> Int { queues[lane]?.count ?? 0 }
    /// The highest lane in which somebody waits.
    var lane: Lane? { queues.filter { !$0.value.isEmpty }.keys.min() }
    var oldest: QueueEntry? {
        Lane.allCases.compactMap { queues[$0]?.first }.min { $0.queuedAt < $1.queuedAt }
    }

    mutating func append(_ entry: QueueEntry, in lane: Lane) {
        queues[lane, default: []].append(entry)
        bytes[lane, default: 0] += entry.bytes
    }

    mutating func removeFirst(_ count: Int, in lane: Lane) {
        guard let queue = queues[lane] else { return }
        bytes[lane, default: 0] -= queue.prefix(count).reduce(0) { $0 + $1.bytes }
        queues[lane]?.removeFirst(count)
    }

    /// Lanes below the highest in which somebody waited for so long; highest first.
    func overdueLanes(since time: Instant) -> [Lane] {
        let overdue = queues.filter { $0.value.first.map { $0.queuedAt <= time } ?? false }.keys.sorted()
        return overdue.filter { $0 != lane }
    }
}
