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
    /// One for each destination of a brand: it tells who people are.
    let peopleFlows: [Flow]
    /// All of both, by name.
    private let flowsByName: [String: Flow]
    let limits: EngineLimits
    var sources: [String: SourceState]
    var destinations: [String: DestinationState]
    var stages: [String: [StageChange]] = [:]
    var purchaseRules: [String: PurchaseRulesHistory] = [:]
    var random: SeededRandom

    /// Records in memory. For look-up only; never iterated into output.
    var working: [EntityKey: HeldRecord] = [:]
    /// Records changed since the last commit was built, in the order of their first change.
    var changed: [EntityKey] = []
    /// Records that may leave memory at the end of the step.
    var idle: [EntityKey] = []
    /// Observations waiting for their records; first in, first out.
    var pendingWork: [Work] = []
    /// What goes into the next commit beside the changed records.
    var pending = Commit(id: 0)
    var commitInFlight: Commit?
    var commitFailed = false
    /// Launched since the last commit was built: their marks are in the next one.
    var batchesAwaitingCommit: [DeliveryBatch] = []
    /// Their marks are in the commit under way.
    var batchesInCommit: [DeliveryBatch] = []
    /// Held persons by what they are known by.
    var peopleIndex: [Lookup: EntityKey] = [:]
    /// Held records by the names that they share with others. For look-up only.
    var namesakeIndex: [NameSearch: Set<EntityKey>] = [:]
    /// Held records that belong to a person, or point to one: that person stays in memory.
    var pins: [EntityKey: Int] = [:]
    /// Orders that were listed for a person and are being read: whoever they turn out to belong to, they are no gap.
    var listedFor: [EntityKey: EntityKey] = [:]
    /// Persons with records to plan again.
    var dependents: Set<EntityKey> = []
    /// Records that stay in memory for one reason and want to be looked after for another.
    var wakes = WakeQueue()
    var exchanges: [Int64: PendingRequest] = [:]
    /// Exceptions about sources that were closed by hand and whose cause may last; at most two for each source.
    private var closedByHand: Set<String> = []

    var claimInFlight = false
    /// Records the claim under way asks for by name: what it does not bring is new.
    var claimedKeys: [EntityKey] = []
    /// The claim under way asks for the people of the first batch.
    var claimedPeople = false
    /// What the claim under way searches for the first batch.
    var claimedSearches: Set<NameSearch> = []
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
        self.flows = Self.related(flows.sorted { $0.name < $1.name })
        peopleFlows = Self.peopleFlows(of: self.flows)
        flowsByName = Dictionary(
            (self.flows + peopleFlows).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.limits = limits
        self.sources = Dictionary(
            uniqueKeysWithValues: sources.map { ($0.connection, SourceState(source: $0, readKeysMax: $0.readKeysMax)) })
        self.destinations = Dictionary(
            uniqueKeysWithValues: destinations.map { ($0.connection, DestinationState(destination: $0)) })
        random = SeededRandom(seed: seed)
    }

    /// Takes one input and says what to do. Never suspends; ends in time proportional to the input.
    public mutating func step(_ input: Input, now: Instant) -> [Effect] {
        self.now = now
        effects = []
        take(input)
        guard hasStarted else { return effects }
        tendHeldRecords()
        queueDependents()
        applyBatches()
        startHistories()
        startPolls()
        startReads()
        launchBatches()
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
        case .command(let command): pendingWork.append(Work(items: [], command: command, keys: command.entities))
        case .refusedWebhook(let connection, let refusal, let detail): note(refusal, connection, detail)
        }
    }

    /// A first start writes the baseline instant of each flow: older facts are history (DESIGN section 4).
    private mutating func start(_ status: StoreStatus) {
        hasStarted = true
        wantsReceipts = status.inbox > 0
        wantsDue = true
        let histories = FlowHistories(of: flows, in: status, at: now)
        pending.settings += histories.unwritten
        stages = histories.stages
        purchaseRules = histories.purchaseRules
        for flow in peopleFlows { stages[flow.name] = stagesOfPeople(flow) }
        for connection in sources.keys.sorted() {
            for kind in sources[connection]?.source.polledKinds ?? [] {
                let cursor = status.setting(SourceState.settingName(connection, kind)).flatMap(Int64.init)
                let listedUntil = cursor.map(Instant.init(microseconds:)) ?? baseline(of: connection) ?? now
                sources[connection]?.polls[kind] = SourceState.Poll(listedUntil: listedUntil, nextAt: now)
            }
        }
    }

    func baseline(of connection: String) -> Instant? {
        flows(from: connection).compactMap { stages[$0.name]?.first?.at }.min()
    }

    func flows(from connection: String) -> [Flow] { flows.filter { $0.source == connection } }

    /// A flow or what tells people of a destination; `nil` for one that the configuration does not have any more.
    func flow(_ name: String) -> Flow? { flowsByName[name] }

    /// The flows that tell about a record: of a person, one for each destination of the brand.
    func flows(for key: EntityKey) -> [Flow] {
        guard key.kind == .person else { return flows(from: key.connection) }
        return peopleFlows.filter { $0.brand == key.connection }
    }

    func journeyRules(of brand: String) -> JourneyRules {
        flows.first { $0.brand == brand }?.policies.journeys ?? JourneyRules()
    }

    /// By which the orders of a brand's people are put into journeys, the first for whatever is said once. More than
    /// one only where flows of the brand tell about different orders.
    func journeyFlows(of brand: String) -> [Flow] {
        var found: [Flow] = []
        for flow in flows where flow.brand == brand {
            let isKnown = found.contains { known in
                flow.sourcePolicies.keys.allSatisfy { known.policies(of: $0) == flow.policies(of: $0) }
            }
            if !isKnown { found.append(flow) }
        }
        return found
    }

    /// What flows of one brand have in common. A journey may cross its shops, so its rules are the brand's.
    private static func related(_ flows: [Flow]) -> [Flow] {
        flows.map { flow in
            var flow = flow
            for other in flows where other.brand == flow.brand {
                flow.idPrefixes[other.source] = other.idPrefix
                flow.sourcePolicies[other.source] = flow.sourcePolicies[other.source] ?? other.policies
            }
            flow.personFlow = Flow.peopleFlow(of: flow.destination)
            flow.policies.journeys =
                flows.first { $0.brand == flow.brand }?.policies.journeys ?? flow.policies.journeys
            return flow
        }
    }

    private static func peopleFlows(of flows: [Flow]) -> [Flow] {
        var people: [Flow] = []
        for flow in flows where !people.contains(where: { $0.name == flow.personFlow && $0.brand == flow.brand }) {
            var own = flow
            own.name = flow.personFlow
            people.append(own)
        }
        return people
    }

    /// A destination is told of people as soon as one flow tells it of their orders.
    private func stagesOfPeople(_ flow: Flow) -> [StageChange] {
        let histories = flows.filter { $0.personFlow == flow.name && $0.brand == flow.brand }
            .compactMap { stages[$0.name] }
        return Set(histories.flatMap { $0.map(\.at) }).sorted().map { time in
            let stages = histories.compactMap { history in history.last { $0.at <= time }?.stage }
            return StageChange(stage: stages.max() ?? .observe, at: time)
        }
    }

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
            sources[connection]?.pollNow(at: now + .seconds(1))
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
        let id = RaisedException.id(kind, subject: subject)
        closedByHand.remove(id)
        pending.cured.append(Commit.Cure(id: id, at: now))
    }

    /// Closes an exception by hand. One that is raised only once per outage is raised again if the outage goes on.
    mutating func close(exception id: String) {
        let lasting = sources.keys.flatMap { [$0, Self.historiesSubject($0)] }
            .map { RaisedException.id(.sourceUnreadable, subject: $0) }
        if lasting.contains(id) { closedByHand.insert(id) }
        pending.cured.append(Commit.Cure(id: id, at: now))
    }

    /// Whether to raise an exception about repeated failures now: once, at the limit, and again after somebody closed
    /// it.
    mutating func isNews(_ kind: ExceptionKind, subject: String, failures: Int, of limit: Int) -> Bool {
        guard failures > limit else { return failures == limit }
        return closedByHand.remove(RaisedException.id(kind, subject: subject)) != nil
    }

    static func historiesSubject(_ connection: String) -> String { "\(connection) histories" }

    // MARK: Timers

    /// Only the earliest time is armed; a step at that time finds everything that is due.
    private mutating func arm() {
        var times: [Instant] = []
        // A store that rests after a failed commit is not claimed from before, whatever is due in it.
        if !claimInFlight, !wantsDue, let storeWake { times.append(max(storeWake, storeRestsUntil ?? storeWake)) }
        // One that has passed waits for the claim under way, whose answer is what wakes us.
        if let storeRestsUntil, storeRestsUntil > now { times.append(storeRestsUntil) }
        if let wake = wakes.nextTime { times.append(wake) }
        for name in sources.keys.sorted() {
            times +=
                sources[name]?.wakeTimes(now: now, mayPoll: mayPoll, readsMax: limits.readsPerSourceMax) ?? []
        }
        for name in destinations.keys.sorted() { times += destinations[name]?.wakeTimes(now: now) ?? [] }
        guard let earliest = times.min() else { return }
        let time = max(earliest, now)
        if let armed, armed <= time, armed > now { return }
        armed = time
        effects.append(.wake(time))
    }
}

