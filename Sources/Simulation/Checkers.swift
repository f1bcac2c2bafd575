public import Commerce
import JSON

/// Compares what the shop did with what Bloomreach believes. States only, never calls.
public struct Checkers: Sendable {
    public let truth: ShopTruth
    public let belief: BloomreachBelief
    /// The flow's id prefix: orders are called `<prefix>-<id>` in Bloomreach.
    public let idPrefix: String

    public init(truth: ShopTruth, belief: BloomreachBelief, idPrefix: String) {
        self.truth = truth
        self.belief = belief
        self.idPrefix = idPrefix
    }

    /// Every disagreement in plain words; empty when both systems agree.
    public func problems() -> [String] { algebra() + toldOnce() + rows() + chains() }

    public func purchaseID(_ order: ShopTruth.ShopOrder) -> String { "\(idPrefix)-\(order.id)" }

    /// The sum of all that was told about an order.
    public func toldValue(of order: ShopTruth.ShopOrder) -> Amount {
        belief.events.filter { $0.purchaseID == purchaseID(order) }.reduce(.zero) { $0 + $1.value }
    }

    /// The sums of DESIGN section 4, per order whose gate opened; and as many purchases as orders that are not void.
    /// An order that was never worth anything is never told (A22).
    private func algebra() -> [String] {
        var problems: [String] = []
        for order in truth.orders {
            let events = belief.events.filter { $0.purchaseID == purchaseID(order) }
            let purchases = events.count { $0.type == "purchase" }
            let cancellations = events.count { $0.type == "purchase_cancellation" }
            let sum = toldValue(of: order)
            let isWorthless = order.netValue.isZero && purchases == 0
            let counts = order.wasPaid && !order.isVoid && !isWorthless
            let expected = counts ? order.netValue : .zero
            if (sum - expected).magnitude >= Amount(millionths: 5_000) {
                problems.append("algebra: order \(order.name) is worth \(expected), Bloomreach was told \(sum)")
            }
            if purchases - cancellations != (counts ? 1 : 0) {
                problems.append(
                    "algebra: order \(order.name) has \(purchases) purchases and \(cancellations) cancellations, "
                        + (counts ? "but stands" : "but is void or was never paid"))
            }
        }
        return problems
    }

    /// No fact is stored twice, whatever was resent.
    private func toldOnce() -> [String] {
        let keys = belief.events.map(\.key).sorted()
        return zip(keys, keys.dropFirst()).filter { $0 == $1 }.map { "told once: \($0.0) is stored twice" }
    }

    /// The row is the order as it is now.
    private func rows() -> [String] {
        truth.orders.compactMap { order in
            guard let row = belief.rows[purchaseID(order)] else {
                if order.currentTotal.isZero { return nil }
                return "row: order \(order.name) has none"
            }
            let total = row["total_price"]?.decimalText.flatMap { Amount($0) } ?? .zero
            if (total - order.currentTotal).magnitude >= Amount(millionths: 5_000) {
                return "row: order \(order.name) is \(order.currentTotal), its row says \(total)"
            }
            let units = Self.units(in: row)
            return units == order.units ? nil : "row: order \(order.name) holds \(order.units), its row says \(units)"
        }
    }

    private static func units(in row: JSON) -> [String] {
        guard let text = row["lines"]?.string, let lines = try? JSON.parse(text) else { return [] }
        return (lines.array ?? []).filter { ($0["quantity"]?.int64 ?? 0) > 0 }.map {
            "\($0["sku"]?.string ?? "?"):\($0["quantity"]?.int64 ?? 0)"
        }.sorted()
    }

    /// Revisions of an order are numbered without gaps from 1, and all events of an order are with one person.
    private func chains() -> [String] {
        var problems: [String] = []
        for order in truth.orders {
            let events = belief.events.filter { $0.purchaseID == purchaseID(order) }
            let revisions = events.filter { $0.type == "purchase_update" }
                .compactMap { $0.properties["revision"]?.int64 }.sorted()
            if revisions != Array(0..<Int64(revisions.count)).map({ $0 + 1 }) {
                problems.append("chain: order \(order.name) has revisions \(revisions)")
            }
            let profiles = Set(events.map(\.profile))
            if profiles.count > 1 {
                problems.append("person: events of order \(order.name) are on \(profiles.count) profiles")
            }
        }
        return problems
    }
}
