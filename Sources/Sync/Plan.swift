public import Commerce

/// Why something was told or not told. A closed list; runbooks and traces speak only these.
public enum Reason: String, Sendable, Hashable, Codable, CaseIterable {
    case told, duplicate, olderVersion = "older_version", noChange = "no_change", notPurchaseYet = "not_purchase_yet"
    case neverTold = "never_told", beforeBaseline = "before_baseline", heldForPair = "held_for_pair"
    case heldForSnapshot = "held_for_snapshot", waitsForDependency = "waits_for_dependency"
    case stageObserve = "stage_observe", outsidePercentage = "outside_percentage", noIdentity = "no_identity"
    case suppressed, unknownHistory = "unknown_history", historyHorizon = "history_horizon"
    case rateMissing = "rate_missing", productUnknown = "product_unknown", refused, exceptionOpen = "exception_open"
    case superseded
}

/// What the plan decided about one kind of effect.
public struct Decision: Sendable, Hashable, Codable {
    public var eventType: String
    public var reason: Reason
    public var eventKey: EventKey?
    /// For people; never personal data.
    public var detail: String?
    public init(_ eventType: String, _ reason: Reason, eventKey: EventKey? = nil, detail: String? = nil) {
        self.eventType = eventType
        self.reason = reason
        self.eventKey = eventKey
        self.detail = detail
    }
}

/// The answer of a destination's plan for one entity.
public struct Plan: Sendable, Hashable {
    /// Everything not yet attempted that should be told, in order. Replaces all planned deliveries.
    public var deliveries: [Delivery] = []
    public var decisions: [Decision] = []
    /// Effects held back with a reason; they count as waiting.
    public var waiting: [Waiting] = []
    /// Ask again at this time even if nothing happens.
    public var planAgainAt: Instant?
    /// The same for what grows old by itself, such as a price at a day's rate: nothing is held back until then.
    public var refreshAt: Instant?
    /// Exceptions that this plan raises, and kinds that it finds resolved.
    public var raised: [RaisedException] = []
    public var resolved: [ExceptionKind] = []
    /// Exceptions that are not about the record alone, and that this plan finds resolved; by id.
    public var resolvedIDs: [String] = []
    /// Slots that say what is not there any more, because another record has replaced it.
    public var forgotten: [String] = []
    /// Refused deliveries whose content a planned successor now says: they are dropped.
    public var superseded: [EventKey] = []
    /// It is planned again when the destination has acknowledged who the record's person is.
    public var awaitsAddress = false
    /// It is planned again with the order that stands for its journey.
    public var wantsJourneyCurrent = false

    public init() {}
}

/// How a flow treats facts. docs/configuration.md lists the defaults.
public struct Policies: Sendable, Hashable {
    public enum PurchaseGate: String, Sendable, CaseIterable { case paid, authorised, placed }
    public enum PurchasePattern: String, Sendable, CaseIterable { case update, statusLadder = "status_ladder" }

    public var purchaseWhen = PurchaseGate.paid
    public var purchasePattern = PurchasePattern.update
    public var replacementHold = TimeSpan.seconds(120)
    public var editCompanionWait = TimeSpan.seconds(3)
    public var pollInterval = TimeSpan.seconds(60)
    public var pollOverlap = TimeSpan.minutes(5)
    public var debounce = TimeSpan.seconds(2)
    public var debounceMax = TimeSpan.seconds(10)
    public var batchLinger = TimeSpan.milliseconds(20)
    public var freshnessObjective = TimeSpan.minutes(5)
    public var horizon = TimeSpan.days(400)
    /// Between two lists of a buyer's older orders: they must not use up what reads of edited orders need. A list costs
    /// about 15 points, and a shop of the standard plan has 100 a second
    /// (docs/vendors/shopify.md, Reads and rate limits).
    public var historySpacing = TimeSpan.milliseconds(250)
    public var readBackDelay = TimeSpan.seconds(5)
    public var retryMaxAge = TimeSpan.days(7)
    public var retryBase = TimeSpan.seconds(1)
    public var retryMax = TimeSpan.minutes(5)
    public var bodyRetention = TimeSpan.days(30)
    public var traceRetention = TimeSpan.days(400)
    public var maxBodyBytes = 2 * 1_024 * 1_024
    /// Another connector's purchases are known and left out of reports, so going live beside it is safe (E11).
    public var acceptsForeignPurchases = false
    /// Zero-value orders are told too (A22).
    public var tellZeroValue = false
    /// Test orders are told too (A22).
    public var tellTestOrders = false
    /// Tags and app ids that mark orders another system has migrated here (A22).
    public var migratedTags: [String] = []
    public var migratedAppIDs: [String] = []
    /// How cancelled and recreated orders are recognised (docs/architecture.md, Journeys).
    public var journeys = JourneyRules()

    public init() {}
}

