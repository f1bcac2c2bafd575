public import Commerce

/// Names one effect at one destination, for ever: `shop-1001:purchase`. Told at most once.
public typealias EventKey = String

/// Which deliveries go first (A6). A lower number is a higher lane.
public enum Lane: Int, Sendable, Hashable, Codable, Comparable, CaseIterable {
    case orders = 0, identity, stock, attributes, history
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A named piece of told-state that the latest telling replaces, for example `edited_state` or `row`.
public struct AcknowledgedValue: Sendable, Hashable, Codable {
    public var name: String
    public var text: String
    public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
}

/// One thing to tell a destination: one event, or one row.
public struct Delivery: Sendable, Hashable, Codable {
    /// History is told at most once, whatever the mapping. Present is told whenever its projection changed.
    public enum Kind: String, Sendable, Hashable, Codable { case history, present }

    /// The life of a delivery. `planned` may be replaced; from `attempted` on its body is frozen (DESIGN law 3).
    ///
    /// ```
    /// planned ──► attempted ──► told (leaves the list)
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
    /// What it adds to the told value in the reference currency (the algebra of DESIGN section 4).
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

/// An acknowledged history effect.
public struct Told: Sendable, Hashable, Codable {
    public var key: EventKey
    public var occurredAt: Instant
    public var toldAt: Instant
    public var contribution: Amount
    /// `true` where a person gave it up after a refusal: nothing waits for it, and the destination does not have it.
    public var wasGivenUp: Bool?
    public init(
        key: EventKey, occurredAt: Instant, toldAt: Instant, contribution: Amount, wasGivenUp: Bool? = nil
    ) {
        self.key = key
        self.occurredAt = occurredAt
        self.toldAt = toldAt
        self.contribution = contribution
        self.wasGivenUp = wasGivenUp
    }
}

/// After an ambiguous delivery was acknowledged: whether the destination holds it once is read back (A8).
public struct ReadBack: Sendable, Hashable, Codable {
    public var key: EventKey
    public var channel: String
    public var body: [UInt8]
    public var notBefore: Instant
    public var attempts: Int
    /// The piece of told-state that it was the telling of: the next telling of the same piece makes it pointless.
    public var slot: String?
    public init(
        key: EventKey, channel: String, body: [UInt8], notBefore: Instant, attempts: Int = 0, slot: String? = nil
    ) {
        self.key = key
        self.channel = channel
        self.body = body
        self.notBefore = notBefore
        self.attempts = attempts
        self.slot = slot
    }
}

/// What one flow has told, and has still to tell, about one entity.
public struct Ledger: Sendable, Hashable, Codable {
    public var flow: String
    public var told: [Told] = []
    public var slots: [AcknowledgedValue] = []
    /// In the order in which they were planned.
    public var deliveries: [Delivery] = []
    public var readBacks: [ReadBack] = []
    /// When the plan wants to be asked again without a new fact.
    public var planAgainAt: Instant?
    /// When the plan wants to be asked again for what grows old by itself.
    public var refreshAt: Instant?
    /// Effects the plan holds back, with the reason; for people.
    public var waiting: [Waiting] = []
    /// Since when nothing leaves because the destination has not acknowledged who the person is.
    public var awaitsAddressSince: Instant?
    /// An exception `lag_over_objective` is open for this ledger.
    public var isLagging = false
    /// Of a person: how others who turned out to be this one were called here. Sorted.
    public var otherAddresses: [String] = []

    /// The slot that holds how a person is called at the destination (DESIGN section 5).
    public static let addressSlot = "address"

    public init(flow: String) { self.flow = flow }

    /// A slot as the destination will hold it once everything attempted is told.
    public func slot(_ name: String) -> String? {
        for delivery in deliveries.reversed() where delivery.mayBeTold {
            if let slot = delivery.slots.first(where: { $0.name == name }) { return slot.text }
        }
        return toldSlot(name)
    }
    /// The latest telling replaces what a slot held.
    mutating func apply(_ told: [AcknowledgedValue]) {
        slots.removeAll { slot in told.contains { $0.name == slot.name } }
        slots = (slots + told).sorted { $0.name < $1.name }
    }

