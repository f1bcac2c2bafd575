import Commerce
import Logging
public import Sync
import Synchronization
import Transport

/// A piece of work that a server spent time on, for benchmarks.
public enum EngineWork: Sendable {
    case step(Input)
    case claim
    case commit
}

/// How long a piece of work took.
public struct WorkTime: Sendable {
    public var elapsed: Duration
    /// Processor time of the thread that did it, which does not depend on the load of the machine.
    public var processor: Duration
}

/// Called after each piece of work, on the thread that did it.
public typealias EngineWorkObserver = @Sendable (EngineWork, WorkTime) -> Void

/// Runs the engine: feeds it inputs one at a time, performs the effects it returns, and posts the results back as
/// inputs (docs/architecture.md, law 1).
///
/// ```
/// inputs ──► engine queue ──► step ──► effects ──┬──► commits, one at a time
///   ▲                                             ├──► claims, one at a time, beside them
///   │                                             ├──► exchanges (bounded)
///   └──────────────── answers ◄──────────────────┴──► timer (one)
/// ```
/// Nothing suspends inside a step. The shell makes no decisions. Operators' queries have their own queue, so that a
/// large query does not delay commits.
final class EngineShell: Sendable {
    private struct Core {
        var engine: Engine
        /// Incremented by each step: two equal readings mean that nothing happened between them.
        var steps: Int64 = 0
        var lastNow = Instant(microseconds: 0)
    }

    let store: any Store
    private let core: Mutex<Core>
    private let inputs = SerialWorker<Input>(label: "plumbline.engine", hasLowPriority: true)
    private let commits = SerialWorker<Commit>(label: "plumbline.commits", hasLowPriority: true)
    private let claims = SerialWorker<ClaimRequest>(label: "plumbline.claims", hasLowPriority: true)
    private let queries = SerialWorker<@Sendable (any Store) -> Void>(label: "plumbline.queries", hasLowPriority: true)
    private let timer = WakeTimer()
    private let clock: ServerClock
    private let metrics: Metrics
    private let logger: Logger
    private let requests: RequestPool
    private let failure: FailureSignal
    private let pace: ShutdownPace
    private let observe: EngineWorkObserver?
    let health: StoreHealth

    init(
        engine: Engine, store: any Store, exchanger: any Exchanger, clock: ServerClock, metrics: Metrics,
        health: StoreHealth, failure: FailureSignal, pace: ShutdownPace, logger: Logger,
        observe: EngineWorkObserver? = nil
    ) {
        self.store = store
        self.clock = clock
        self.metrics = metrics
        self.health = health
        self.failure = failure
        self.pace = pace
        self.logger = logger
        self.observe = observe
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
        commits.start { [weak self] commits in for commit in commits { self?.run(commit) } }
        claims.start { [weak self] claims in for claim in claims { self?.run(claim) } }
        queries.start { [weak self] queries in
            guard let self else { return }
            for query in queries { query(store) }
        }
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
            return observed(.step(input)) { core.engine.step(input, now: core.lastNow) }
        }
    }

    private func observed<Value, Failure: Error>(
        _ work: @autoclosure () -> EngineWork, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        guard let observe else { return try body() }
        let (start, processor) = (ContinuousClock.now, ServerClock.threadTime)
        defer {
            observe(
                work(),
                WorkTime(elapsed: ContinuousClock.now - start, processor: ServerClock.threadTime - processor))
        }
        return try body()
    }

    private func run(_ effect: Effect) {
        switch effect {
        case .claim(let request): claims.post(request)
        case .commit(let commit): commits.post(commit)
        case .exchange(let exchange): requests.start(exchange)
        case .wake(let time):
            let inputs = self.inputs
            timer.set(after: time - clock.now()) { inputs.post(.timer) }
        case .measure(let measurement): metrics.record(measurement)
        }
    }

    // MARK: The store

    private func run(_ request: ClaimRequest) {
        do {
            let claim = try metrics.time(.storeDuration, ["claim"]) { () throws(StoreFailure) in
                try observed(.claim) { () throws(StoreFailure) in try store.claim(request) }
            }
            health.recordRead(nil)
            inputs.post(.claimed(claim))
        } catch {
            recordFailure(error, during: "claim")
            if error.code == .unavailable { inputs.post(.claimFailed(error)) }
        }
    }

    private func run(_ commit: Commit) {
        do {
            try metrics.time(.storeDuration, ["commit"]) { () throws(StoreFailure) in
                try observed(.commit) { () throws(StoreFailure) in try store.commit(commit) }
            }
            health.recordWrite(nil)
            metrics.count(.commits, [])
            inputs.post(.committed(commit.id))
        } catch {
            recordFailure(error, during: "commit")
            if error.code == .unavailable { inputs.post(.commitFailed(commit.id, error)) }
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

    /// Runs a query of the store concurrently with claims and commits.
    func ask<Answer: Sendable>(
        _ query: @escaping @Sendable (any Store) throws(StoreFailure) -> Answer
    ) async throws(StoreFailure) -> Answer {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Answer, StoreFailure>, Never>) in
            let isTaken = queries.post { store in
                do throws(StoreFailure) {
                    continuation.resume(returning: .success(try query(store)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isTaken {
                continuation.resume(returning: .failure(StoreFailure(.unavailable, "the server is stopping")))
            }
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
        // What is being written is written, and what was asked is answered.
        await commits.drain()
        await claims.drain()
        await queries.drain()
    }
}
