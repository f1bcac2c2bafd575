/// Remembers recent webhook deliveries, so that a copy is not stored again. Bounded: the oldest durable ones are
/// forgotten; the store recognises later copies of those.
struct RecentDeliveries<Waiter> {
    /// Vendors repeat a delivery within seconds of the first; at 500 a second this is two minutes.
    static var entriesMax: Int { 65_536 }

    struct Key: Hashable {
        var connection: String
        var deliveryID: String
    }
    enum Finding {
        case new
        /// The original is not durable yet: the waiter is resumed together with it.
        case waits
        case durable
    }
    private enum State {
        case pending([Waiter])
        case durable
    }
    private var states: [Key: State] = [:]
    /// Durable keys, oldest first, as a ring.
    private var ring: [Key] = []
    private var oldest = 0

    /// Looks a delivery up, and registers it as pending if it is new.
    mutating func arrive(_ key: Key, waiter: @autoclosure () -> Waiter) -> Finding {
        switch states[key] {
        case nil:
            states[key] = .pending([])
            return .new
        case .pending(var waiters):
            waiters.append(waiter())
            states[key] = .pending(waiters)
            return .waits
        case .durable: return .durable
        }
    }

    /// - Returns: the waiters of the copies.
    mutating func becomeDurable(_ key: Key) -> [Waiter] {
        guard case .pending(let waiters) = states[key] else { return [] }
        states[key] = .durable
        if ring.count < Self.entriesMax {
            ring.append(key)
        } else {
            states[ring[oldest]] = nil
            ring[oldest] = key
            oldest = (oldest + 1) % Self.entriesMax
        }
        return waiters
    }

    /// The original was not stored: a later copy is new again.
    mutating func forget(_ key: Key) -> [Waiter] {
        guard case .pending(let waiters) = states[key] else { return [] }
        states[key] = nil
        return waiters
    }
}
