public import Commerce
public import Transport

/// HMAC-SHA256, injected: `code(key, message)`.
public typealias MessageAuthentication = @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]

/// A shop: it sends webhooks and answers reads. Pure: requests out and answers in as values.
public protocol Source: Sendable {
    /// The connection's name in the configuration.
    var connection: String { get }
    /// Webhooks above this many bytes are refused before they are read.
    var bodyBytesMax: Int { get }
    /// Entities asked for in one read, to begin with; ``SourceAnswer/tooMuch(keysMax:)`` lowers it.
    var readKeysMax: Int { get }
    /// Reads at once; vendors' budgets are per shop, so more may only be throttled.
    var readsAtOnceMax: Int { get }

    /// Kinds whose changes are polled for, so that a lost webhook is no lost fact. Sorted.
    var polledKinds: [EntityKind] { get }

    /// Checks who sent a webhook, over the raw bytes and before parsing anything.
    func admit(_ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication) -> Admission
    /// What to answer when something is wrong (each vendor reads a status in its own way).
    func status(for refusal: WebhookRefusal) -> Int

    /// Parses and maps. Never fails: what cannot be understood is ``Observation/unreadable(_:code:detail:)``.
    func observations(in receipt: Receipt) -> [Observation]

    /// What must be asked before the next read, for example for a token: the first time, and again before it expires.
    /// `nil` when ready.
    func preparation(at now: Instant) -> HTTPRequest?
    /// Takes the answer to ``preparation(at:)``.
    mutating func prepared(_ outcome: HTTPOutcome, at now: Instant) -> Preparation
    /// Gives up what ``prepared(_:at:)`` learned, after ``SourceAnswer/unprepared(_:)``.
    mutating func forgetPreparation()

    /// The request for a read, without credentials of another connection; the source adds its own.
    func request(for read: SourceRead) -> HTTPRequest
    /// What a read brought.
    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer
}

extension Source {
    public var readKeysMax: Int { 10 }
    public var polledKinds: [EntityKind] { [.order] }
    public var readsAtOnceMax: Int { 1 }

    /// Reads need nothing beforehand, unless a source says otherwise.
    public func preparation(at now: Instant) -> HTTPRequest? { nil }
    public mutating func prepared(_ outcome: HTTPOutcome, at now: Instant) -> Preparation { .ready }
    public mutating func forgetPreparation() {}
}

/// Whether a webhook is let in.
public enum Admission: Sendable, Hashable {
    case admitted(Receipt)
    case refused(WebhookRefusal, detail: String)
}

/// Why a webhook is not taken.
public enum WebhookRefusal: String, Sendable, Hashable, CaseIterable {
    case badSignature = "bad_signature", tooLarge = "too_large", storeUnavailable = "store_unavailable"
}

/// What to read.
public struct SourceRead: Sendable, Hashable {
    public enum Wanted: Sendable, Hashable {
        /// These entities of one kind, whole; at most ``Source/readKeysMax``.
        case entities([EntityKey])
        /// The rest of one entity that did not fit: `cursor` is what the source's room said.
        case continuation(EntityKey, cursor: String)
        /// Keys and times of the entities of one kind that changed since; by page.
        case changes(EntityKind, since: Instant, cursor: String?)
        /// Keys and times of every order of one buyer, whatever its age; by page (E6).
        case orders(of: BuyerReference, cursor: String?)
    }
    public var id: Int64
    public var connection: String
    public var wanted: Wanted

    public init(id: Int64, connection: String, wanted: Wanted) {
        self.id = id
        self.connection = connection
        self.wanted = wanted
    }
}

/// How a source is asked for the orders of one buyer.
public enum BuyerReference: Sendable, Hashable {
    case customerID(String)
    case email(String)
}

/// What a read brought.
public enum SourceAnswer: Sendable, Hashable {
    /// Observations of everything found, the keys that the source does not know (or does not show us), and, for a
    /// page of changes, where the next one starts (`nil`: that was the last).
    case found([Observation], missing: [EntityKey], nextCursor: String?)
    /// Too dear for one request: ask for fewer at once, at most `keysMax`.
    case tooMuch(keysMax: Int)
    /// Not now; nothing was lost. `after`: what the source asked for, if it did.
    case later(after: TimeSpan?, reason: String)
    /// The source will not answer us until somebody acts: bad token, frozen shop.
    case denied(String)
    /// What ``Source/preparation(at:)`` obtained is no longer accepted: the login expired or was revoked. Prepare again
    /// and repeat the read; nothing was lost.
    case unprepared(String)
    /// An answer that cannot be understood.
    case unreadable(String)
}
