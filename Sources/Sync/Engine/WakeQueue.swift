import Commerce

/// Keys by the time at which they want attention; earliest first, then in the order in which they were added.
struct WakeQueue: Sendable {
    private struct Entry: Sendable {
        var at: Instant
        var sequence: Int64
        var key: EntityKey
    }
    /// A binary heap: the parent of `n` is `(n - 1) / 2`.
    private var heap: [Entry] = []
    private var sequence: Int64 = 0

    var nextTime: Instant? { heap.first?.at }

    mutating func add(_ key: EntityKey, at time: Instant) {
        heap.append(Entry(at: time, sequence: sequence, key: key))
        sequence += 1
        var child = heap.count - 1
        while child > 0, Self.precedes(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The next key whose time has come.
    mutating func takeDue(at now: Instant) -> EntityKey? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.key }
        heap[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && Self.precedes(heap[child], heap[smallest]) {
                smallest = child
            }
            guard smallest != parent else { return first.key }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
        (left.at, left.sequence) < (right.at, right.sequence)
    }
}
