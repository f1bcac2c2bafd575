import Foundation
import JSON
import Testing

/// An exact amount of money.
func money(_ json: JSON?) -> Decimal { json?.decimalText.flatMap { Decimal(string: $0) } ?? 0 }

/// What the shop holds, in its own words.
struct ShopLedger: Sendable {
    let orders: [JSON]

    init(_ state: JSON) { orders = state["orders"]?.array ?? [] }

    func order(_ id: JSON?) -> JSON? { orders.first { $0["id"] == id } }
}

/// What Bloomreach holds, event by event.
struct DestinationSnapshot: Sendable {
    struct Event: Sendable {
        var profile: Int64
        var type: String
        var timestamp: JSON?
        var properties: JSON
        var key: String { properties["event_key"]?.string ?? "" }
        var purchaseID: String { properties["purchase_id"]?.string ?? "" }
        subscript(name: String) -> JSON? { properties[name] }
    }
    let profiles: [JSON]
    let events: [Event]
    /// Of the catalogue `orders`, by `purchase_id`.
    let rows: [String: JSON]

    init(_ state: JSON) {
        profiles = state["profiles"]?.array ?? []
        events = profiles.flatMap { profile in
            (profile["events"]?.array ?? []).map { event in
                Event(
                    profile: profile["number"]?.int64 ?? -1, type: event["type"]?.string ?? "",
                    timestamp: event["timestamp"], properties: event["properties"] ?? .null)
            }
        }
        let orders = (state["catalogs"]?.array ?? []).first { $0["name"] == "orders" }
        rows = Dictionary(
            (orders?["items"]?.array ?? []).map { ($0["item_id"]?.string ?? "", $0["properties"] ?? .null) },
            uniquingKeysWith: { _, last in last })
    }

    static func purchaseID(_ order: JSON?, at shop: String = "shop") -> String {
        "\(shop)-\(order?.decimalText ?? "?")"
    }

    /// Of one order, by its id in its shop; sorted by their time.
    func events(_ order: JSON?, _ type: String? = nil, at shop: String = "shop") -> [Event] {
        events.filter { $0.purchaseID == Self.purchaseID(order, at: shop) && (type == nil || $0.type == type) }
            .sorted { (money($0.timestamp), $0.key) < (money($1.timestamp), $1.key) }
    }

    /// The profile that holds an order's events.
    func profile(_ order: JSON?, at shop: String = "shop") -> JSON? {
        guard let number = events(order, at: shop).first?.profile else { return nil }
        return profiles.first { $0["number"]?.int64 == number }
    }

    /// A property of the person who bought an order.
    func property(_ name: String, of order: JSON?, at shop: String = "shop") -> JSON? {
        let value = profile(order, at: shop)?["properties"]?[name]
        return value?["value"] ?? value
    }

    func row(_ order: JSON?) -> JSON? { rows[Self.purchaseID(order)] }

    /// Lines of a row: they are one JSON text there.
    func rowLines(_ order: JSON?) throws -> [JSON] {
        try JSON.parse(Array((row(order)?["lines"]?.string ?? "[]").utf8)).array ?? []
    }

    /// What the events of one order add up to (docs/architecture.md, What Bloomreach is told).
    func value(_ order: JSON?, local: Bool = false) -> Decimal {
        let suffix = local ? "_local_currency" : ""
        return events(order).reduce(0) { sum, event in
            switch event.type {
            case "purchase" where event["revision"] == nil: sum + money(event["total_price" + suffix])
            // In the status ladder a revision is a `purchase` too, and moves value by its delta alone.
            case "purchase", "purchase_update": sum + money(event["total_delta" + suffix])
            case "purchase_cancellation", "return": sum - money(event["total_price" + suffix])
            default: sum
            }
        }
    }
}

/// Both systems agree, judged by their own words alone: sums per order, what stands and what is void, rows, numbering
/// of revisions, one person per order, no fact twice.
/// - Parameter leavingOut: names of orders that are never told.
func expectAgreement(
    _ installation: TestInstallation, leavingOut: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let ledger = try await installation.ledger()
    let snapshot = try await installation.snapshot()
    var problems: [String] = []
    for order in ledger.orders where !leavingOut.contains(order["name"]?.string ?? "") {
        problems += disagreements(about: order, snapshot)
    }
    let keys = snapshot.events.map(\.key).sorted()
    problems += zip(keys, keys.dropFirst()).filter { $0 == $1 }.map { "\($0.0) is there twice" }
    if keys.contains("") { problems.append("an event has no event_key") }
    #expect(problems.isEmpty, "\(problems.prefix(12).joined(separator: "\n"))", sourceLocation: sourceLocation)
}

private func disagreements(about order: JSON, _ snapshot: DestinationSnapshot) -> [String] {
    let id = order["id"]
    let name = order["name"]?.string ?? "?"
    var problems: [String] = []
    func check(_ isTrue: Bool, _ text: @autoclosure () -> String) {
        if !isTrue { problems.append("\(name): \(text())") }
    }
    let stands = order["ever_paid"]?.bool == true && order["void"]?.bool == false
    let worth = stands ? money(order["net_value"]) : 0
    let told = snapshot.value(id)
    check(told == worth, "worth \(worth), told \(told)")
    let purchases = snapshot.events(id, "purchase").count { $0["revision"] == nil }
    let cancellations = snapshot.events(id, "purchase_cancellation").count
    check(purchases <= 1, "\(purchases) purchases")
    check(purchases - cancellations == (stands ? 1 : 0), "\(purchases) purchases, \(cancellations) cancellations")
    let revisions = snapshot.events(id).filter { ["purchase_update", "purchase"].contains($0.type) }
        .compactMap { $0["revision"]?.int64 }
    check(revisions == Array(0..<Int64(revisions.count)).map { $0 + 1 }, "revisions \(revisions)")
    check(Set(snapshot.events(id).map(\.profile)).count <= 1, "its events are with several people")

    let row = snapshot.row(id)
    check(row != nil, "no row")
    check(
        money(row?["total_price"]) == money(order["current_total"]), "the row's total is \(money(row?["total_price"]))")
    let units = (order["lines"]?.array ?? []).filter { $0["current_quantity"] != 0 }
        .map { "\($0["sku"]?.string ?? "?") x \($0["current_quantity"]?.int64 ?? 0)" }.sorted()
    let shown = ((try? snapshot.rowLines(id)) ?? []).filter { $0["quantity"] != 0 }
        .map { "\($0["sku"]?.string ?? "?") x \($0["quantity"]?.int64 ?? 0)" }.sorted()
    check(units == shown, "holds \(units), its row says \(shown)")
    let isCancelled = order["cancelled"]?.bool == true
    check(!isCancelled || row?["status"] == "cancelled", "its row says \(row?["status"]?.string ?? "nothing")")
    return problems
}
