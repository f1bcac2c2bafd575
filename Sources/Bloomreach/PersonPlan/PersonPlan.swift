import Commerce
import JSON
public import Sync

/// What Bloomreach is told about a person: their address, further ids, and current properties.
///
/// The ids under which Bloomreach first acknowledged a person are their **address** there, and never change
/// (docs/architecture.md, Who a person is). The first command tells the address with the properties; events wait for
/// it. Every further id goes in a command of its own, so that one that is refused keeps no other back, and events go on
/// under the address.
///
/// What it guarantees: properties are told in the order of their own times, and totals only when every order of the
/// person is known. What it costs: one command for each new person, and one for each change of what they are like.
public struct PersonPlan: Sendable {
    public var configuration: BloomreachConfiguration

    public init(configuration: BloomreachConfiguration) { self.configuration = configuration }

    public func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        guard let person = record.truth.person, person.mergedInto == nil else { return Plan() }
        var draft = PersonDraft(
            person: person, name: record.key.id, ledger: record[flow: context.flow.name], context: context,
            identity: configuration.identity)
        draft.planProperties()
        draft.planLinks()
        draft.planTotalsElsewhere()
        return draft.plan
    }
}

/// A plan in the making for one person.
struct PersonDraft: PlanDraft {
    static let propertiesSlot = "properties"
    static let updatedSlot = "updated"
    /// Set once totals were told.
    static let totalsSlot = "totals"

    let person: Person
    let name: String
    let ledger: Ledger
    let context: PlanContext
    let identity: [BloomreachConfiguration.IdentifierType]
    /// Customer records in use, and orders: those that changed last come last.
    let customers: [CustomerSummary]
    let orders: [OrderSummary]
    var plan = Plan()
    /// The properties of this plan say what all orders sum up to.
    var hasTotals = false
    /// The time that they bear, once told or planned.
    var totalsTime: Instant?
    /// Ids that stay on a profile of their own.
    var split: Set<ExternalIDs.Entry> = []

    init(
        person: Person, name: String, ledger: Ledger, context: PlanContext,
        identity: [BloomreachConfiguration.IdentifierType]
    ) {
        self.person = person
        self.name = name
        self.ledger = ledger
        self.context = context
        self.identity = identity
        customers = person.customers.filter { !$0.isDeleted }
            .sorted { ($0.updatedAt, $0.key) < ($1.updatedAt, $1.key) }
        orders = person.orders.sorted { ($0.updatedAt, $0.key) < ($1.updatedAt, $1.key) }
    }

    /// As told or attempted, else as it would be told now; `nil` for a person without an id that this project knows.
    var address: ExternalIDs? {
        if let text = ledger.slot(Ledger.addressSlot) { return ExternalIDs(text: text) }
        return ids.first.map { ExternalIDs([$0]) }
    }

    /// At most one value of each hard type, strongest type first.
    var ids: [ExternalIDs.Entry] {
        identity.filter { $0.kind == .hard }.compactMap { type in
            let known = person.identifiersInUseFirst.filter { type.source.takes($0) }
            let preferred =
                type.source == .email ? known.first { $0.value == currentEmail } ?? known.first : known.first
            guard let value = preferred?.value, ExternalIDs.isValid(value) else { return nil }
            return ExternalIDs.Entry(type: type.name, value: value)
        }
    }

    /// A person that orders wait for comes first (docs/architecture.md, law 4).
    var lane: Lane { person.awaitingAddress.isEmpty ? .identity : .orders }

    func key(_ rest: String) -> EventKey { "person:\(name):\(rest)" }

    static func linkKey(of name: String, to entry: ExternalIDs.Entry) -> EventKey {
        "person:\(name):link:\(entry.type):\(StableDigest.of(entry.value).prefix(12))"
    }

    // MARK: Properties

    mutating func planProperties() {
        guard let address else {
            wait("customer", .noIdentity, "no id of this person has a type in the project's identity mapping")
            return
        }
        let properties = properties()
        let digest = StableDigest.of(JSON.object(properties).text(sortingKeys: true))
        guard ledger.slot(Self.propertiesSlot) != digest || isOvertaken else {
            totalsTime = hasTotals ? toldUpdateTime : nil
            decide("customer", .noChange)
            return
        }
        if let refused = refusedProperties(saying: digest) {
            wait("customer", .refused, "refused before (\(refused)); `plumbline exceptions` says why")
            return
        }
        let time = updateTime
        totalsTime = hasTotals ? time : nil
        let body = CustomerCommand.body(address, properties: properties, updatedAt: time)
        let open = openPresentKeys
        let key = freeKey(key("customer:\(digest.prefix(12))"), among: open)
        plan.deliveries.append(
            Delivery(
                key: key, kind: .present,
                channel: BloomreachDestination.customersChannel, eventType: "customer", lane: lane, occurredAt: newest,
                after: open, body: body,
                slots: [
                    AcknowledgedValue(Ledger.addressSlot, address.text), AcknowledgedValue(Self.propertiesSlot, digest),
                    AcknowledgedValue(Self.updatedSlot, String(time.microseconds)),
                ] + (hasTotals ? [AcknowledgedValue(Self.totalsSlot, "told")] : [])))
        decide("customer", .told, key)
    }

