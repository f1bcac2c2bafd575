import Dispatch
import Synchronization

/// Work for one queue: batches are handled one after another, in the order in which items were posted. Whatever piles
/// up while one batch is handled forms the next, so nobody pays a hop for each item.
final class Mailbox<Item: Sendable>: Sendable {
    typealias Handler = @Sendable ([Item]) -> Void

    private struct State {
        var items: [Item] = []
        var isRunning = false
        var handler: Handler?
    }
    private let state = Mutex(State())
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

    /// Begins to handle what was posted, and what will be.
    func start(_ handler: @escaping Handler) {
        state.withLock { $0.handler = handler }
        wakeUp()
    }

    /// Forgets the handler and everything not yet handled, so that nothing keeps its owner alive.
    func stop() {
        state.withLock {
            $0.handler = nil
            $0.items = []
        }
    }

    func post(_ item: Item) {
        state.withLock { $0.items.append(item) }
        wakeUp()
    }

    /// Items posted and not yet handed over.
    var count: Int { state.withLock { $0.items.count + ($0.isRunning ? 1 : 0) } }

    private func wakeUp() {
        let mustStart = state.withLock { state in
            guard !state.isRunning, state.handler != nil, !state.items.isEmpty else { return false }
            state.isRunning = true
            return true
        }
        if mustStart { queue.async { self.run() } }
    }

    private func run() {
        while true {
            let (items, handler) = state.withLock { state -> ([Item], Handler?) in
                guard let handler = state.handler, !state.items.isEmpty else {
                    state.isRunning = false
                    return ([], nil)
                }
                defer { state.items = [] }
                return (state.items, handler)
            }
            guard let handler else { return }
            handler(items)
        }
    }
}
