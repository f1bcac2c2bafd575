import Dispatch
import Sync
import Synchronization
import Transport

/// Sends requests with bounded concurrency; the rest wait in order.
final class RequestPool: Sendable {
    /// The engine respects each destination's own limit; this bounds all of them together.
    static let concurrentMax = 256

    private struct State {
        var running: [Int64: Task<Void, Never>] = [:]
        var waiting: [Exchange] = []
        var isClosed = false
    }
    private let state = Mutex(State())
    private let exchanger: any Exchanger
    private let answered: @Sendable (Int64, String, HTTPOutcome) -> Void

    /// - Parameter answered: receives the request's id, its connection and its outcome.
    init(exchanger: any Exchanger, answered: @escaping @Sendable (Int64, String, HTTPOutcome) -> Void) {
        self.exchanger = exchanger
        self.answered = answered
    }

    func start(_ exchange: Exchange) {
        state.withLock { state in
            guard !state.isClosed else { return }
            if state.running.count >= Self.concurrentMax {
                state.waiting.append(exchange)
            } else {
                run(exchange, &state)
            }
        }
    }

    private func run(_ exchange: Exchange, _ state: inout State) {
        state.running[exchange.id] = Task {
            let outcome = await exchanger.send(exchange)
            answered(exchange.id, exchange.connection, outcome)
            finish(exchange.id)
        }
    }

    private func finish(_ id: Int64) {
        state.withLock { state in
            state.running[id] = nil
            guard !state.isClosed, !state.waiting.isEmpty else { return }
            run(state.waiting.removeFirst(), &state)
        }
    }

    var isEmpty: Bool { state.withLock { $0.running.isEmpty } }

    /// Starts no more requests. The waiting ones were never sent; after a restart the store shows that.
    func stopStarting() {
        state.withLock { state in
            state.isClosed = true
            state.waiting = []
        }
    }

    /// Cancels the running requests.
    func cancel() { for task in state.withLock({ Array($0.running.values) }) { task.cancel() } }
}
