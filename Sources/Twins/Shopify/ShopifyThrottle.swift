import JSON

/// The leaky bucket of one app in one shop (docs/vendors/shopify.md, Reads and rate limits): charged what a query
/// really cost, refilled by the second.
struct ShopifyThrottle: Sendable {
    /// One query may ask for at most this much, on any plan.
    static let queryMost = 1_000

    let restoreRate: Int64
    /// Millionths of points, so that microseconds restore exactly.
    private var available: Int64
    private var at: TwinInstant?

    init(restoreRate: Int64) {
        self.restoreRate = restoreRate
        available = restoreRate * 20 * 1_000_000
    }

    var maximum: Int64 { restoreRate * 20 }

    private func availableMillionths(now: TwinInstant) -> Int64 {
        let elapsed = at.map { max(0, now.microseconds - $0.microseconds) } ?? 0
        // An hour fills any bucket; the cap keeps the product in range.
        return min(maximum * 1_000_000, available + min(elapsed, 3_600_000_000) * restoreRate)
    }

    /// Whether a query of this requested cost may run now.
    mutating func admits(requested: Int, now: TwinInstant) -> Bool {
        available = availableMillionths(now: now)
        at = now
        return available >= Int64(requested) * 1_000_000
    }

    mutating func charge(_ actual: Int) { available -= Int64(actual) * 1_000_000 }

    func json(now: TwinInstant) -> JSON {
        [
            "maximumAvailable": .number(JSONNumber(exactly: "\(maximum).0")),
            "currentlyAvailable": JSON(availableMillionths(now: now) / 1_000_000),
            "restoreRate": .number(JSONNumber(exactly: "\(restoreRate).0")),
        ]
    }
}
