import Commerce

/// A record in memory, and why it is there.
struct HeldRecord: Sendable {
    /// Why a record stays in memory, beside the requests and queues that it is in.
    struct Reasons: OptionSet, Sendable {
        let rawValue: Int
        /// It differs from what was last committed.
        static let changed = Reasons(rawValue: 1 << 0)
        /// A commit of it is under way.
        static let committing = Reasons(rawValue: 1 << 1)
        /// It stands in the queue of its source, or is being read.
        static let reading = Reasons(rawValue: 1 << 2)
        /// The list of this person's orders is asked for, or about to be.
        static let listing = Reasons(rawValue: 1 << 3)
        /// Work that plans what depends on this person waits for its records.
        static let planningDependents = Reasons(rawValue: 1 << 4)
        /// Work that plans it with those that share a name with it waits for them.
        static let planningAgain = Reasons(rawValue: 1 << 5)
    }

    var record: EntityRecord
    var reasons: Reasons = []
    /// Since the last commit its truth changed, not only its ledgers.
    var truthChanged = false
    /// Deliveries and read-backs on their way or queued.
    var inFlight = 0
    /// Flow and channel of the queues it stands in, and in which lane.
    var queues: [String: Lane] = [:]
    /// Under which names it stands in ``RecordCache/namesakes``. Sorted.
    var names: [NameSearch] = []
    /// Stations whose quota was used up when it came.
    var deferredAt: [Station] = []
    /// What the store says is waiting of it; `nil` where that is not known here.
    var storedWork: [WaitingWork]?
    /// The time for which it stands in the cache's own queue of wakes.
    var queuedWake: Instant?

    init(record: EntityRecord) { self.record = record }

    var isIdle: Bool { reasons.isEmpty && inFlight == 0 && queues.isEmpty }
    var isChanged: Bool { reasons.contains(.changed) }
}
