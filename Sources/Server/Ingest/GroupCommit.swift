import Commerce
import Logging
import Sync
import Synchronization

/// Makes receipts durable in groups: receipts that arrive while one group is written form the next
/// (docs/architecture.md, law 2).
final class GroupCommit: Sendable {
    /// Receipts of one append. At 50 to 200 the cost per receipt is lowest (measured); more only adds latency.
    static let groupMax = 256
    /// Bytes of bodies of one append, so that a group of large bodies stays short.
    static let groupBytesMax = 8 * 1_024 * 1_024
    /// Receipts that may wait for durability; above this the server asks the sender to send again later.
    static let pendingMax = 4_096

    enum Outcome: Sendable { case durable, duplicate, unavailable, overloaded }

    private typealias Waiter = CheckedContinuation<Outcome, Never>
    private struct Pending: Sendable {
        var receipt: Receipt
        var waiter: CheckedContinuation<Outcome, Never>
    }
    private struct State {
        var recent = RecentDeliveries<CheckedContinuation<Outcome, Never>>()
        var pending = 0
        var isStopped = false
    }
    private let state = Mutex(State())
    private let worker = SerialWorker<Pending>(label: "plumbline.ingest")
    private let store: any Store
    private let metrics: Metrics
    private let health: StoreHealth
    private let failure: FailureSignal
    private let logger: Logger
    private let announced: @Sendable () -> Void

    /// - Parameter announced: called when receipts are durable, before their senders are answered.
    init(
        store: any Store, metrics: Metrics, health: StoreHealth, failure: FailureSignal, logger: Logger,
        announced: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.metrics = metrics
        self.health = health
        self.failure = failure
        self.logger = logger
        self.announced = announced
        worker.start { [weak self] pending in self?.write(pending) }
    }

    /// Returns once the receipt, or the original it is a copy of, is durable or has failed.
    func store(_ receipt: Receipt) async -> Outcome {
        await withCheckedContinuation { waiter in
            let verdict = state.withLock { state -> Outcome? in
                guard !state.isStopped else { return .unavailable }
                guard state.pending < Self.pendingMax else { return .overloaded }
                // Without a delivery id, every delivery counts as new.
                if let key = Self.key(receipt) {
                    switch state.recent.arrive(key, waiter: waiter) {
                    case .new: break
                    case .waits: return nil
                    case .durable: return .duplicate
                    }
                }
                state.pending += 1
                worker.post(Pending(receipt: receipt, waiter: waiter))
                return nil
            }
            if let verdict { waiter.resume(returning: verdict) }
        }
    }

    private static func key(_ receipt: Receipt) -> RecentDeliveries<Waiter>.Key? {
        receipt.deliveryID.isEmpty ? nil : .init(connection: receipt.connection, deliveryID: receipt.deliveryID)
    }

    private func write(_ pending: [Pending]) {
        var rest = pending[...]
        while !rest.isEmpty {
            var count = 0
            var bytes = 0
            for next in rest.prefix(Self.groupMax) {
                bytes += next.receipt.body.count
                if count > 0, bytes > Self.groupBytesMax { break }
                count += 1
            }
            writeGroup(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
    }

    private func writeGroup(_ group: ArraySlice<Pending>) {
        do {
            _ = try metrics.time(.appendDuration, []) { () throws(StoreFailure) in
                try store.append(group.map(\.receipt))
            }
            metrics.observe(.appendSize, [], Double(group.count))
            health.recordWrite(nil)
            announced()
            finish(group, isDurable: true)
        } catch {
            metrics.count(.storeFailures, ["append", error.code.rawValue])
            logger.error(
                "receipts could not be stored; their senders will send them again",
                metadata: ["count": "\(group.count)", "code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
            health.recordWrite(error)
            finish(group, isDurable: false)
            if error.code != .unavailable { failure.fail(ServerFailure.store(error)) }
        }
    }

    private func finish(_ group: ArraySlice<Pending>, isDurable: Bool) {
        let copies = state.withLock { state in
            state.pending -= group.count
            return group.flatMap { pending -> [Waiter] in
                guard let key = Self.key(pending.receipt) else { return [] }
                return isDurable ? state.recent.becomeDurable(key) : state.recent.forget(key)
            }
        }
        for pending in group { pending.waiter.resume(returning: isDurable ? .durable : .unavailable) }
        for copy in copies { copy.resume(returning: isDurable ? .duplicate : .unavailable) }
    }

    var pendingCount: Int { state.withLock { $0.pending } }

    /// Accepts no more receipts; waits until the pending ones are written.
    func stop() async {
        state.withLock { $0.isStopped = true }
        while pendingCount > 0 {
            do {
                try await Task.sleep(for: .milliseconds(5))
            } catch {
                return
            }
        }
    }
}
