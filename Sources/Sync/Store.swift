public import Commerce

/// What must last. Synchronous: the shell owns its threads. Set-based, so that a database server can stand behind it.
///
/// Two writers use a store at once: the ingest thread calls ``append(_:)``, the engine's thread everything else.
/// Both are serialised within themselves. Every implementation passes the `Conformance` suite.
public protocol Store: Sendable {
    /// Makes receipts durable (group commit). On return they survive a power loss; only then may they be acknowledged.
    /// - Returns: the position of each, growing, in the order given.
    /// - Throws: ``StoreFailure``; then none of them counts as received.
    func append(_ receipts: [Receipt]) throws(StoreFailure) -> [InboxPosition]

    /// Loads work. Never changes anything.
    func claim(_ request: ClaimRequest) throws(StoreFailure) -> Claim

    /// Makes one batch of changes durable, all or nothing. The same ``Commit/id`` again changes nothing.
    /// - Throws: ``StoreFailure``; ``StoreFailure/Code/conflict`` when a record's generation is not the expected one.
    func commit(_ commit: Commit) throws(StoreFailure)

    // For people.
    func status() throws(StoreFailure) -> StoreStatus
    /// Items of the entities found under `lookup`, oldest first.
    func trace(_ query: TraceQuery) throws(StoreFailure) -> [TraceItem]
    /// Keys of the entities known by any of these names, sorted.
    func entities(named lookups: [Lookup]) throws(StoreFailure) -> [EntityKey]
    func records(_ keys: [EntityKey]) throws(StoreFailure) -> [EntityRecord]
    /// A page of exceptions, newest first.
    func exceptions(_ query: ExceptionQuery) throws(StoreFailure) -> ExceptionPage
    /// Exceptions by their ids, however old, each once and in the order asked for; an unknown id is left out.
    func exceptions(withIDs ids: [String]) throws(StoreFailure) -> [OpenException]
    /// Drops receipts whose segment is older, and traces that are older; never what is not yet consumed.
    func prune(receiptsBefore: Instant, traceBefore: Instant) throws(StoreFailure)
}

/// Why the store could not do something.
public struct StoreFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Disk full, read-only, input/output error: try again later.
        case unavailable = "store_unavailable"
        /// Another writer changed a record: our bug, or two programs on one store.
        case conflict = "store_conflict"
        /// What was read back cannot be trusted: stop.
        case corrupt = "store_corrupt"
    }
    public var code: Code
    public var detail: String
    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
    public var description: String { "\(code.rawValue): \(detail)" }
}

/// What to load. Each part may be empty.
public struct ClaimRequest: Sendable, Hashable {
    public var id: Int64
    /// Receipts after the committed inbox position, at most this many.
    public var receiptsMax: Int
    /// Records with ``RecordChange/work`` that is due, by station, then time, then key.
    public var stations: [StationDemand]
    public var now: Instant
    /// Records the engine already holds; not to be loaded as due.
    public var excluding: Set<EntityKey>
    /// Records wanted by name; a missing one is not an error.
    public var keys: [EntityKey]
    /// Names of persons whose records are wanted (kind ``Lookup/Kind/person``).
    public var people: [Lookup]
    /// Records wanted by what they are called. A store has an index of the names of each kind: a bestseller's SKU
    /// stands in many orders and in few products.
    public var searches: [NameSearch]
    /// Records of one search; which of more is the store's choice.
    public var matchesMax: Int

    public init(
        id: Int64, receiptsMax: Int = 0, stations: [StationDemand] = [], now: Instant, excluding: Set<EntityKey> = [],
        keys: [EntityKey] = [], people: [Lookup] = [], searches: [NameSearch] = [], matchesMax: Int = 0
    ) {
        self.id = id
        self.receiptsMax = receiptsMax
        self.stations = stations
        self.now = now
        self.excluding = excluding
        self.keys = keys
        self.people = people
        self.searches = searches
        self.matchesMax = matchesMax
    }
}

/// What was loaded.
public struct Claim: Sendable, Hashable {
    public var id: Int64
    public var receipts: [StoredReceipt] = []
    /// Due records and those asked for by name, each once, in the order due (by demand), then named, then found, then
    /// the people: those asked for, and those whom any of the others belongs to or points to, however far.
    public var records: [EntityRecord] = []
    /// Whether more receipts wait behind these.
    public var moreReceipts = false
    /// Of each record that was due somewhere: all that the store says is waiting of it. For look-up only.
    public var work: [EntityKey: [WaitingWork]] = [:]
    /// One for each station asked for, in that order: what waits there behind these.
    public var backlogs: [StationBacklog] = []

