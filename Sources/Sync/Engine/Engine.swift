public import Commerce
import Transport

/// The whole engine as one value (DESIGN law 1): inputs in, effects out, no clock, no I/O, no suspension.
///
/// ```
/// receiptsDurable ─► claim receipts ─► observations ─► claim their records ─► reduce ─► plan ─┐
///                                                                                            ▼
///          answered ◄─ exchange ◄─ committed ◄───────── commit (truth, planned, attempted, trace)
/// ```
/// What it holds is soft: records it works on (bounded), requests under way, timers. Everything that must last is in
/// the store before anything leaves, so dropping the engine at any instant is a crash that loses nothing.
public struct Engine: Sendable {
    let flows: [Flow]
    let limits: EngineLimits
    var sources: [String: SourceDesk]
    var destinations: [String: DestinationDesk]
    var stages: [String: [StageChange]] = [:]
    var random: SeededRandom

    /// Records in memory. For look-up only; never iterated into output.
    var working: [EntityKey: Working] = [:]
    /// Records changed since the last commit was built, in the order of their first change.
    var changed: [EntityKey] = []
    /// Records that may leave memory at the end of the step.
    var idle: [EntityKey] = []
    /// Observations waiting for their records; first in, first out.
    var batches: [Batch] = []
    /// What goes into the next commit beside the changed records.
    var pending = Commit(id: 0)
    var commitInFlight: Commit?
    var commitFailed = false
    /// Marked attempted since the last commit was built.
    var flightsAwaitingCommit: [Flight] = []
    /// Their marks are in the commit under way.
    var flightsInCommit: [Flight] = []
    var exchanges: [Int64: Purpose] = [:]

    var claimInFlight = false
    /// Records the claim under way asks for by name: what it does not bring is new.
    var claimedKeys: [EntityKey] = []
    var wantsReceipts = false
    var wantsDue = false
    /// The earliest time at which a record in the store wants to be loaded.
    var storeWake: Instant?
    var storeRestsUntil: Instant?
    var armed: Instant?
    var nextID: Int64 = 1
    var now = Instant(microseconds: 0)
    var effects: [Effect] = []
    var hasStarted = false

    public init(
        flows: [Flow], sources: [any Source], destinations: [any Destination], limits: EngineLimits = EngineLimits(),
        seed: UInt64
    ) {
        self.flows = flows.sorted { $0.name < $1.name }
        self.limits = limits
        self.sources = Dictionary(
            uniqueKeysWithValues: sources.map { ($0.connection, SourceDesk(source: $0, readKeysMax: $0.readKeysMax)) })
        self.destinations = Dictionary(
            uniqueKeysWithValues: destinations.map { ($0.connection, DestinationDesk(destination: $0)) })
        random = SeededRandom(seed: seed)
    }

    /// Takes one input and says what to do. Never suspends; ends in time proportional to the input.
    public mutating func step(_ input: Input, now: Instant) -> [Effect] {
        self.now = now
        effects = []
        take(input)
        guard hasStarted else { return effects }
        applyBatches()
        startPolls()
        startReads()
        launchFlights()
        startReadBacks()
        flush()
        releaseIdle()
        claim()
        arm()
        return effects
    }

    private mutating func take(_ input: Input) {
        switch input {
        case .started(let status): start(status)
        case .receiptsDurable: wantsReceipts = true
        case .claimed(let claim): takeClaim(claim)
        case .claimFailed(let failure): takeClaimFailure(failure)
        case .committed(let id): takeCommitted(id)
        case .commitFailed(let id, let failure): takeCommitFailure(id, failure)
        case .answered(let id, let outcome): takeAnswer(id, outcome)
        case .timer: armed = nil
        case .command(let command): batches.append(Batch(items: [], command: command, keys: [command.entity]))
        case .refusedWebhook(let connection, let refusal, let detail): note(refusal, connection, detail)
        }
    }

    /// A first start writes the baseline instant of each flow: older facts are history (DESIGN section 4).
    private mutating func start(_ status: StoreStatus) {
        hasStarted = true
        wantsReceipts = status.inbox > 0
        wantsDue = true
        for flow in flows {
            if let text = status.setting(StageHistory.settingName(flow.name)), let known = StageHistory.decode(text) {
                stages[flow.name] = known
            } else {
                let history = [StageChange(stage: flow.initialStage, at: now)]
                stages[flow.name] = history
                pending.settings.append(
                    Commit.Setting(StageHistory.settingName(flow.name), StageHistory.encode(history)))
            }
        }
        for connection in sources.keys.sorted() {
            let cursor = status.setting(SourceDesk.settingName(connection)).flatMap(Int64.init)
            let polledUntil = cursor.map(Instant.init(microseconds:)) ?? baseline(of: connection) ?? now
            sources[connection]?.polledUntil = polledUntil
            sources[connection]?.nextPollAt = now
        }
    }

