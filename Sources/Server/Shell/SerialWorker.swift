import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Handles posted items in order, in batches, one batch at a time. Items posted while one batch is handled form the
/// next, so a thread switch is paid per batch and not per item.
final class SerialWorker<Item: Sendable>: Sendable {
    typealias Handler = @Sendable ([Item]) -> Void

    private struct State {
        var items: [Item] = []
        var isRunning = false
        var handler: Handler?
        /// Nothing is taken any more.
        var hasEnded = false
        /// Callers of `drain` that wait until no work is left.
        var waiters: [CheckedContinuation<Void, Never>] = []

        mutating func removeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [] }
            return waiters
        }
    }
    /// The niceness of a low-priority thread: enough that acknowledging webhooks comes first if every core is busy.
    private static var lowPriorityNice: Int32 { 10 }

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let label: String
    /// Wakes the worker's own thread; `nil` if it runs on a queue.
    private let semaphore: DispatchSemaphore?

    /// - Parameter hasLowPriority: runs the work on its own thread with a lower priority. Durable receipts can wait; a
    ///   shop that waits too long for its response repeats the webhook and finally gives up.
    init(label: String, hasLowPriority: Bool = false) {
        self.label = label
        queue = DispatchQueue(label: label, qos: .userInitiated)
        semaphore = hasLowPriority ? DispatchSemaphore(value: 0) : nil
    }

    /// Starts to handle items, including those posted before.
    func start(_ handler: @escaping Handler) {
        state.withLock { $0.handler = handler }
        if let semaphore {
            let thread = Thread { [weak self] in Self.work(for: { self }, semaphore) }
            thread.name = label
            thread.start()
        }
        wakeUp()
    }

    /// The thread's loop: sleeps until work is posted, and ends with the handler or the worker.
    private static func work(for worker: () -> SerialWorker?, _ semaphore: DispatchSemaphore) {
        #if canImport(Glibc)
            // On Linux a priority belongs to a thread; 0 means the calling thread.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, lowPriorityNice)
        #endif
        while true {
            semaphore.wait()
            guard let worker = worker(), worker.state.withLock({ $0.handler != nil }) else { return }
            worker.run()
        }
    }

    /// Drops the handler and all unhandled items, so that nothing keeps their owner alive.
    func stop() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            state.handler = nil
            state.items = []
            return state.removeWaiters()
        }
        for waiter in waiters { waiter.resume() }
        semaphore?.signal()
    }

    /// Handles all posted items, then stops.
    func drain() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isDone = state.withLock { state in
                guard state.handler != nil, state.isRunning || !state.items.isEmpty else {
                    state.hasEnded = true
                    return true
                }
                state.waiters.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        stop()
    }

    deinit { semaphore?.signal() }

    /// - Returns: `false` once it has stopped: the item is dropped.
    @discardableResult
    func post(_ item: Item) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.hasEnded else { return false }
            state.items.append(item)
            return true
        }
        if isTaken { wakeUp() }
        return isTaken
    }

    /// The number of items not yet handled; a running batch counts as one.
    var count: Int { state.withLock { $0.items.count + ($0.isRunning ? 1 : 0) } }

    private func wakeUp() {
        let mustStart = state.withLock { state in
            guard !state.isRunning, state.handler != nil, !state.items.isEmpty else { return false }
            state.isRunning = true
            return true
        }
        guard mustStart else { return }
        if let semaphore { semaphore.signal() } else { queue.async { self.run() } }
    }

    private func run() {
        while true {
            let (items, handler, waiters) = state.withLock {
                state -> ([Item], Handler?, [CheckedContinuation<Void, Never>]) in
                guard let handler = state.handler, !state.items.isEmpty else {
                    state.isRunning = false
                    // No item may come in between the end of the work and the end of the worker.
                    if !state.waiters.isEmpty { state.hasEnded = true }
                    return ([], nil, state.removeWaiters())
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