    public init(id: Int64) { self.id = id }
}

/// A changed record.
public struct RecordChange: Sendable, Hashable {
    /// As it shall be, with its generation already grown by one.
    public var record: EntityRecord
    /// Whether truth changed; where not, a store may leave that part as it is.
    public var truthChanged: Bool
    /// Where it waits, and from when on; at most one for each station. Sorted. Empty when there is nothing to do.
    public var work: [WaitingWork]
    public var counts: RecordCounts

    public init(record: EntityRecord, truthChanged: Bool, work: [WaitingWork], counts: RecordCounts) {
        self.record = record
        self.truthChanged = truthChanged
        self.work = work
        self.counts = counts
    }
}

/// What a record adds to ``StoreStatus``; kept beside it so that the sum needs no decoding.
public struct RecordCounts: Sendable, Hashable, Codable {
    public var dirty = 0
    /// Planned and attempted deliveries.
    public var unsent = 0
    public var ambiguous = 0
    public var readBacks = 0
    /// The plan wants to be asked again at a time.
    public var holds = 0
    /// Reasons of parked deliveries and of effects held back.
    public var waiting: [Reason] = []
    /// Source time of the oldest effect not yet told.
    public var oldestUntold: Instant?
    public init() {}
}

/// One batch of changes.
public struct Commit: Sendable, Hashable {
    /// Grows; never reused within one engine's life.
    public var id: Int64
    /// Everything up to here is consumed.
    public var inboxPosition: InboxPosition?
    /// Delivery ids now known, so that later copies are duplicates: connection and id.
    public var consumed: [ConsumedReceipt] = []
    public var records: [RecordChange] = []
    public var trace: [TraceItem] = []
    public var raised: [Raise] = []
    public var resolved: [Resolution] = []
    /// Small named facts: poll cursors, stages.
    public var settings: [Setting] = []

    public struct ConsumedReceipt: Sendable, Hashable {
        public var connection: String
        public var deliveryID: String
        public init(connection: String, deliveryID: String) {
            self.connection = connection
            self.deliveryID = deliveryID
        }
    }
    public struct Raise: Sendable, Hashable {
        public var exception: RaisedException
        public var at: Instant
        public init(_ exception: RaisedException, at: Instant) {
            self.exception = exception
            self.at = at
        }
    }
    /// Resolves an exception that is no longer true.
    public struct Resolution: Sendable, Hashable {
        public var id: String
        public var at: Instant
        public init(id: String, at: Instant) {
            self.id = id
            self.at = at
        }
    }
    public struct Setting: Sendable, Hashable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(id: Int64) { self.id = id }

    public var isEmpty: Bool {
        inboxPosition == nil && consumed.isEmpty && records.isEmpty && trace.isEmpty && raised.isEmpty
            && resolved.isEmpty
            && settings.isEmpty
    }
}

/// The store's numbers at a glance.
public struct StoreStatus: Sendable, Hashable {
    /// Receipts not yet consumed.
    public var inbox = 0
    public var inboxPosition: InboxPosition = 0
    public var entities = 0
    public var dirty = 0
    public var unsent = 0
    public var ambiguous = 0
    public var readBacks = 0
    public var holds = 0
    /// Sorted by reason.
    public var waiting: [WaitingCount] = []
    /// Stations at which records wait. Sorted.
    public var stations: [StationCount] = []
    public var oldestUntold: Instant?
    public var openExceptions = 0
    /// Sorted by name.
    public var settings: [Commit.Setting] = []

    public struct WaitingCount: Sendable, Hashable {
        public var reason: Reason
        public var count: Int
        public init(reason: Reason, count: Int) {
            self.reason = reason
            self.count = count
        }
    }

    public init() {}

    /// When the first record wants attention.
    public var nextWake: Instant? { stations.compactMap(\.nextDueAt).min() }

    public func setting(_ name: String) -> String? { settings.first { $0.name == name }?.value }
}

/// Which story to tell.
public struct TraceQuery: Sendable, Hashable {
    public var entities: [EntityKey]
    /// Newest items win when there are more.
    public var limit: Int
    public init(entities: [EntityKey], limit: Int = 2_000) {
        self.entities = entities
        self.limit = limit
    }
}
