public import Commerce

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

    /// The slot that holds how a person is called at the destination (docs/architecture.md, Who a person is).
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
