import Commerce
import Transport

/// One connection and what is under way with it. Its reads and its writes share the budget of requests, the circuit and
/// the login (docs/architecture.md, law 5).
struct ConnectionState: Sendable {
    /// Whether the connection knows us: what it must be asked for before anything else.
    struct Login: Sendable {
        var isAsking = false
        var failuresInRow = 0
        var restsUntil: Instant?
        /// The number of the request that brought it: requests before it were made without it.
        var request: Int64 = 0
        /// Nothing was read with it yet, so that a refusal says that it never worked.
        var isUnproven = true
    }

    var source: (any Source)?
    var destination: (any Destination)?
    var budget: RateBudget
    var circuit = Circuit()
    var login = Login()
    var reads: ReadState
    var channels: [String: ChannelState] = [:]
    var readBacks: [QueuedReadBack] = []
    /// Batches and read-backs.
    var requestsInFlight = 0
    /// Kept back because the connection rests; they count as under way.
    var heldRequests: [Exchange] = []

    struct QueuedReadBack: Sendable {
        var key: EntityKey
        var flow: String
        var readBack: ReadBack
    }

    init(source: (any Source)?, destination: (any Destination)?) {
        self.source = source
        self.destination = destination
        budget = RateBudget(requestsPerMinute: destination?.limits.requestsPerMinute)
        reads = ReadState(keysMax: source?.readKeysMax ?? 1)
    }

    func isResting(now: Instant) -> Bool { circuit.isOpen(now: now) }

    /// Requests fail, or the channel cannot be prepared.
    func isSick(_ channel: String?, now: Instant) -> Bool {
        if circuit.isProbing || isResting(now: now) { return true }
        return channel.flatMap { channels[$0]?.failuresInRow }.map { $0 > 0 } ?? false
    }

    func readBacks(of channel: String) -> Int { readBacks.count { $0.readBack.channel == channel } }

    /// Whether one more delivery request may leave now.
    func maySend(now: Instant) -> Bool {
        guard let destination, !isResting(now: now), budget.nextSendTime(now: now) == nil else { return false }
        return requestsInFlight < destination.limits.concurrentRequestsMax
    }

    func mayRead(now: Instant) -> Bool {
        guard let source, !isResting(now: now), budget.nextSendTime(now: now) == nil else { return false }
        return reads.inFlight < source.readsAtOnceMax
    }

    /// When something that is in memory may go on without an answer.
    func wakeTimes(now: Instant, mayPoll: Bool) -> [Instant] {
        let held = heldRequests.isEmpty ? [] : [circuit.openUntil ?? now]
        return held + sendTimes(now: now) + readTimes(now: now, mayPoll: mayPoll)
    }

    private func sendTimes(now: Instant) -> [Instant] {
        let hasWork = !readBacks.isEmpty || channels.values.contains { !$0.isEmpty }
        guard hasWork else { return [] }
        if let until = circuit.openUntil, until > now { return [until] }
        var times = channels.values.compactMap { $0.isEmpty ? nil : $0.lingersUntil }
        times += channels.values.compactMap { $0.isPrepared ? nil : $0.restsUntil }.filter { $0 > now }
        if let next = budget.nextSendTime(now: now) { times.append(next) }
        return times
    }

    private func readTimes(now: Instant, mayPoll: Bool) -> [Instant] {
        guard let source else { return [] }
        // Who does not know us is asked to first, and neither read nor polled before.
        let ready = [circuit.openUntil, login.restsUntil].compactMap { $0 }.filter { $0 > now }.max()
        if login.isAsking { return [] }
        var times: [Instant] = []
        if mayPoll { times += reads.polls.values.filter { !$0.isUnderWay }.map { max($0.nextAt, ready ?? $0.nextAt) } }
        if !reads.isEmpty, reads.inFlight < source.readsAtOnceMax,
            let time = ready ?? budget.nextSendTime(now: now)
        {
            times.append(time)
        }
        // While as many reads are under way as may be, the answer to one is what wakes us.
        if !reads.listings.isEmpty, !reads.isListing, reads.isEmpty, reads.inFlight < source.readsAtOnceMax {
            times.append(max(reads.nextListingAt, ready ?? reads.nextListingAt))
        }
        return times
    }
}

/// What a request under way is for.
enum PendingRequest: Sendable {
    case batch(DeliveryBatch)
    case read(SourceRead, marks: [EntityKey: Int64], startedAt: Instant)
    case poll(SourceRead)
    case login(connection: String)
    case preparation(connection: String, channel: String)
    case readBack(EntityKey, flow: String, ReadBack)
    /// A page of a person's orders, and the orders on the pages before.
    case history(EntityKey, SourceRead, earlier: [EntityKey])
}