    /// Another record has replaced what these say.
    mutating func forget(_ names: [String]) {
        guard !names.isEmpty else { return }
        slots.removeAll { names.contains($0.name) }
        readBacks.removeAll { readBack in readBack.slot.map(names.contains) ?? false }
    }

    /// Goes on where another record's ledger stands, under its address and with what was told there.
    mutating func adopt(_ other: Ledger) {
        guard other.toldSlot(Self.addressSlot) != nil else { return }
        apply(other.slots)
    }

    /// Keeps what was told to somebody under another address, which later words there must not fall behind.
    mutating func carry(_ other: Ledger) {
        guard let address = other.slot(Self.addressSlot), address != slot(Self.addressSlot) else { return }
        let open = other.deliveries.filter(\.mayBeTold).flatMap(\.slots)
        let names = Set((other.slots + open).map(\.name)).subtracting([Self.addressSlot]).sorted()
        apply(
            names.compactMap { name in
                let isCarried = name.hasPrefix(Self.carriedPrefix)
                return other.slot(name).map {
                    AcknowledgedValue(isCarried ? name : Self.carriedSlot(name, of: address), $0)
                }
            })
    }
    private static let carriedPrefix = "other:"

    /// Under which name a person's ledger keeps a slot of somebody who turned out to be them.
    public static func carriedSlot(_ name: String, of otherAddress: String) -> String {
        "\(carriedPrefix)\(otherAddress):\(name)"
    }

    /// A slot as acknowledged.
    public func toldSlot(_ name: String) -> String? { slots.first { $0.name == name }?.text }

    /// Acknowledged, or possibly so.
    public func isToldOrAttempted(_ key: EventKey) -> Bool {
        told.contains { $0.key == key } || deliveries.contains { $0.key == key && $0.mayBeTold }
    }
    /// What the destination has: told, and not given up.
    public var acknowledgedKeys: [EventKey] { told.filter { $0.wasGivenUp != true }.map(\.key) }

    /// Counts as told, though the destination refused it and a person gave it up.
    public func isGivenUp(_ key: EventKey) -> Bool { told.contains { $0.key == key && $0.wasGivenUp == true } }

    /// A person decided that this is not told. It counts as told with no value, so that it is not planned again and
    /// what waits behind it goes on.
    mutating func giveUp(_ delivery: Delivery, at now: Instant) {
        apply(delivery.slots)
        if delivery.kind == .history {
            told.append(
                Told(
                    key: delivery.key, occurredAt: delivery.occurredAt, toldAt: now, contribution: .zero,
                    wasGivenUp: true))
        }
        deliveries.removeAll { $0.key == delivery.key || $0.leader == delivery.key }
    }

    public func isParked(_ key: EventKey) -> Bool {
        deliveries.contains { if $0.key == key, case .parked = $0.phase { true } else { false } }
    }
}

/// An effect that is held back, and why.
public struct Waiting: Sendable, Hashable, Codable {
    public var eventType: String
    public var reason: Reason
    /// A permanent state: nothing will end it, so it does not count as waiting work.
    public var isLasting: Bool

    public init(eventType: String, reason: Reason, isLasting: Bool = false) {
        self.eventType = eventType
        self.reason = reason
        self.isLasting = isLasting
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        eventType = try container.decode(String.self, forKey: .eventType)
        reason = try container.decode(Reason.self, forKey: .reason)
        // Absent in records of earlier versions.
        isLasting = try container.decodeIfPresent(Bool.self, forKey: .isLasting) ?? false
    }
}

/// Everything the engine holds about one entity: one aggregate, committed with its expected generation.
public struct EntityRecord: Sendable, Hashable, Codable {
    public var key: EntityKey
    /// 0 before the first commit; each commit adds one.
    public var generation: Int64 = 0
    public var truth = Truth()
    /// Sorted by flow.
    public var ledgers: [Ledger] = []

    public init(key: EntityKey) { self.key = key }

    public subscript(flow flow: String) -> Ledger {
        get { ledgers.first { $0.flow == flow } ?? Ledger(flow: flow) }
        set {
            if let index = ledgers.firstIndex(where: { $0.flow == flow }) {
                ledgers[index] = newValue
            } else {
                ledgers.append(newValue)
                ledgers.sort { $0.flow < $1.flow }
            }
        }
    }
}
