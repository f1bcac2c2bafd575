import Synchronization

/// Bytes of webhooks in memory, from their first byte until they are durable. Above the limit new bytes are refused
/// with "come again", so that slow senders and large bodies cannot fill the memory.
final class BodyBudget: Sendable {
    static let bytesMax = 128 * 1_024 * 1_024
    private let used = Mutex(0)

    /// `false` when there is no room.
    func take(_ bytes: Int) -> Bool {
        used.withLock { used in
            guard used + bytes <= Self.bytesMax else { return false }
            used += bytes
            return true
        }
    }

    func giveBack(_ bytes: Int) { used.withLock { $0 -= bytes } }
}
