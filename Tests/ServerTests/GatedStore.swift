import Commerce
import Dispatch
import Sync
import Synchronization

/// A memory store whose appends can be held, failed and counted.
final class GatedStore: Store {
    private struct State {
        var failure: StoreFailure?
        var commitFailure: StoreFailure?
        var appends: [[Receipt]] = []
        var isHeld = false
    }
    private let state = Mutex(State())
    private let gate = DispatchSemaphore(value: 0)
    private let arrived = DispatchSemaphore(value: 0)
    let inner = MemoryStore()

    var appends: [[Receipt]] { state.withLock { $0.appends } }
    func fail(_ failure: StoreFailure?) { state.withLock { $0.failure = failure } }
    func failCommits(_ failure: StoreFailure?) { state.withLock { $0.commitFailure = failure } }

    /// The next append stops until ``release()``.
    func hold() { state.withLock { $0.isHeld = true } }
    func release() {
        state.withLock { $0.isHeld = false }
        gate.signal()
    }
    /// Returns when an append stands at the gate; `false` after two minutes: the whole test run may be on two cores.
    func appendArrived() async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: self.arrived.wait(timeout: .now() + 120) == .success)
            }
        }
    }

    func append(_ receipts: [Receipt]) throws(StoreFailure) -> [InboxPosition] {
        if state.withLock({ $0.isHeld }) {
            arrived.signal()
            gate.wait()
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        state.withLock { $0.appends.append(receipts) }
        return try inner.append(receipts)
    }
    func commit(_ commit: Commit) throws(StoreFailure) {
        if let failure = state.withLock({ $0.commitFailure }) { throw failure }
        try inner.commit(commit)
    }
    func claim(_ request: ClaimRequest) throws(StoreFailure) -> Claim { try inner.claim(request) }
    func status() throws(StoreFailure) -> StoreStatus { try inner.status() }
    func trace(_ query: TraceQuery) throws(StoreFailure) -> [TraceItem] { try inner.trace(query) }
    func entities(named lookups: [Lookup]) throws(StoreFailure) -> [EntityKey] { try inner.entities(named: lookups) }
    func records(_ keys: [EntityKey]) throws(StoreFailure) -> [EntityRecord] { try inner.records(keys) }
    func exceptions(_ query: ExceptionQuery) throws(StoreFailure) -> ExceptionPage { try inner.exceptions(query) }
    func exceptions(withIDs ids: [String]) throws(StoreFailure) -> [OpenException] {
        try inner.exceptions(withIDs: ids)
    }
    func prune(receiptsBefore: Instant, traceBefore: Instant) throws(StoreFailure) {
        try inner.prune(receiptsBefore: receiptsBefore, traceBefore: traceBefore)
    }
}