    private func baseline(of connection: String) -> Instant? {
        flows(from: connection).compactMap { stages[$0.name]?.first?.at }.min()
    }

    func flows(from connection: String) -> [Flow] { flows.filter { $0.source == connection } }

    func policies(for connection: String) -> Policies { flows(from: connection).first?.policies ?? Policies() }

    mutating func newID() -> Int64 {
        defer { nextID += 1 }
        return nextID
    }

    private mutating func note(_ refusal: WebhookRefusal, _ connection: String, _ detail: String) {
        switch refusal {
        case .badSignature: raise(RaisedException(.signatureFailures, subject: connection, cause: detail))
        case .tooLarge:
            raise(RaisedException(.capacity, subject: connection, cause: detail))
            // The entity is fetched by polling, so that a body too large to take is not a fact lost.
            let planned = sources[connection]?.nextPollAt ?? now
            sources[connection]?.nextPollAt = min(planned, now + .seconds(1))
        case .storeUnavailable: break
        }
    }

    mutating func raise(_ exception: RaisedException, entity: EntityKey? = nil, flow: String? = nil) {
        pending.raised.append(Commit.Raise(exception, at: now))
        effects.append(.measure(.exceptionRaised(exception.kind)))
        pending.trace.append(
            TraceItem(
                at: now, kind: .exception, entity: entity, flow: flow, reason: .exceptionOpen,
                detail: "\(exception.kind.rawValue): \(exception.cause)"))
    }

    mutating func cure(_ kind: ExceptionKind, subject: String) {
        pending.cured.append(Commit.Cure(id: RaisedException.id(kind, subject: subject), at: now))
    }

    // MARK: Timers

    /// Only the earliest time is armed; a step at that time finds everything that is due.
    private mutating func arm() {
        var times: [Instant] = []
        if !claimInFlight, !wantsDue, let storeWake { times.append(storeWake) }
        if let storeRestsUntil { times.append(storeRestsUntil) }
        for name in sources.keys.sorted() { times += sources[name]?.wakeTimes(now: now, mayPoll: mayPoll) ?? [] }
        for name in destinations.keys.sorted() { times += destinations[name]?.wakeTimes(now: now) ?? [] }
        guard let earliest = times.min() else { return }
        let time = max(earliest, now)
        if let armed, armed <= time, armed > now { return }
        armed = time
        effects.append(.wake(time))
    }
}

/// A record in memory and what is under way for it.
struct Working: Sendable {
    var record: Record
    var isChanged = false
    var truthChanged = false
    var isCommitting = false
    var inFlight = 0
    var isReading = false
    var isQueuedToRead = false
    /// Flow and channel of the queues it stands in.
    var queues: Set<String> = []

    /// When the store will call it due; `nil` for never.
    var wakeAt: Instant?

    var isIdle: Bool {
        !isChanged && !isCommitting && inFlight == 0 && !isReading && !isQueuedToRead && queues.isEmpty
    }
}

/// What a request under way is for.
enum Purpose: Sendable {
    case flight(Flight)
    case read(SourceRead, marks: [EntityKey: Int64], startedAt: Instant)
    case poll(SourceRead, startedAt: Instant)
    case preparation(destination: String, channel: String)
    case readBack(EntityKey, flow: String, ReadBack)
}

/// Observations that came together, waiting for their records.
struct Batch: Sendable {
    struct Item: Sendable {
        var observation: Observation
        var origin: Reducer.Origin
        var receipt: StoredReceipt?
    }
    var items: [Item]
    /// Keys a read asked for and the source does not know.
    var missing: [EntityKey] = []
    /// What a person wants done with the one record.
    var command: Command?
    /// Receipts up to here are consumed when this batch is applied.
    var position: InboxPosition?
    var consumed: [Commit.ConsumedReceipt] = []
    var keys: [EntityKey]
}

/// Stage histories as they are stored: `live@1790000000000000,observe@...`.
public enum StageHistory {
    public static func settingName(_ flow: String) -> String { "stages:\(flow)" }

    public static func encode(_ history: [StageChange]) -> String {
        history.map { "\($0.stage.rawValue)@\($0.at.microseconds)" }.joined(separator: ",")
    }

    /// `nil` when the text is no history.
    public static func decode(_ text: String) -> [StageChange]? {
        var history: [StageChange] = []
        for part in text.split(separator: ",") {
            let halves = part.split(separator: "@")
            guard halves.count == 2, let stage = Stage(rawValue: String(halves[0])), let at = Int64(halves[1]) else {
                return nil
            }
            history.append(StageChange(stage: stage, at: Instant(microseconds: at)))
        }
        return history.isEmpty ? nil : history
    }
}
