public import Commerce
import JSON
import Sync

/// What neither system's state tells by itself: who is behind an order, what people said about consent and when, and
/// what the engine has listed for a data steward.
public struct Oracle: Sendable {
    /// A wish that the shop took down.
    public struct Wish: Sendable, Hashable {
        public var customerID: String
        public var channel: ConsentChannel
        public var isGranted: Bool
        public var at: Instant
    }

    /// Somebody as the engine knows them.
    public struct KnownPerson: Sendable, Hashable {
        public var key: String
        /// External ids as `type:value`; empty while nothing was acknowledged.
        public var address: [String] = []
        /// A link that was refused, or a conflict that waits for a steward.
        public var isSplitListed = false
        public var isHistoryComplete = true
    }

    /// Shopper by order id, by customer id, and by `email_id:` or `phone_id:` and its value.
    public private(set) var shoppers: [String: Int] = [:]
    /// Shoppers of whom nothing is known but what nobody can have.
    public private(set) var nameless: Set<Int> = []
    /// For a while nothing but feeds told the engine what happened: it may have believed what was not true any more.
    public var wasDeaf = false
    /// Orders that were there before the connector began, and by which external ids their buyer was known then.
    public private(set) var earlierOrders: [String: Set<String>] = [:]
    /// When that was.
    public private(set) var began = Instant(microseconds: 0)
    public private(set) var wishes: [Wish] = []
    /// Customers whose record the engine holds.
    public var knownCustomers: Set<String> = []
    /// By order id.
    public var people: [String: KnownPerson] = [:]

    public init() {}

    static func customer(_ id: String) -> String { "shopify_id:\(id)" }

    public func shopper(of order: ShopTruth.ShopOrder) -> Int? { shoppers[order.id] }

    /// Nothing names its buyer, so it waits and is told of nobody.
    public func isNameless(_ order: ShopTruth.ShopOrder) -> Bool { shopper(of: order).map(nameless.contains) ?? false }

    // MARK: Watching

    mutating func saw(_ shopper: Int, behind order: ShopTruth.ShopOrder, buyer: JSON) {
        shoppers[order.id] = shopper
        // Who shops with the account of somebody they were merged into does not take it over.
        if let id = order.customerID, shoppers[Self.customer(id)] == nil { shoppers[Self.customer(id)] = shopper }
        let customer = buyer["customer"]
        for email in [buyer["email"]?.string, customer?["email"]?.string, order.email].compactMap({ $0 }) {
            shoppers["email_id:\(email)"] = shoppers["email_id:\(email)"] ?? shopper
        }
        let phones = [buyer["phone"]?.string, customer?["phone"]?.string].compactMap { $0 }
        for phone in phones { shoppers["phone_id:\(phone)"] = shopper }
        let email = buyer["email"]?.string ?? order.email
        if customer == nil, phones == [Shoppers.placeholderPhone], email == nil || email == Shoppers.placeholderEmail {
            nameless.insert(shopper)
        }
    }

    /// The connector begins now.
    mutating func begin(_ truth: ShopTruth, at now: Instant) {
        began = now
        for order in truth.orders {
            let ids = [order.customerID.map(Self.customer), order.email.map { "email_id:\($0)" }]
            earlierOrders[order.id] = Set(ids.compactMap { $0 })
        }
    }

    /// Takes down wishes that are new since the last look, and whose recreated orders are.
    mutating func look(at truth: ShopTruth) {
        for customer in truth.customers {
            for channel in ConsentChannel.allCases {
                guard let consent = customer.consents[channel] else { continue }
                let wish = Wish(
                    customerID: customer.id, channel: channel, isGranted: consent.isGranted, at: consent.at)
                if !wishes.contains(wish) { wishes.append(wish) }
            }
        }
        for order in truth.orders where shoppers[order.id] == nil {
            shoppers[order.id] = (order.recreatedFrom ?? order.journey.named).flatMap { shoppers[$0] }
        }
    }

    /// The newest wish counts, of two at one time the withdrawal.
    func latest(_ customerID: String, _ channel: ConsentChannel) -> Wish? {
        wishes.filter { $0.customerID == customerID && $0.channel == channel }
            .max { ($0.at, $0.isGranted ? 0 : 1) < ($1.at, $1.isGranted ? 0 : 1) }
    }
}

extension Oracle {
    /// What the engine's store says about the people behind these orders and customers.
    mutating func ask(_ store: MemoryStore, about truth: ShopTruth, connection: String, flow: String) {
        func records(_ kind: EntityKind, _ ids: [String]) -> [EntityRecord] {
            (try? store.records(ids.map { EntityKey(connection: connection, kind: kind, id: $0) })) ?? []
        }
        let open = ((try? store.exceptions(includingResolved: false, limit: 10_000)) ?? [])
            .filter { $0.kind == .identityConflict }
        knownCustomers = Set(
            records(.customer, truth.customers.map(\.id)).filter { $0.truth.customer != nil }.map(\.key.id))
        for record in records(.order, truth.orders.map(\.id)) {
            guard let person = Self.person(of: record, in: store), let known = person.truth.person else { continue }
            let ledger = person[flow: flow]
            let address = ledger.toldSlot(Ledger.addressSlot).flatMap { try? JSON.parse($0) }?.object
            let subject = person.key.description
            people[record.key.id] = KnownPerson(
                key: subject,
                address: (address?.members ?? []).map { "\($0.key):\($0.value.string ?? "")" },
                isSplitListed: ledger.waiting.contains {
                    $0.eventType == "customer_link" || $0.eventType.contains(":link:")
                }
                    || open.contains { $0.subject.split(separator: " ").contains { $0 == subject } },
                isHistoryComplete: known.isHistoryKnown)
        }
    }

    private static func person(of record: EntityRecord, in store: MemoryStore) -> EntityRecord? {
        var key = record.truth.belongsTo
        while let current = key {
            guard let found = try? store.records([current]).first else { return nil }
            guard let next = found.truth.person?.mergedInto else { return found }
            key = next
        }
        return nil
    }
}
