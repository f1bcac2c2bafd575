public import Commerce

/// What went wrong, for people. Closed, additive.
public enum ExceptionKind: String, Sendable, Hashable, Codable, CaseIterable {
    case ambiguousDuplicate = "ambiguous_duplicate", capacity, captureProblem = "capture_problem"
    case consentConflict = "consent_conflict", destinationRefused = "destination_refused"
    case destinationUnauthorised = "destination_unauthorised", destinationUnreachable = "destination_unreachable"
    case driftFound = "drift_found", editBlocked = "edit_blocked", fulfilmentConflict = "fulfilment_conflict"
    case hookUnhealthy = "hook_unhealthy", identityConflict = "identity_conflict", identitySuspect = "identity_suspect"
    case incompleteOrder = "incomplete_order", lagOverObjective = "lag_over_objective", mappingFailed = "mapping_failed"
    case missingWebhooks = "missing_webhooks", payoutDifference = "payout_difference"
    case privacyRequest = "privacy_request", productUnknown = "product_unknown", rateMissing = "rate_missing"
    case replacementDoubtful = "replacement_doubtful", sagaStuck = "saga_stuck", signatureFailures =
        "signature_failures"
    case silence, sourceUnreadable = "source_unreadable", stockMismatch = "stock_mismatch"
    case unreadablePayload = "unreadable_payload"
}

extension ExceptionKind {
    /// Those that are about parked deliveries: whatever a flow has parked of one record.
    public static let ofParkedDeliveries: [ExceptionKind] = [.destinationRefused, .destinationUnreachable]
}

/// An exception as a part of the engine raises it; the store counts and keeps it.
public struct RaisedException: Sendable, Hashable {
    public var kind: ExceptionKind
    /// What it is about: an entity's key, a connection, a flow.
    public var subject: String
    /// Plain language; never personal data.
    public var cause: String

    public init(_ kind: ExceptionKind, subject: String, cause: String) {
        self.kind = kind
        self.subject = subject
        self.cause = cause
    }

    /// One kind about one subject is one exception, however often it recurs (A20).
    public var id: String { Self.id(kind, subject: subject) }
    public static func id(_ kind: ExceptionKind, subject: String) -> String {
        "\(kind.rawValue)-\(StableDigest.of(subject).prefix(10))"
    }
}

/// An exception as people see it.
public struct OpenException: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Hashable, Codable { case open, assigned, resolved }
    public var id: String
    public var kind: ExceptionKind
    public var subject: String
    public var cause: String
    public var state: State
    public var count: Int64
    public var firstAt: Instant
    public var lastAt: Instant

    public init(
        id: String, kind: ExceptionKind, subject: String, cause: String, state: State, count: Int64, firstAt: Instant,
        lastAt: Instant
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.cause = cause
        self.state = state
        self.count = count
        self.firstAt = firstAt
        self.lastAt = lastAt
    }
}

/// One line of a story (A12).
public struct TraceItem: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        case receipt, state, act, decision, delivery, answer, readback, exception
    }
    public var at: Instant
    public var kind: Kind
    public var entity: EntityKey?
    public var flow: String?
    public var destination: String?
    public var eventType: String?
    public var eventKey: EventKey?
    public var reason: Reason?
    /// For people; never personal data.
    public var detail: String
    public var receipt: InboxPosition?

    public init(
        at: Instant, kind: Kind, entity: EntityKey?, flow: String? = nil, destination: String? = nil,
        eventType: String? = nil, eventKey: EventKey? = nil, reason: Reason? = nil, detail: String,
        receipt: InboxPosition? = nil
    ) {
        self.at = at
        self.kind = kind
        self.entity = entity
        self.flow = flow
        self.destination = destination
        self.eventType = eventType
        self.eventKey = eventKey
        self.reason = reason
        self.detail = detail
        self.receipt = receipt
    }
}
