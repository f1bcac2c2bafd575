public import Commerce
import JSON

/// Compares what the shop did with what Bloomreach believes. States only, never calls.
public struct Checkers: Sendable {
    public let truth: ShopTruth
    public let snapshot: BloomreachSnapshot
    /// The flow's id prefix: orders are called `<prefix>-<id>` in Bloomreach.
    public let idPrefix: String
    /// `nil`: who is behind the orders is not known, and nothing about people is checked.
    public let witness: Oracle?

    public init(truth: ShopTruth, snapshot: BloomreachSnapshot, idPrefix: String, witness: Oracle? = nil) {
        self.truth = truth
        self.snapshot = snapshot
        self.idPrefix = idPrefix
        self.witness = witness
    }

    /// Every disagreement in plain words; empty when both systems agree.
    public func problems() -> [String] {
        algebra() + journeys() + toldOnce() + rows() + chains() + people() + totals() + consents() + refunds()
    }

    public func purchaseID(_ order: ShopTruth.ShopOrder) -> String { "\(idPrefix)-\(order.id)" }

    /// The sum of all that was told about an order.
    public func toldValue(of order: ShopTruth.ShopOrder) -> Amount {
        snapshot.events.filter { $0.purchaseID == purchaseID(order) }.reduce(.zero) { $0 + $1.value }
    }

    func isEarlier(_ order: ShopTruth.ShopOrder) -> Bool { witness?.earlierOrders[order.id] != nil }

    /// It is a purchase that nothing took back: neither void nor replaced by one that counts, whatever the app did with
    /// the original.
    public func stands(_ order: ShopTruth.ShopOrder) -> Bool {
        order.wasPaid && !order.isVoid && !truth.isReplaced(order)
    }

    func count(_ type: String, of order: ShopTruth.ShopOrder) -> Int {
        snapshot.events.count { $0.purchaseID == purchaseID(order) && $0.type == type }
    }

    /// An order that was never worth anything is never told (A22), and what was bought before we began is history.
    func isTold(_ order: ShopTruth.ShopOrder) -> Bool {
        let isWorthless = order.netValue.isZero && count("purchase", of: order) == 0
        return stands(order) && !isWorthless && !isEarlier(order) && !isNameless(order)
    }

    private func isNameless(_ order: ShopTruth.ShopOrder) -> Bool { witness?.isNameless(order) ?? false }

    /// The sums per order whose gate opened (docs/architecture.md, What Bloomreach is told); and as many purchases as
    /// orders that stand.
    private func algebra() -> [String] {
        var problems: [String] = []
        for order in truth.orders {
            let purchases = count("purchase", of: order)
            let cancellations = count("purchase_cancellation", of: order)
            let sum = toldValue(of: order)
            let counts = isTold(order)
            let expected = counts ? order.netValue : .zero
            if (sum - expected).magnitude >= Amount(millionths: 5_000) {
                problems.append("algebra: order \(order.name) is worth \(expected), Bloomreach was told \(sum)")
            }
            let reinstatements = snapshot.events.count {
                $0.purchaseID == purchaseID(order) && $0.properties["is_reinstatement"] == true
            }
            // Of an order that was edited to nothing both may be said: that it stands, and that it is none any more.
            let isEmptied = order.netValue.isZero && order.currentTotal.isZero
            let standing = purchases + reinstatements - cancellations
            if standing != (counts ? 1 : 0), !(isEmptied && standing == 0) {
                problems.append(
                    "algebra: order \(order.name) has \(purchases) purchases, \(reinstatements) reinstatements and "
                        + "\(cancellations) cancellations, "
                        + (counts ? "but stands" : "but is void, replaced, earlier, of nobody or was never paid"))
            }
        }
        return problems
    }

    /// The orders of one journey are one purchase at most, are called by the first one's id, and say who replaced whom.
    private func journeys() -> [String] {
        var problems: [String] = []
        for order in truth.orders {
            let root = truth.root(of: order)
            let events = snapshot.events.filter { $0.purchaseID == purchaseID(order) }
            // What was told before its pair was known says so; the newest event knows.
            let named = events.filter { ["purchase", "purchase_update"].contains($0.type) }
                .max { ($0.properties["revision"]?.int64 ?? 0) < ($1.properties["revision"]?.int64 ?? 0) }
            let journeyID = named?.properties["journey_id"]?.string
            // Of an order that does not stand nothing more is told: it may name the root of a time when its journey was
            // longer, or none where its buyer was two people.
            let earlier = ([order] + truth.forerunners(of: order)).map(purchaseID)
            let isOutdated = !stands(order) && earlier.contains { $0 == journeyID }
            if named != nil, root.id != order.id, !isOutdated {
                if journeyID != purchaseID(root) {
                    problems.append("journey: order \(order.name) is not told as part of \(root.name)'s")
                }
                if !events.contains(where: { $0.properties["replaces"]?.string != nil }) {
                    problems.append("journey: order \(order.name) does not say that it replaces another")
                }
            }
            // Whether one order replaces another depends on what became of both. Who is deaf cannot know, and an event
            // is not taken back.
            if !truth.mayLookLikeReplacement(order), witness?.wasDeaf != true,
                events.contains(where: { $0.properties["replaces"]?.string != nil })
            {
                problems.append("journey: order \(order.name) says that it replaces another, and does not")
            }
        }
        return problems
    }

    /// No fact is stored twice, whatever was resent.
    private func toldOnce() -> [String] {
        let keys = snapshot.events.map(\.key).sorted()
        return zip(keys, keys.dropFirst()).filter { $0 == $1 }.map { "told once: \($0.0) is stored twice" }
    }

    /// The row is the order as it is now; that of a journey's first order shows the one that stands for it.
    private func rows() -> [String] {
        truth.orders.compactMap { order in
            // Which orders are one journey is known of a person's orders alone.
            let isShownAsCurrent = truth.original(of: order) == nil && !isNameless(order)
            let shown = isShownAsCurrent ? truth.standing(for: order) : order
            guard let row = snapshot.rows[purchaseID(order)] else {
                // An order that was emptied before it was seen is of no value, and never told.
                if shown.currentTotal.isZero || order.journey.isEmptied || isEarlier(order) { return nil }
                return "row: order \(order.name) has none"
            }
            let total = row["total_price"]?.decimalText.flatMap { Amount($0) } ?? .zero
            if (total - shown.currentTotal).magnitude >= Amount(millionths: 5_000) {
                return "row: order \(order.name), shown as \(shown.name), is \(shown.currentTotal), "
                    + "its row says \(total)"
            }
            let units = Self.units(in: row)
            return units == shown.units
                ? nil : "row: order \(order.name), shown as \(shown.name), holds \(shown.units), its row says \(units)"
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
            let events = snapshot.events.filter { $0.purchaseID == purchaseID(order) }
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
