import Commerce
import Sync
import Synchronization

/// Lets one refused webhook a second through to the engine for each connection and kind: whoever knows the address
/// may send as many as they like, and must not keep the engine busy. All are counted in the metrics.
final class RefusalRateLimiter: Sendable {
    static let spacing = TimeSpan.seconds(1)
    private let last = Mutex<[String: Instant]>([:])

    func lets(_ refusal: WebhookRefusal, of connection: String, at now: Instant) -> Bool {
        last.withLock { last in
            let key = "\(connection) \(refusal.rawValue)"
            if let earlier = last[key], now - earlier < Self.spacing, earlier <= now { return false }
            last[key] = now
            return true
        }
    }
}
