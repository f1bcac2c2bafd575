public import Commerce
public import Transport

/// A system that is told. Pure: the plan, requests out and answers in as values.
public protocol Destination: Sendable {
    /// The connection's name in the configuration.
    var connection: String { get }
    var limits: DestinationLimits { get }

    /// What this destination should be told about a record: truth minus told and attempted. Pure.
    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan

    /// Names that a record shares with others of the brand in a way that what is told of one depends on the others.
    func sharedNames(of record: EntityRecord) -> [NameSearch]

    /// What must be learned from the destination before a channel can be used, for example ids of catalogues.
    /// `nil` when ready.
    func preparation(for channel: String) -> HTTPRequest?
    /// Takes the answer to ``preparation(for:)``.
    mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation

    /// At most this many deliveries share one request of the channel.
    func batchMax(for channel: String) -> Int
    /// One request for deliveries of one channel. The bytes of each delivery are sent as they are.
    func request(for batch: DeliveryBatch) -> HTTPRequest
    /// What became of each delivery of a batch.
    func interpret(_ outcome: HTTPOutcome, of batch: DeliveryBatch) -> DeliveryBatchResult

    /// Looks whether deliveries of one person or row arrived once; one at a time.
    func readBackRequest(for readBack: ReadBack) -> HTTPRequest
    func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult
}

extension Destination {
    /// Records are planned alone, unless a destination says otherwise.
    public func sharedNames(of record: EntityRecord) -> [NameSearch] { [] }
}

/// What a destination stands (A7).
public struct DestinationLimits: Sendable, Hashable {
    /// Requests at once.
    public var concurrentRequestsMax: Int
    /// Requests in any minute, counted evenly.
    public var requestsPerMinute: Int

    public init(concurrentRequestsMax: Int, requestsPerMinute: Int) {
        self.concurrentRequestsMax = concurrentRequestsMax
        self.requestsPerMinute = requestsPerMinute
    }
}

/// Whether a destination's channel, or a source, can be used.
public enum Preparation: Sendable, Hashable {
    case ready
    /// `after`: what the vendor asked for, if it did.
    case later(after: TimeSpan? = nil, reason: String)
    /// Somebody must act: `check --fix` may help.
    case impossible(RaisedException)
}

/// Deliveries on their way in one request.
public struct DeliveryBatch: Sendable, Hashable {
    public struct Item: Sendable, Hashable {
        public var entity: EntityKey
        public var flow: String
        public var delivery: Delivery
        public init(entity: EntityKey, flow: String, delivery: Delivery) {
            self.entity = entity
            self.flow = flow
            self.delivery = delivery
        }
    }
    public var id: Int64
    public var destination: String
    public var channel: String
    /// Never two of one entity's chain that depend on each other.
    public var items: [Item]

    public init(id: Int64, destination: String, channel: String, items: [Item]) {
        self.id = id
        self.destination = destination
        self.channel = channel
        self.items = items
    }
}

/// What became of one delivery.
public enum Answer: Sendable, Hashable {
    case accepted
    /// Final: the same bytes will never be taken.
    case refused(String)
    /// It had no effect and may be sent again.
    case retry(String)
    /// Whether it had its effect is not known; the same bytes go again.
    case ambiguous(String)

    var isUnclear: Bool { if case .ambiguous = self { true } else { false } }

    /// Nothing more comes of this attempt.
    var isFinal: Bool {
        switch self {
        case .accepted, .refused: true
        case .retry, .ambiguous: false
        }
    }
}

/// What became of a batch. `answers` has one entry for each item, in order.
public struct DeliveryBatchResult: Sendable, Hashable {
    public var answers: [Answer]
    /// The whole destination should rest: throttled or failing. The engine chooses how long unless `restFor` says.
    public var mustRest: Bool
    public var restFor: TimeSpan?
    /// Credentials are refused: stop until somebody acts.
    public var unauthorised: String?

    public init(answers: [Answer], mustRest: Bool = false, restFor: TimeSpan? = nil, unauthorised: String? = nil) {
        self.answers = answers
        self.mustRest = mustRest
        self.restFor = restFor
        self.unauthorised = unauthorised
    }
}

/// What was found when looking again.
public enum ReadBackResult: Sendable, Hashable {
    /// How many copies the destination holds.
    case found(copies: Int)
    /// `after`: what the vendor asked for, if it did.
    case later(String, after: TimeSpan? = nil)
    /// This key may not read, or the answer makes no sense: give up, say so in the trace.
    case impossible(String)
}
