import Commerce
import Sync
import Synchronization

/// Passes at most one refused webhook a second to the engine, for each connection and kind of refusal: anyone who knows
/// the URL may send any number of them, and they must not keep the engine busy. The metrics count all of them.
final class RefusalRateLimiter: Sendable {
    static let spacing = TimeSpan.seconds(1)
    private let last = Mutex<[String: Instant]>([:])

    func admits(_ refusal: WebhookRefusal, of connection: String, at now: Instant) -> Bool {
        last.withLock { last in
            let key = "\(connection) \(refusal.rawValue)"
            if let earlier = last[key], now - earlier < Self.spacing, earlier <= now { return false }
            last[key] = now
            return true
        }
    }
}
