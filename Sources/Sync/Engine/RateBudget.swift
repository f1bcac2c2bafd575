import Commerce

/// Requests of one connection in any minute, evenly spaced (GCRA): at most a second ahead.
struct RateBudget: Sendable {
    /// `nil` where the connection names no limit.
    private let spacing: TimeSpan?
    /// When the evenly spaced requests so far would have ended.
    private var spacedUntil = Instant(microseconds: 0)
    private static let burst = TimeSpan.seconds(1)

    /// - Parameter requestsPerMinute: `nil` for no limit.
    init(requestsPerMinute: Int?) {
        spacing = requestsPerMinute.map { TimeSpan(microseconds: 60_000_000 / Int64(max(1, $0))) }
    }

    /// When one more request may leave; `nil` for now.
    func nextSendTime(now: Instant) -> Instant? {
        spacing != nil && spacedUntil - now > Self.burst ? spacedUntil - Self.burst : nil
    }

    mutating func spend(now: Instant) {
        guard let spacing else { return }
        spacedUntil = max(spacedUntil, now) + spacing
    }
}
