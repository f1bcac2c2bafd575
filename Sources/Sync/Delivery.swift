public import Commerce

/// Names one effect at one destination, for ever: `shop-1001:purchase`. Told at most once.
public typealias EventKey = String

/// One thing to tell a destination: one event, or one row.
public struct Delivery: Sendable, Hashable, Codable {
    /// History is told at most once, whatever the mapping. Present is told whenever its projection changed.
    public enum Kind: String, Sendable, Hashable, Codable { case history, present }

    /// The life of a delivery. `planned` may be replaced; from `attempted` on its body is frozen
    /// (docs/architecture.md, law 3).
    ///
    /// ```
    /// planned ◄─────────────┐ it certainly had no effect: it may be replaced again
    ///    └────► attempted ──┴► told (leaves the list)
    ///               │  ▲  └───► parked(refused) ──► resolved --skip: leaves the list
    ///               ▼  │ resend, same bytes
    ///             ambiguous
    /// ```
    public enum Phase: Sendable, Hashable, Codable {
        case planned
        /// Durable before the first byte is sent. After a crash its outcome is unknown.
        case attempted
        /// An attempt's outcome is unknown; the same bytes go again.
        case ambiguous
        /// Waits with a reason until somebody or something releases it.
        case parked(Reason)
    }

    public var key: EventKey
    public var kind: Kind
    /// Where it goes within the destination: deliveries of one channel can share a request.
    public var channel: String
    /// `purchase`, `purchase_update`, `row`...: for traces and metrics.
    public var eventType: String
    public var lane: Lane
    /// The source's own time of the fact.
    public var occurredAt: Instant
    /// Deliveries of the same record that must be told, or skipped, before this one.
    public var after: [EventKey]
    /// The delivery of the same record that this one belongs to, as an item belongs to its purchase. They are frozen
    /// together: it never leaves before its leader's first attempt, and from then on it is not planned anew.
    public var leader: EventKey?
    /// The command, byte for byte as it is sent.
    public var body: [UInt8]
    /// What it adds to the told value in the reference currency (docs/architecture.md, What Bloomreach is told).
    public var contribution: Amount
    public var slots: [AcknowledgedValue]

    public var phase: Phase
    public var attempts: Int
    /// Not to be sent before; `nil` for at once.
    public var notBefore: Instant?
    public var firstAttemptAt: Instant?
    /// An attempt's outcome was unknown at least once: read it back when it is acknowledged.
    public var wasAmbiguous = false
    /// When it was first planned; a delivery planned anew with the same key keeps it.
    public var plannedAt: Instant?
    /// The destination has, or may have, deliveries whose leader it is: it stays as it is from then on.
    var hasToldItems: Bool?

    public init(
        key: EventKey, kind: Kind, channel: String, eventType: String, lane: Lane, occurredAt: Instant,
        after: [EventKey] = [], leader: EventKey? = nil, body: [UInt8], contribution: Amount = .zero,
        slots: [AcknowledgedValue] = []
    ) {
        self.key = key
        self.kind = kind
        self.channel = channel
        self.eventType = eventType
        self.lane = lane
        self.occurredAt = occurredAt
        self.after = after
        self.leader = leader
        self.body = body
        self.contribution = contribution
        self.slots = slots
        phase = .planned
        attempts = 0
        notBefore = nil
        firstAttemptAt = nil
        plannedAt = nil
    }

    /// Attempted, ambiguous: it may have had its effect.
    public var mayBeTold: Bool { phase == .attempted || phase == .ambiguous }
}
