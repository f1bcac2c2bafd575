import Synchronization

/// Limits the bytes of webhooks held in memory, from their first byte until they are durable. Above the limit the
/// server answers "send again later", so slow senders and large bodies cannot exhaust memory.
final class BodyBudget: Sendable {
    static let bytesMax = 128 * 1_024 * 1_024
    private let used = Mutex(0)

    /// `false` if the limit would be exceeded.
    func reserve(_ bytes: Int) -> Bool {
        used.withLock { used in
            guard used + bytes <= Self.bytesMax else { return false }
            used += bytes
            return true
        }
    }

    func release(_ bytes: Int) { used.withLock { $0 -= bytes } }
}
