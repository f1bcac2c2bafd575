import Commerce
import Logging
import Sync
import Synchronization
import Transport

/// Runs the engine: feeds it inputs one at a time, performs the effects it returns, and posts the results back as
/// inputs (docs/architecture.md, law 1).
///
/// ```
/// inputs ──► engine queue ──► step ──► effects ──► store queue (claim, commit)
///   ▲                                         ├──► exchanges (bounded)
///   └────────────── answers ◄─────────────────┴──► timer (one)
/// ```
/// Nothing suspends inside a step. The shell makes no decisions.
final class EngineShell: Sendable {
    private struct Core {
        var engine: Engine
        /// Incremented by each step: two equal readings mean that nothing happened between them.
        var steps: Int64 = 0
        var lastNow = Instant(microseconds: 0)
    }
    private enum StoreJob: Sendable {
        case claim(ClaimRequest)
        case commit(Commit)
        case ask(@Sendable (any Store) -> Void)
    }

    let store: any Store
    private let core: Mutex<Core>
    private let inputs = SerialWorker<Input>(label: "plumbline.engine", hasLowPriority: true)
    private let storeJobs = SerialWorker<StoreJob>(label: "plumbline.store", hasLowPriority: true)
    private let timer = WakeTimer()
    private let clock: ServerClock
    private let metrics: Metrics
    private let logger: Logger
    private let requests: RequestPool
    private let failure: FailureSignal
    private let pace: ShutdownPace
    let health: StoreHealth

    init(
        engine: Engine, store: any Store, exchanger: any Exchanger, clock: ServerClock, metrics: Metrics,
        health: StoreHealth, failure: FailureSignal, pace: ShutdownPace, logger: Logger
    ) {
        self.store = store
        self.clock = clock
        self.metrics = metrics
        self.health = health
        self.failure = failure
        self.pace = pace
        self.logger = logger
        core = Mutex(Core(engine: engine))
        let inputs = self.inputs
        requests = RequestPool(exchanger: exchanger) { id, connection, outcome in
            metrics.count(.exchanges, [connection, Self.label(of: outcome)])
            inputs.post(.answered(id, outcome))
        }
    }

    private static func label(of outcome: HTTPOutcome) -> String {
        switch outcome {
        case .answered(let response): "\(response.status / 100)xx"
        case .notSent: "not_sent"
        case .unknown: "unknown"
        }
    }

    /// Starts a session of the engine from the store's state.
    func start() async throws {
        storeJobs.start { [weak self] jobs in for job in jobs { self?.run(job) } }
        let status = try await ask { store throws(StoreFailure) in try store.status() }
        inputs.start { [weak self] inputs in self?.handle(inputs) }
        inputs.post(.started(status))
    }

    func post(_ input: Input) { inputs.post(input) }

    // MARK: Steps

    private func handle(_ batch: [Input]) {
        var announced = false
        for input in batch {
            if case .receiptsDurable = input {
                // One read of the inbox finds all of them.
                if announced { continue }
                announced = true
            }
            for effect in step(input) { run(effect) }
        }
    }

    private func step(_ input: Input) -> [Effect] {
        core.withLock { core in
            // The system clock may be set back; the engine's time never goes back.
            core.lastNow = max(core.lastNow, clock.now())
            core.steps += 1
            return core.engine.step(input, now: core.lastNow)
        }
    }

    private func run(_ effect: Effect) {
        switch effect {
        case .claim(let request): storeJobs.post(.claim(request))
        case .commit(let commit): storeJobs.post(.commit(commit))
        case .exchange(let exchange): requests.start(exchange)
        case .wake(let time):
            let inputs = self.inputs
            timer.set(after: time - clock.now()) { inputs.post(.timer) }
        case .measure(let measurement): metrics.record(measurement)
        }
    }

    // MARK: The store

    private func run(_ job: StoreJob) {
        switch job {
        case .claim(let request):
            do {
                let claim = try metrics.time(.storeDuration, ["claim"]) { () throws(StoreFailure) in
                    try store.claim(request)
                }
                health.recordRead(nil)
                inputs.post(.claimed(claim))
            } catch {
                recordFailure(error, during: "claim")
                if error.code == .unavailable { inputs.post(.claimFailed(error)) }
            }
        case .commit(let commit):
            do {
                try metrics.time(.storeDuration, ["commit"]) { () throws(StoreFailure) in try store.commit(commit) }
                health.recordWrite(nil)
                metrics.count(.commits, [])
                inputs.post(.committed(commit.id))
            } catch {
                recordFailure(error, during: "commit")
                if error.code == .unavailable { inputs.post(.commitFailed(commit.id, error)) }
            }
        case .ask(let query): query(store)
        }
    }

    /// If the store contradicts the engine, the process ends; the next session loads the truth from the store.
    private func recordFailure(_ error: StoreFailure, during what: String) {
        metrics.count(.storeFailures, [what, error.code.rawValue])
        logger.error(
            "the store failed",
            metadata: ["during": "\(what)", "code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
        if what == "commit" { health.recordWrite(error) } else { health.recordRead(error) }
        if error.code != .unavailable { failure.fail(ServerFailure.store(error)) }
    }

    /// Runs a query on the store's queue, between claims and commits.
    func ask<Answer: Sendable>(
        _ query: @escaping @Sendable (any Store) throws(StoreFailure) -> Answer
    ) async throws(StoreFailure) -> Answer {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Answer, StoreFailure>, Never>) in
            storeJobs.post(
                .ask { store in
                    do throws(StoreFailure) {
                        continuation.resume(returning: .success(try query(store)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                })
        }
        return try result.get()
    }

    // MARK: Snapshots

    /// How often to repeat a snapshot during which the engine made a step.
    private static let snapshotAttemptsMax = 5

    /// The status of the store and the engine at one moment. `isSteady` means that the engine made no step meanwhile.
    func snapshot() async throws(StoreFailure) -> (status: StoreStatus, summary: EngineSummary, isSteady: Bool) {
        var status = StoreStatus()
        var summary = EngineSummary()
        for _ in 0..<Self.snapshotAttemptsMax {
            let before = core.withLock { $0.steps }
            status = try await ask { store throws(StoreFailure) in try store.status() }
            let after = core.withLock { core in
                summary = core.engine.summary
                return core.steps
            }
            if before == after, inputs.count == 0 { return (status, summary, true) }
        }
        return (status, summary, false)
    }

    var summary: EngineSummary { core.withLock { $0.engine.summary } }

    // MARK: Shutdown

    /// Waits for running requests and commits to end.
    func drain() async {
        requests.stopStarting()
        timer.cancel()
        let begin = ContinuousClock.now
        // Ctrl-C may shorten the limit at any time.
        while ContinuousClock.now - begin < pace.exchangesEndMax,
            !requests.isEmpty || summary.isCommitting || inputs.count > 0
        {
            do {
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                break
            }
        }
    }

    /// Stops all work. Requests that did not end are ambiguous after a restart.
    func stop() async {
        requests.stopStarting()
        timer.cancel()
        requests.cancel()
        inputs.stop()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            storeJobs.post(.ask { _ in continuation.resume() })
        }
        storeJobs.stop()
    }
}
