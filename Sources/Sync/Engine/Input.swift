public import Commerce
public import Transport

/// What happens to the engine (docs/architecture.md, law 1).
public enum Input: Sendable {
    /// The first input of a life: what the store holds.
    case started(StoreStatus)
    /// New receipts are durable.
    case receiptsDurable
    case claimed(Claim)
    case claimFailed(StoreFailure)
    case committed(Int64)
    case commitFailed(Int64, StoreFailure)
    /// What became of an ``Exchange``.
    case answered(Int64, HTTPOutcome)
    /// The time asked for by ``Effect/wake(_:)`` has come.
    case timer
    /// A person wants something.
    case command(Command)
    /// Bytes that never became a receipt, for example a body over the limit or a bad signature.
    case refusedWebhook(connection: String, WebhookRefusal, detail: String)
}

/// What a person may want.
public enum Command: Sendable, Hashable {
    /// Try a parked delivery again.
    /// - `flow`: whose delivery it is; `nil` for that of every flow.
    case retry(EntityKey, EventKey, flow: String? = nil)
    /// Give a parked delivery up; its dependents go on.
    case skip(EntityKey, EventKey, flow: String? = nil)
    /// Plan a record again: what it lacked, for example a rate, is there now.
    case planAgain(EntityKey)
    /// Resolve an exception that a person has looked at; it opens again if it recurs.
    case resolve(exception: String)
    /// Two persons are one.
    case mergePeople(EntityKey, EntityKey)
    /// Two persons are two, whatever they share.
    case keepPeopleApart(EntityKey, EntityKey)
    /// One order replaces the other.
    case joinOrders(original: EntityKey, replacement: EntityKey)
    /// Two orders have nothing to do with each other.
    case keepOrdersApart(original: EntityKey, replacement: EntityKey)

    /// The records it needs.
    public var entities: [EntityKey] {
        switch self {
        case .retry(let key, _, _), .skip(let key, _, _), .planAgain(let key): [key]
        case .resolve: []
        case .mergePeople(let one, let other), .keepPeopleApart(let one, let other): [one, other]
        case .joinOrders(let original, let replacement), .keepOrdersApart(let original, let replacement):
            [original, replacement]
        }
    }
}

/// What the engine wants done. The shell does it and answers with an ``Input``; it never decides.
public enum Effect: Sendable {
    case claim(ClaimRequest)
    case commit(Commit)
    case exchange(Exchange)
    /// Come back at this time; replaces the time asked for before.
    case wake(Instant)
    case measure(Measurement)
}

/// One HTTP request to one connection.
public struct Exchange: Sendable, Hashable {
    public var id: Int64
    public var connection: String
    public var request: HTTPRequest
    public init(id: Int64, connection: String, request: HTTPRequest) {
        self.id = id
        self.connection = connection
        self.request = request
    }
}

/// Numbers for operators. Names and labels are documented in docs/metrics.md.
public enum Measurement: Sendable, Hashable {
    case receiptConsumed(connection: String, topic: String, isDuplicate: Bool)
    case entityRead(connection: String, count: Int)
    case decided(flow: String, eventType: String, reason: Reason)
    case answered(destination: String, eventType: String, outcome: String)
    /// From the source's time of the fact to its acknowledgement (E9).
    case told(flow: String, eventType: String, lag: TimeSpan)
    case exceptionRaised(ExceptionKind)
}

/// What the engine holds at most, and does at once (docs/architecture.md, law 5).
public struct EngineLimits: Sendable, Hashable {
    /// Receipts taken from the inbox together: enough to fill commits, few enough to keep a step short.
    public var receiptsPerClaim = 256
    /// Due records loaded together, for all stations; each gets its share.
    public var recordsPerClaim = 512
    /// Records loaded together for what waits for them in memory.
    public var keysPerClaim = 256
    /// Records in memory that every station may have, whatever the others hold: enough for some batches, few enough
    /// that a sick station holds little.
    public var stationRecordsMax = 512
    /// Of a station's own quota, one in so many places is open to what is new while older work waits in the store.
    public var newWorkOneIn = 4
    /// Below so many records in memory, a station that works may have more than its own quota: what is loaded again
    /// costs as much as what is planned.
    public var recordsHeldMax = 2_048
    /// Above ``recordsHeldMax`` receipts wait for what is being sent, at most so long, and not at all while anything is
    /// sick: nothing that waits in the inbox has a lane.
    public var receiptsWaitMax = TimeSpan.seconds(1)
    /// Bodies of deliveries in memory for one station.
    public var stationBytesMax = 4 * 1_024 * 1_024
    /// Facts that came together and wait for their records, before no further page is polled.
    public var workBeforePollWaits = 4
    /// Reads of one entity that brought nothing usable, before it becomes an exception.
    public var readAttemptsMax = 6
    /// Read-backs of one delivery, before the trace says that it could not be verified.
    public var readBackAttemptsMax = 8
    /// Failures in a row, before `destination_unreachable` is raised.
    public var failuresBeforeException = 5
    /// How long a record waits in a lower lane, before it goes with those of a higher one (A6).
    public var laneWaitMax = TimeSpan.seconds(60)
    /// Of so many deliveries one may be of a lower lane that waited too long (A6: at most 5 %).
    public var lowerLanesOneIn = 20
    /// Longest wait before a channel is prepared again: one small read, and everything of the channel waits for it.
    public var preparationRetryMax = TimeSpan.seconds(5)
    /// Phone numbers seen with one e-mail of somebody without a customer number, before a steward looks.
    public var phonesBeforeSuspect = 4
    /// Others that share a name with one record. Products that carry one SKU are few; more share a word that is none,
    /// such as `-`.
    public var namesakesMax = 50
    /// Records planned together because their person changed.
    public var dependentsPerBatch = 100
    /// Persons who wait in memory for the list of their orders; who comes later, waits in the store.
    public var historiesQueuedMax = 64
    /// Lists of a buyer's orders that failed, before it becomes an exception.
    public var historyAttemptsMax = 6
    /// How long the store rests after it could not be written.
    public var storeRetry = TimeSpan.seconds(1)
    public init() {}
}

/// Seeded randomness for jitter (splitmix64): the same seed gives the same numbers in every process.
public struct SeededRandom: Sendable, RandomNumberGenerator {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
    /// Below `bound`, which is at least 1.
    public mutating func below(_ bound: Int64) -> Int64 { Int64(next() % UInt64(bound)) }
}

/// How long to wait before try number `attempt` (from 1): `base` doubled each time, at most `max`, of which the last
/// half is random, so that many who failed together do not come back together. `base` 1 s: 0.5-1 s, 1-2 s, 2-4 s, ...
public func backoff(attempt: Int, base: TimeSpan, max limit: TimeSpan, random: inout SeededRandom) -> TimeSpan {
    let doublings = min(Swift.max(attempt - 1, 0), 30)
    let whole = min(
        base.microseconds.multipliedReportingOverflow(by: 1 << Int64(doublings)).partialValue, limit.microseconds)
    let bounded = whole > 0 ? whole : limit.microseconds
    return TimeSpan(microseconds: bounded / 2 + random.below(bounded / 2 + 1))
}
