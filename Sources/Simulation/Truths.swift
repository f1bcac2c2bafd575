public import Commerce
public import JSON
import Transport
import Twins

/// What the shop did, in its own words (`/_twin/state` of the Shopify twin).
public struct ShopTruth: Sendable {
    public struct ShopOrder: Sendable {
        public var id: String
        public var name: String
        /// What the order is worth to the shop after edits, returns and appeasements. What is booked of money on its
        /// way does not count yet.
        public var netValue: Amount
        public var isVoid: Bool
        public var wasPaid: Bool
        public var currentTotal: Amount
        var openLineIDs: [Int64]
        /// `sku:units` of what is on the order now, sorted.
        public var units: [String]
        public var customerID: String?
        public var email: String?
        /// The order that this one was made of by an app.
        public var recreatedFrom: String?
        /// Every line ever, with what is left of it.
        public var lines: [ShopLine] = []
        public var refunds: [ShopRefund] = []
        /// Committed edits.
        public var edits = 0
        /// Changes of e-mail, phone or address; no edits, but revisions.
        public var contactChanges = 0
        /// Delivery that is left, as the shop prices it.
        public var shipping = Amount.zero
        /// An edit took a delivery off.
        public var hasLostShipping = false
        /// What says whether one order takes the place of another.
        var journey = JourneyFacts()
    }
    public struct ShopCustomer: Sendable {
        public var id: String
        public var email: String?
        public var phone: String?
        /// Explicit wishes only: who was never asked has none.
        public var consents: [ConsentChannel: (isGranted: Bool, at: Instant)]
    }
    /// In the order of their making.
    public var orders: [ShopOrder]
    public var customers: [ShopCustomer]
    /// Customers that were merged away, with whom they became.
    public var merges: [(kept: String, removed: String)]
    private let state: JSON
    /// Everything, for the digest of a run.
    var text: String { state.text(sortingKeys: true) }

    init(of twin: ShopifyTwin, at now: TwinInstant) { self.init(state: Self.state(of: twin, at: now)) }

    public init(state: JSON) {
        self.state = state
        orders = (state["orders"]?.array ?? []).map(Self.order)
        customers = (state["customers"]?.array ?? []).map { customer in
            ShopCustomer(
                id: customer["id"]?.decimalText ?? "", email: customer["email"]?.string,
                phone: customer["phone"]?.string, consents: Self.consents(customer))
        }
        merges = (state["merges"]?.array ?? []).map { merge in
            (kept: merge["kept"]?.decimalText ?? "", removed: merge["removed"]?.decimalText ?? "")
        }
    }

    private static func order(_ order: JSON) -> ShopOrder {
        let lines = (order["lines"]?.array ?? []).filter { ($0["current_quantity"]?.int64 ?? 0) > 0 }
        var found = ShopOrder(
            id: order["id"]?.decimalText ?? "", name: order["name"]?.string ?? "",
            netValue: amount(order["net_value"]), isVoid: order["void"]?.bool ?? false,
            wasPaid: order["ever_paid"]?.bool ?? false, currentTotal: amount(order["current_total"]),
            openLineIDs: lines.compactMap { $0["id"]?.int64 ?? $0["id"]?.string.flatMap { Int64($0) } },
            units: lines.map { "\($0["sku"]?.string ?? "?"):\($0["current_quantity"]?.int64 ?? 0)" }.sorted(),
            customerID: order["customer_id"]?.int64.map { String($0) }, email: order["email"]?.string,
            recreatedFrom: order["recreated_from"]?.int64.map { String($0) })
        found.takeRefunds(from: order)
        found.journey = JourneyFacts(order)
        return found
    }

