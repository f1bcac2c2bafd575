public import Commerce
public import JSON
import Transport
import Twins

/// What the shop did, in its own words (`/_twin/state` of the Shopify twin).
public struct ShopTruth: Sendable {
    public struct ShopOrder: Sendable {
        public var id: String
        public var name: String
        /// What the order is worth to the shop after edits, returns and appeasements.
        public var netValue: Amount
        public var isVoid: Bool
        public var wasPaid: Bool
        public var currentTotal: Amount
        var openLineIDs: [Int64]
        /// `sku:units` of what is on the order now, sorted.
        public var units: [String]
    }
    public var orders: [ShopOrder]
    var text: String

    init(of twin: ShopifyTwin, at now: TwinInstant) { self.init(state: Self.state(of: twin, at: now)) }

    public init(state: JSON) {
        text = state.text(sortingKeys: true)
        orders = (state["orders"]?.array ?? []).map { order in
            let lines = (order["lines"]?.array ?? []).filter { ($0["current_quantity"]?.int64 ?? 0) > 0 }
            return ShopOrder(
                id: order["id"]?.decimalText ?? "", name: order["name"]?.string ?? "",
                netValue: amount(order["net_value"]), isVoid: order["void"]?.bool ?? false,
                wasPaid: order["ever_paid"]?.bool ?? false, currentTotal: amount(order["current_total"]),
                openLineIDs: lines.compactMap { $0["id"]?.int64 ?? $0["id"]?.string.flatMap { Int64($0) } },
                units: lines.map { "\($0["sku"]?.string ?? "?"):\($0["current_quantity"]?.int64 ?? 0)" }.sorted())
        }
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
public struct BloomreachBelief: Sendable {
    public struct Event: Sendable {
        public var profile: Int64
        public var type: String
        public var key: String
        public var purchaseID: String
        /// What it adds to the value of its order.
        public var value: Amount
        public var properties: JSON
    }
    public var events: [Event] = []
    /// Rows of the catalogue `orders` by item id.
    public var rows: [String: JSON] = [:]
    var text: String

    init(of twin: BloomreachTwin, at now: TwinInstant) {
        var copy = twin
        var random = TwinRandom(seed: 0)
        let reply = copy.handle(HTTPRequest(method: "GET", path: "/_twin/state"), now: now, random: &random)
        self.init(state: (reply.response?.body).flatMap { try? JSON.parse($0) } ?? .null)
    }

    public init(state: JSON) {
        text = state.text(sortingKeys: true)
        for profile in state["profiles"]?.array ?? [] {
            for event in profile["events"]?.array ?? [] {
                guard let properties = event["properties"], let key = properties["event_key"]?.string else { continue }
                let type = event["type"]?.string ?? ""
                events.append(
                    Event(
                        profile: profile["number"]?.int64 ?? 0, type: type, key: key,
                        purchaseID: properties["purchase_id"]?.string ?? "", value: Self.value(type, properties),
                        properties: properties))
            }
        }
        for catalog in state["catalogs"]?.array ?? [] where catalog["name"]?.string == "orders" {
            for item in catalog["items"]?.array ?? [] {
                if let id = item["item_id"]?.string { rows[id] = item["properties"] ?? .null }
            }
        }
    }

    /// What an event adds to the value of its order (the algebra of DESIGN section 4).
    private static func value(_ type: String, _ properties: JSON) -> Amount {
        switch type {
        case "purchase": amount(properties["total_price"])
        case "purchase_update": amount(properties["total_delta"])
        case "purchase_cancellation", "return": -amount(properties["total_price"])
        default: .zero
        }
    }
}

private func amount(_ json: JSON?) -> Amount { json?.decimalText.flatMap { Amount($0) } ?? .zero }
