import Commerce

/// What happens next in virtual time: earliest first, and in the order of scheduling within one instant.
struct EventQueue<Event> {
    private struct Entry {
        var at: Instant
        var sequence: Int64
        var event: Event
    }
    private var heap: [Entry] = []
    private var sequence: Int64 = 0

    var isEmpty: Bool { heap.isEmpty }
    var nextTime: Instant? { heap.first?.at }

    mutating func schedule(_ event: Event, at time: Instant) {
        heap.append(Entry(at: time, sequence: sequence, event: event))
        sequence += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.precedes(heap[child], heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (at: Instant, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.at, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && Self.precedes(heap[child], heap[smallest]) {
                smallest = child
            }
            guard smallest != parent else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
        (left.at, left.sequence) < (right.at, right.sequence)
    }
}
