import Commerce

/// Whether requests may leave to a connection. Reads and writes share one.
///
/// ```
/// closed ──failure──► open until a time ──time──► half open: one request probes ──success──► closed
///    ▲                     ▲                                   └──failure──► open, longer
///    └──success────────────┴── stays open where the vendor asked for the time
/// ```
struct Circuit: Sendable {
    private(set) var failuresInRow = 0
    /// A request succeeded in this session.
    private(set) var hasSucceeded = false
    private(set) var openUntil: Instant?
    /// The time is not ours to shorten, such as a vendor's `Retry-After`: the success of an earlier request does not
    /// end it.
    private var isFixed = false

    func isOpen(now: Instant) -> Bool { openUntil.map { $0 > now } ?? false }

    /// After a failure one request probes before the rest follows.
    var isProbing: Bool { failuresInRow > 0 }

    mutating func fail(until time: Instant, isFixed: Bool) {
        failuresInRow += 1
        guard openUntil.map({ $0 < time }) ?? true else { return }
        openUntil = time
        self.isFixed = isFixed
    }

    /// - Returns: whether an outage is over, also one of an earlier session.
    mutating func succeed(now: Instant) -> Bool {
        let isNews = failuresInRow > 0 || !hasSucceeded
        failuresInRow = 0
        hasSucceeded = true
        if !isFixed || !isOpen(now: now) { openUntil = nil }
        return isNews
    }
}
