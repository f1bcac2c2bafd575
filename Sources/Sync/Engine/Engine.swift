public import Commerce
import Transport

/// The whole engine as one value (docs/architecture.md, law 1): inputs in, effects out, no clock, no I/O, no
/// suspension.
///
/// ```
/// receiptsDurable ─► claim receipts ─► work ─► claim its records ─► reduce ─► plan ─► commit (truth, planned, trace)
///                                                                                      │
///   committed ─► send ◄─ commit (attempted) ◄─ batch ◄─ station queue ◄────────────────┤ room at the station
///      │                                          ▲                                    ▼ no room: leave memory
///   answered ─► told or parked ─► commit          └── claim by free capacity ◄── index of stations in the store
/// ```
/// What it holds is soft: records it works on, queues within their quotas, requests under way, timers. Everything that
/// must last is in the store before anything leaves, so dropping the engine at any instant is a crash that loses
/// nothing.
public struct Engine: Sendable {
    let limits: EngineLimits
    /// Which flow tells about what.
    var table: FlowTable
    /// Records in memory.
    var records = RecordCache()
    /// Claims, commits, and what the store has due.
    var store = StoreState()
    /// Sources and destinations, by the name of the connection.
    var connections: [String: ConnectionState]
    /// Facts and commands that wait for their records.
    var work: [Work] = []
    /// Orders that were listed for a person and are being read: whoever they turn out to belong to, they are no gap.
    var listedFor: [EntityKey: EntityKey] = [:]
    /// Persons with records to plan again.
    var dependents: Set<EntityKey> = []
    var requests: [Int64: PendingRequest] = [:]
    /// Exceptions about sources that were resolved by hand and whose cause may last; at most two for each source.
    private var resolvedByHand: Set<String> = []
    var random: SeededRandom

    private var armed: Instant?
    private var nextID: Int64 = 1
    private(set) var now = Instant(microseconds: 0)
    var effects: [Effect] = []
    private(set) var hasStarted = false

    public init(
        flows: [Flow], sources: [any Source], destinations: [any Destination], limits: EngineLimits = EngineLimits(),
        seed: UInt64
    ) {
        self.limits = limits
        table = FlowTable(flows)
        connections = [:]
        for source in sources {
            connections[source.connection] = ConnectionState(source: source, destination: nil)
        }
        for destination in destinations {
            let source = connections[destination.connection]?.source
            connections[destination.connection] = ConnectionState(source: source, destination: destination)
        }
        random = SeededRandom(seed: seed)
    }

    /// Takes one input and says what to do. Never suspends; ends in time proportional to the input.
    public mutating func step(_ input: Input, now: Instant) -> [Effect] {
        self.now = now
        effects = []
        handle(input)
        guard hasStarted else { return effects }
        reevaluateHeldRecords()
        queueDependents()
        applyWork()
        admitDeferred()
        sendHeldRequests()
        startHistories()
        startPolls()
        startReads()
        sendBatches()
        startReadBacks()
        flush()
        releaseIdle()
        claim()
        arm()
        return effects
    }

    private mutating func handle(_ input: Input) {
        switch input {
        case .started(let status): start(status)
        case .receiptsDurable: store.hasReceipts = true
        case .claimed(let claim): handle(claim)
        case .claimFailed: handleClaimFailure()
        case .committed(let id): handleCommitted(id)
        case .commitFailed(let id, let failure): handleCommitFailure(id, failure)
        case .answered(let id, let outcome): handleAnswer(id, outcome)
        case .timer: armed = nil
        case .command(let command): work.append(Work(.command(command), keys: command.entities))
        case .refusedWebhook(let connection, let refusal, let detail): record(refusal, connection, detail)
        }
    }

    private mutating func start(_ status: StoreStatus) {
        hasStarted = true
        store.hasReceipts = status.inbox > 0
        for count in status.stations {
            if let dueAt = count.nextDueAt { store.record(WaitingWork(count.station, dueAt: dueAt)) }
        }
        store.next.settings += table.start(from: status, at: now)
        for connection in connections.keys.sorted() {
            for kind in connections[connection]?.source?.polledKinds ?? [] {
                let cursor = status.setting(Self.pollSetting(connection, kind)).flatMap(Int64.init)
                let listedUntil = cursor.map(Instant.init(microseconds:)) ?? table.baseline(of: connection) ?? now
                connections[connection]?.reads.polls[kind] = ReadState.Poll(listedUntil: listedUntil, nextAt: now)
            }
        }
    }