/// A record in memory and what is under way for it.
struct HeldRecord: Sendable {
    var record: EntityRecord
    var isChanged = false
    var truthChanged = false
    var isCommitting = false
    var inFlight = 0
    var isReading = false
    var isQueuedToRead = false
    /// A batch that plans what depends on this person is under way.
    var isPlanningDependents = false
    /// A batch that plans it with those that share a name with it is under way.
    var isPlanningAgain = false
    /// Under which it stands in ``Engine/namesakeIndex``. Sorted.
    var names: [NameSearch] = []
    /// The list of this person's orders is asked for, or about to be.
    var isListing = false
    /// Flow and channel of the queues it stands in, and in which lane.
    var queues: [String: Lane] = [:]

    /// When the store will call it due; `nil` for never.
    var wakeAt: Instant?
    /// The time for which it stands in the engine's own queue of wakes.
    var queuedWake: Instant?

    var isIdle: Bool {
        !isChanged && !isCommitting && inFlight == 0 && !isReading && !isQueuedToRead && queues.isEmpty
            && !isPlanningDependents && !isPlanningAgain && !isListing
    }
}

/// What a request under way is for.
enum PendingRequest: Sendable {
    case batch(DeliveryBatch)
    case read(SourceRead, marks: [EntityKey: Int64], startedAt: Instant)
    case poll(SourceRead, startedAt: Instant)
    case preparation(destination: String, channel: String)
    case readBack(EntityKey, flow: String, ReadBack)
    /// A page of a person's orders, and the orders on the pages before.
    case history(EntityKey, SourceRead, earlier: [EntityKey])
}

