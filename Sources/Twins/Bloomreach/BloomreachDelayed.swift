/// A value whose newest writing is accepted now and readable later: writes are queued, reads are immediate
/// (docs/vendors/bloomreach.md, Queued writes).
struct BloomreachDelayed<Value: Sendable>: Sendable {
    /// What is stored, whether readable yet or not.
    private(set) var stored: Value
    private var readableFrom: Int64
    /// Older values still needed by readers, oldest first; empty as soon as the stored one is readable.
    private var earlier: [(readableFrom: Int64, value: Value)] = []

    init(_ value: Value, readableFrom: Int64) {
        stored = value
        self.readableFrom = readableFrom
    }

    /// Accepts a new value. What was readable at `now` stays so until `readableFrom`.
    mutating func set(_ value: Value, readableFrom: Int64, now: Int64) {
        // Only the newest readable one can still be read: a row written all the time must not keep its whole past.
        let passed = self.readableFrom <= now ? earlier.count : earlier.prefix { $0.readableFrom <= now }.count - 1
        if passed > 0 { earlier.removeFirst(passed) }
        earlier.append((self.readableFrom, stored))
        stored = value
        self.readableFrom = readableFrom
    }

    /// What a reader sees at `now`; `nil` when nothing is readable yet.
    func readable(at now: Int64) -> Value? {
        if readableFrom <= now { return stored }
        return earlier.last { $0.readableFrom <= now }?.value
    }
}