    private static func consents(_ customer: JSON) -> [ConsentChannel: (isGranted: Bool, at: Instant)] {
        var found: [ConsentChannel: (isGranted: Bool, at: Instant)] = [:]
        for channel in ConsentChannel.allCases {
            let consent = customer["\(channel.rawValue)_consent"]
            guard let state = consent?["state"]?.string, ["subscribed", "unsubscribed"].contains(state),
                let at = consent?["updated_at"]?.string.flatMap({ Instant(iso8601: $0) })
            else { continue }
            found[channel] = (state == "subscribed", at)
        }
        return found
    }

    /// What was last made of an order by an app, whatever became of it.
    func current(of order: ShopOrder) -> ShopOrder {
        var current = order
        while let next = orders.last(where: { $0.recreatedFrom == current.id }) { current = next }
        return current
    }

    func order(named name: String) -> ShopOrder? { orders.first { $0.name == name } }

    private static func state(of twin: ShopifyTwin, at now: TwinInstant) -> JSON {
        var copy = twin
        var random = TwinRandom(seed: 0)
        let reply = copy.handle(HTTPRequest(method: "GET", path: "/_twin/state"), now: now, random: &random)
        guard let body = reply.response?.body, let state = try? JSON.parse(body) else { return .null }
        return state
    }
}

/// What Bloomreach believes (`/_twin/state` of the Bloomreach twin).
public struct BloomreachSnapshot: Sendable {
    public struct Event: Sendable {
        public var profile: Int64
        public var type: String
        public var key: String
        public var purchaseID: String
        /// What it adds to the value of its order.
        public var value: Amount
        /// Its place among everything that was taken.
        public var sequence: Int64 = 0
        public var properties: JSON
    }
    public struct Profile: Sendable {
        public var number: Int64
        /// External ids as `type:value`.
        public var ids: [String]
        public var properties: JSON
    }
    public var events: [Event] = []
    public var profiles: [Profile] = []
    /// Rows of the catalogue `orders` by item id.
    public var rows: [String: JSON] = [:]
    private let state: JSON
    /// Everything, for the digest of a run.
    var text: String { state.text(sortingKeys: true) }

    init(of twin: BloomreachTwin, at now: TwinInstant) {
        var copy = twin
        var random = TwinRandom(seed: 0)
        let reply = copy.handle(HTTPRequest(method: "GET", path: "/_twin/state"), now: now, random: &random)
        self.init(state: (reply.response?.body).flatMap { try? JSON.parse($0) } ?? .null)
    }

    public init(state: JSON) {
        self.state = state
        for profile in state["profiles"]?.array ?? [] {
            let ids = (profile["ids"]?.object?.members ?? []).compactMap { id in
                id.value.string.map { "\(id.key):\($0)" }
            }
            profiles.append(
                Profile(
                    number: profile["number"]?.int64 ?? 0, ids: ids, properties: profile["properties"] ?? .null))
            for event in profile["events"]?.array ?? [] {
                guard let properties = event["properties"], let key = properties["event_key"]?.string else { continue }
                let type = event["type"]?.string ?? ""
                events.append(
                    Event(
                        profile: profile["number"]?.int64 ?? 0, type: type, key: key,
                        purchaseID: properties["purchase_id"]?.string ?? "", value: Self.value(type, properties),
                        sequence: event["sequence"]?.int64 ?? 0, properties: properties))
            }
        }
        for catalog in state["catalogs"]?.array ?? [] where catalog["name"]?.string == "orders" {
            for item in catalog["items"]?.array ?? [] {
                if let id = item["item_id"]?.string { rows[id] = item["properties"] ?? .null }
            }
        }
    }

    /// What an event adds to the value of its order (docs/architecture.md, What Bloomreach is told).
    private static func value(_ type: String, _ properties: JSON) -> Amount {
        switch type {
        case "purchase": amount(properties["total_price"])
        case "purchase_update": amount(properties["total_delta"])
        case "purchase_cancellation", "return": -amount(properties["total_price"])
        default: .zero
        }
    }
}

func amount(_ json: JSON?) -> Amount { json?.decimalText.flatMap { Amount($0) } ?? .zero }