/// Observations that came together, waiting for their records.
struct Work: Sendable {
    struct Item: Sendable {
        var observation: Observation
        var origin: Reducer.Origin
        var receipt: StoredReceipt?
        /// A receipt may tell several things; it is counted once.
        var isFirst = true
    }
    var items: [Item]
    /// Keys a read asked for and the source does not know.
    var missing: [EntityKey] = []
    /// What a person wants done with the one record.
    var command: Command?
    /// Names of people in the observations, and whether their records were asked for.
    var people: [Lookup] = []
    var hasPeople = false
    /// Names that its records share with others, and whether those were asked for.
    var searches: [NameSearch] = []
    var hasSearched = false
    /// The person who changed, where the records are to be planned again for that.
    var dependentsOf: EntityKey?
    /// The record to plan again; the others share a name with it.
    var plansAgain: EntityKey?
    /// The person whose orders were listed; the records are those orders.
    var historyOf: EntityKey?
    /// Receipts up to here are consumed when this batch is applied.
    var position: InboxPosition?
    var consumed: [Commit.ConsumedReceipt] = []
    var keys: [EntityKey]
}

/// RolloutStage histories as they are stored: `live@1790000000000000,observe@...`.
public enum StageHistory {
    public static func settingName(_ flow: String) -> String { "stages:\(flow)" }

    /// The baseline instant of each flow that has none: what a first start writes (DESIGN section 4).
    public static func beginnings(of flows: [Flow], in status: StoreStatus, at now: Instant) -> [Commit.Setting] {
        flows.filter { status.setting(settingName($0.name)).flatMap(decode) == nil }.map { flow in
            Commit.Setting(settingName(flow.name), encode([StageChange(stage: flow.initialStage, at: now)]))
        }
    }

    public static func encode(_ history: [StageChange]) -> String {
        history.map { "\($0.stage.rawValue)@\($0.at.microseconds)" }.joined(separator: ",")
    }

    /// `nil` when the text is no history.
    public static func decode(_ text: String) -> [StageChange]? {
        var history: [StageChange] = []
        for part in text.split(separator: ",") {
            let halves = part.split(separator: "@")
            guard halves.count == 2, let stage = RolloutStage(rawValue: String(halves[0])), let at = Int64(halves[1])
            else {
                return nil
            }
            history.append(StageChange(stage: stage, at: Instant(microseconds: at)))
        }
        return history.isEmpty ? nil : history
    }
}