    var openPresentKeys: [EventKey] {
        ledger.deliveries.filter { $0.kind == .present && $0.mayBeTold }.map(\.key)
    }

    /// Of the properties in this plan.
    var plannedKeys: [EventKey] { plan.deliveries.filter { $0.eventType == "customer" }.map(\.key) }

    private func refusedProperties(saying digest: String) -> EventKey? {
        ledger.deliveries.first { delivery in
            guard case .parked = delivery.phase, delivery.kind == .present else { return false }
            return delivery.slots.contains(AcknowledgedValue(Self.propertiesSlot, digest))
        }?.key
    }

    /// The newest time of anything that the properties say.
    var newest: Instant {
        (person.orders.map(\.updatedAt) + person.customers.map(\.updatedAt)).max() ?? context.now
    }

    /// Never behind what was told before: a late webhook must not make Bloomreach keep the older value
    /// (docs/vendors/bloomreach.md, Tracking: commands). Nor behind what was told of others who turned out to be this
    /// person: where profiles are joined, each property of the later time is kept (docs/vendors/bloomreach.md,
    /// Identity: merging).
    private var updateTime: Instant {
        let others = ledger.otherAddresses.map { (updateTime(of: $0) ?? newest) + Self.aheadOfOthers }
        let own = toldUpdateTime.map { $0 + .milliseconds(1) }
        return ([newest] + others + [own].compactMap { $0 }).max() ?? newest
    }

    /// Leaves room for one more word to the other profile, which must not win over what is told here.
    private static let aheadOfOthers = TimeSpan.milliseconds(2)

    private var toldUpdateTime: Instant? { Self.time(in: ledger.slot(Self.updatedSlot)) }

    func updateTime(of other: String) -> Instant? {
        Self.time(in: ledger.slot(Ledger.carriedSlot(Self.updatedSlot, of: other)))
    }

    private static func time(in slot: String?) -> Instant? {
        slot.flatMap { Int64($0) }.map { Instant(microseconds: $0) }
    }

    /// A profile that becomes this one was told later than this one: its word would stand.
    private var isOvertaken: Bool {
        guard let own = toldUpdateTime else { return false }
        return ledger.otherAddresses.compactMap { updateTime(of: $0) }.contains { own < $0 + Self.aheadOfOthers }
    }

    // MARK: Further ids

    mutating func planLinks() {
        guard let address else { return }
        let linked = linkedIDs
        var takenTypes = Set((address.entries + linked).map(\.type)).union(linkedTypes)
        for entry in otherIDs(than: address) where !linked.contains(entry) {
            let key = Self.linkKey(of: name, to: entry)
            if ledger.isParked(key) || ledger.isGivenUp(key) {
                split.insert(entry)
                let why = ledger.isParked(key) ? "`plumbline exceptions` says why" : "its link was given up"
                wait(
                    "customer_link", .refused, "\(entry.type) stays on another profile; \(why)",
                    isLasting: !ledger.isParked(key))
                continue
            }
            guard takenTypes.insert(entry.type).inserted else {
                // Two values of one hard type never become one profile (docs/vendors/bloomreach.md, Identity: merging).
                splitOff(entry)
                continue
            }
            let ids = ExternalIDs(address.entries + [entry])
            plan.deliveries.append(
                Delivery(
                    key: key, kind: .history, channel: BloomreachDestination.customersChannel,
                    eventType: "customer_link", lane: .identity, occurredAt: newest,
                    after: openPresentKeys + plannedKeys,
                    body: CustomerCommand.body(ids, properties: JSONObject(), updatedAt: newest)))
            decide("customer_link", .told, key, entry.type)
        }
    }

    /// Ids of theirs beside the address: the mapping's, and how others who turned out to be them were called.
    private func otherIDs(than address: ExternalIDs) -> [ExternalIDs.Entry] {
        let merged = ledger.otherAddresses.compactMap { ExternalIDs(text: $0) }.flatMap(\.entries)
        var seen = Set(address.entries)
        return (ids + merged).filter { seen.insert($0).inserted }
    }

    /// Types of ids that were linked once, also of those that are theirs no more: an e-mail that changed, for example.
    private var linkedTypes: [String] {
        let prefix = key("link:")
        let keys = ledger.acknowledgedKeys + ledger.deliveries.filter(\.mayBeTold).map(\.key)
        return keys.filter { $0.hasPrefix(prefix) }
            .compactMap { $0.dropFirst(prefix.count).split(separator: ":").first.map(String.init) }
    }

    private var linkedIDs: [ExternalIDs.Entry] {
        otherIDs(than: address ?? ExternalIDs([])).filter {
            let key = Self.linkKey(of: name, to: $0)
            return ledger.isToldOrAttempted(key) && !ledger.isGivenUp(key)
        }
    }
}

extension BloomreachConfiguration.IdentifierType.Source {
    /// Whether an id of this type is made from such an identifier.
    func takes(_ identifier: PersonIdentifier) -> Bool {
        switch self {
        case .customerID(let connection): identifier.kind == .customerID && identifier.connection == connection
        case .email: identifier.kind == .email
        case .phone: identifier.kind == .phone
        case .cart, .cookie: false
        }
    }
}
