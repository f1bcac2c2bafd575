/// A token bucket of one address: over the limit the data is thrown away, not queued (docs/vendors/bloomreach.md,
/// Limits).
struct BloomreachRateLimit: Sendable {
    /// One token in the bucket's unit, so that a refill of `requestsPerMinute` each minute is whole in microseconds.
    private static let token: Int64 = 60 * BloomreachTimestamp.microsPerSecond

    private var level: Int64
    private var filledAt: Int64

    init(requestsPerMinute: Int, now: Int64) {
        level = Int64(requestsPerMinute) * Self.token
        filledAt = now
    }

    /// Takes one token; false when there is none.
    mutating func admits(requestsPerMinute: Int, now: Int64) -> Bool {
        let full = Int64(requestsPerMinute) * Self.token
        // A full minute fills any bucket; capping the time keeps a long idle from overflowing.
        let elapsed = min(max(0, now - filledAt), Self.token)
        level = min(full, level + elapsed * Int64(requestsPerMinute))
        filledAt = max(filledAt, now)
        guard level >= Self.token else { return false }
        level -= Self.token
        return true
    }
}
