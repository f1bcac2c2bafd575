import Commerce
import JSON

extension Checkers {
    /// An app cancels an order and makes it anew within these seconds; the simulated hold is longer.
    private static let pauseMost = TimeSpan.seconds(10)

    /// On a day without faults, the cancellation of an order that had replaced another names its own replacement,
    /// though that one appeared a moment later (E3).
    func unnamedReplacements() -> [String] {
        truth.orders.compactMap { order in
            guard truth.original(of: order) != nil, let next = truth.replacement(of: order),
                let cancelledAt = order.journey.cancelledAt.flatMap({ Instant(iso8601: $0) }),
                let madeAt = Instant(iso8601: next.journey.createdAt), madeAt >= cancelledAt,
                madeAt - cancelledAt <= Self.pauseMost
            else { return nil }
            let told = snapshot.events.filter {
                $0.purchaseID == purchaseID(order) && $0.type == "purchase_cancellation"
            }
            guard let last = told.last, last.properties["replaced_by"]?.string != purchaseID(next) else { return nil }
            return "journey: the cancellation of order \(order.name) does not name \(next.name)"
        }
    }
}
