import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Work for one queue: batches are handled one after another, in the order in which items were posted. Whatever piles
/// up while one batch is handled forms the next, so nobody pays a hop for each item.
final class SerialWorker<Item: Sendable>: Sendable {
    typealias Handler = @Sendable ([Item]) -> Void

    private struct State {
        var items: [Item] = []
        var isRunning = false
        var handler: Handler?
        /// Who waits until nothing is left to do.
        var waiters: [CheckedContinuation<Void, Never>] = []

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [] }
            return waiters
        }
    }
    /// How much an own thread gives way: enough that acknowledging webhooks comes first when every core is busy.
    private static var givingWayNice: Int32 { 10 }

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let label: String
    /// Rings for the own thread; `nil` where the work runs on a queue.
    private let bell: DispatchSemaphore?

    /// - Parameter givesWay: the work runs on a thread of its own with a lower priority. What is already durable can
    ///   wait; a shop that waits for its answer repeats the webhook, and gives up in the end.
    init(label: String, givesWay: Bool = false) {
        self.label = label
        queue = DispatchQueue(label: label, qos: .userInitiated)
        bell = givesWay ? DispatchSemaphore(value: 0) : nil
    }

    /// Begins to handle what was posted, and what will be.
    func start(_ handler: @escaping Handler) {
        state.withLock { $0.handler = handler }
        if let bell {
            let thread = Thread { [weak self] in Self.work(for: { self }, bell) }
            thread.name = label
            thread.start()
        }
        wakeUp()
    }

    /// The own thread: sleeps until work is posted, and ends with the handler or the mailbox.
    private static func work(for mailbox: () -> SerialWorker?, _ bell: DispatchSemaphore) {
        #if canImport(Glibc)
            // On Linux a priority belongs to a thread, and 0 is the caller's.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, givingWayNice)
        #endif
        while true {
            bell.wait()
            guard let mailbox = mailbox(), mailbox.state.withLock({ $0.handler != nil }) else { return }
            mailbox.run()
        }
    }

    /// Forgets the handler and everything not yet handled, so that nothing keeps its owner alive.
    func stop() {
        let waiters = state.withLock { state in
            state.handler = nil
            state.items = []
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
        bell?.signal()
    }

    /// Handles everything that was posted, then stops.
    func drain() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isDone = state.withLock { state in
                guard state.handler != nil, state.isRunning || !state.items.isEmpty else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        stop()
    }

    deinit { bell?.signal() }

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
        guard mustStart else { return }
        if let bell { bell.signal() } else { queue.async { self.run() } }
    }

    private func run() {
        while true {
            let (items, handler, waiters) = state.withLock {
                state -> ([Item], Handler?, [CheckedContinuation<Void, Never>]) in
                guard let handler = state.handler, !state.items.isEmpty else {
                    state.isRunning = false
                    return ([], nil, state.takeWaiters())
                }
                defer { state.items = [] }
                return (state.items, handler, [])
            }
            for waiter in waiters { waiter.resume() }
            guard let handler else { return }
            handler(items)
        }
    }
}