/// How far a flow goes (A15).
public enum RolloutStage: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Reads and plans; sends nothing.
    case observe
    /// Sends, marked so that no campaign fires.
    case ingest
    case live

    /// One that goes less far is lower.
    public static func < (left: Self, right: Self) -> Bool { left.reach < right.reach }
    private var reach: Int {
        switch self {
        case .observe: 0
        case .ingest: 1
        case .live: 2
        }
    }
}

/// When a flow entered a stage. The newest entry is the stage now.
public struct StageChange: Sendable, Hashable, Codable {
    public var stage: RolloutStage
    public var at: Instant
    public init(stage: RolloutStage, at: Instant) {
        self.stage = stage
        self.at = at
    }
}

/// A source, a destination, and what holds between them.
public struct Flow: Sendable, Hashable {
    public var name: String
    public var blueprint: String
    /// Connections of one brand share people; brands never do.
    public var brand: String
    /// Under which name this destination is told who people are: one for all flows to it, whatever they are called and
    /// whichever comes first, so that a person's address there is kept for ever.
    public var personFlow: String
    public static func peopleFlow(of destination: String) -> String { "\(destination)/people" }
    public var source: String
    public var destination: String
    public var initialStage: RolloutStage
    public var policies: Policies
    /// Orders are called `<idPrefix>-<id>` at the destination.
    public var idPrefix: String
    public var referenceCurrency: Currency
    /// Used only where a source gives no rate (docs/architecture.md, law 8).
    public var rates = RateTable.empty
    /// The id prefix of each connection of the brand, and how its orders count; filled in by the engine.
    public var idPrefixes: [String: String] = [:]
    public var sourcePolicies: [String: Policies] = [:]
    /// What `purchase_source_name` says: the shop's domain.
    public var sourceName: String

    public init(
        name: String, blueprint: String, brand: String, source: String, destination: String, initialStage: RolloutStage,
        policies: Policies = Policies(), idPrefix: String, referenceCurrency: Currency, sourceName: String
    ) {
        self.name = name
        self.blueprint = blueprint
        self.brand = brand
        personFlow = name
        self.source = source
        self.destination = destination
        self.initialStage = initialStage
        self.policies = policies
        self.idPrefix = idPrefix
        self.referenceCurrency = referenceCurrency
        self.sourceName = sourceName
    }
}

extension Flow {
    /// How an order is called at the destination.
    public func purchaseID(_ order: EntityKey) -> String {
        "\(order.connection == source ? idPrefix : idPrefixes[order.connection] ?? order.connection)-\(order.id)"
    }

    /// How orders of that connection count, whichever flow asks.
    public func policies(of connection: String) -> Policies {
        connection == source ? policies : sourcePolicies[connection] ?? policies
    }

    /// The amount in the reference currency, rounded to its minor unit; `nil` when no rate is known.
    public func reference(_ bag: MoneyBag, on day: Instant) -> Amount? {
        if bag.shop.currency == referenceCurrency { return bag.shop.rounded.amount }
        if bag.presentment.currency == referenceCurrency { return bag.presentment.rounded.amount }
        return rates.rate(for: bag, to: referenceCurrency, on: day)?.convert(bag)?.amount
    }
}

/// What a plan may know besides the record.
public struct PlanContext: Sendable, Hashable {
    public var flow: Flow
    /// Oldest first; never empty. The first entry's time is the baseline instant (docs/architecture.md, Stages and the
    /// past).
    public var stages: [StageChange]
    public var now: Instant
    /// Which orders count as purchases, now and before.
    public var purchaseRules: PurchaseRulesHistory
    /// Who the record is about; `nil` while nobody is known.
    public var person: EntityRecord?

    /// Of the first order of a journey: the order that stands for it now, where it is another.
    public var journeyCurrent: EntityRecord?
    /// The order that stands for the journey is not at hand.
    public var isJourneyCurrentMissing = false

    /// Others that share a name with the record (``Truth/namesakes``), where the same destination is told of them.
    public var namesakes: [EntityRecord] = []

    /// What this destination was told of the person.
    public var personLedger: Ledger? { person?[flow: flow.personFlow] }

    /// - Parameter purchaseRules: those of the flow's policies, always, unless said otherwise.
    public init(
        flow: Flow, stages: [StageChange], now: Instant, person: EntityRecord? = nil,
        purchaseRules: PurchaseRulesHistory? = nil
    ) {
        precondition(!stages.isEmpty, "a flow has a stage before it plans")
        self.purchaseRules = purchaseRules ?? PurchaseRulesHistory(PurchaseRules(flow.policies), at: stages[0].at)
        self.flow = flow
        self.stages = stages
        self.now = now
        self.person = person
    }

    /// The start of the baseline's second: sources tell whole seconds, and a fact of that second is no history.
    public var baseline: Instant { Instant(seconds: stages[0].at.wholeSeconds) }
    public var stage: RolloutStage { stages[stages.count - 1].stage }
    /// The stage at the time of a fact; the first stage for facts before the baseline.
    public func stage(at time: Instant) -> RolloutStage { (stages.last { $0.at <= time } ?? stages[0]).stage }
}