    mutating func newID() -> Int64 {
        defer { nextID += 1 }
        return nextID
    }

    /// Asks the shell for one request.
    mutating func begin(_ request: HTTPRequest, at connection: String, as pending: PendingRequest, id: Int64) {
        requests[id] = pending
        let exchange = Exchange(id: id, connection: connection, request: request)
        // What follows something at once, a batch its commit or a page the one before, may meet a circuit that another
        // answer has opened: the vendor's `Retry-After` is for all requests.
        guard connections[connection]?.isResting(now: now) != true else {
            connections[connection]?.heldRequests.append(exchange)
            return
        }
        effects.append(.exchange(exchange))
    }

    private mutating func sendHeldRequests() {
        for name in connections.keys.sorted() {
            guard let connection = connections[name], !connection.heldRequests.isEmpty, !connection.isResting(now: now)
            else { continue }
            connections[name]?.heldRequests = []
            effects += connection.heldRequests.map { .exchange($0) }
        }
    }

    func policies(for connection: String) -> Policies { table.policies(for: connection) }

    // MARK: Exceptions

    private mutating func record(_ refusal: WebhookRefusal, _ connection: String, _ detail: String) {
        switch refusal {
        case .badSignature: raise(RaisedException(.signatureFailures, subject: connection, cause: detail))
        case .tooLarge:
            raise(RaisedException(.capacity, subject: connection, cause: detail))
            // The entity is fetched by polling, so that a body too large to take is not a fact lost.
            connections[connection]?.reads.pollNow(at: now + .seconds(1))
        case .storeUnavailable: break
        }
    }

    mutating func raise(_ exception: RaisedException, entity: EntityKey? = nil, flow: String? = nil) {
        store.next.raised.append(Commit.Raise(exception, at: now))
        effects.append(.measure(.exceptionRaised(exception.kind)))
        store.next.trace.append(
            TraceItem(
                at: now, kind: .exception, entity: entity, flow: flow, reason: .exceptionOpen,
                detail: "\(exception.kind.rawValue): \(exception.cause)"))
    }

    mutating func resolve(_ kind: ExceptionKind, subject: String) {
        let id = RaisedException.id(kind, subject: subject)
        resolvedByHand.remove(id)
        store.next.resolved.append(Commit.Resolution(id: id, at: now))
    }

    /// Resolves an exception by hand. One that is raised only once per outage is raised again if the outage goes on.
    mutating func resolve(exception id: String) {
        let sources = connections.filter { $0.value.source != nil }.keys
        let lasting = sources.flatMap { [$0, Self.historiesSubject($0)] }
            .map { RaisedException.id(.sourceUnreadable, subject: $0) }
        if lasting.contains(id) { resolvedByHand.insert(id) }
        store.next.resolved.append(Commit.Resolution(id: id, at: now))
    }

    /// Whether to raise an exception about repeated failures now: once, at the limit, and again after somebody resolved
    /// it.
    mutating func isNews(_ kind: ExceptionKind, subject: String, failures: Int, of limit: Int) -> Bool {
        guard failures > limit else { return failures == limit }
        return resolvedByHand.remove(RaisedException.id(kind, subject: subject)) != nil
    }

    static func historiesSubject(_ connection: String) -> String { "\(connection) histories" }

    // MARK: Timers

    /// Only the earliest time is armed; a step at that time finds everything that is due.
    private mutating func arm() {
        var times = claimTimes()
        if let wake = records.wakes.nextTime { times.append(wake) }
        for name in connections.keys.sorted() {
            times += connections[name]?.wakeTimes(now: now, mayPoll: mayPoll) ?? []
        }
        guard let earliest = times.min() else { return }
        let time = max(earliest, now)
        if let armed, armed <= time, armed > now { return }
        armed = time
        effects.append(.wake(time))
    }
}
