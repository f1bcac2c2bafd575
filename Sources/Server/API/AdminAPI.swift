import Commerce
import Hummingbird
import HTTPTypes
import JSON
import Sync

/// `/api/v1`, health and metrics.
struct AdminAPI: Sendable {
    /// A request to this API is a word or two.
    static let bodyBytesMax = 64 * 1_024

    let shell: EngineShell
    let groupCommit: GroupCommit
    let flows: [Flow]
    let metrics: Metrics
    let clock: ServerClock
    var questions: StoreQuestions { StoreQuestions(flows: flows) }

    func respond(_ request: Request, _ path: [String]) async throws(StoreFailure) -> Response {
        let questions = self.questions
        switch (request.method, path[0], path.count) {
        case (.get, "settled", 1): return try await settled()
        case (.get, "flows", 1):
            return Answers.json(try await shell.ask { store throws(StoreFailure) in try questions.flows(in: store) })
        case (.get, "stages", 1):
            let flows = self.flows
            return Answers.json(
                try await shell.ask { store throws(StoreFailure) in Documents.stages(flows, try store.status()) })
        case (.get, "freshness", 1): return try await freshness()
        case (.get, "trace", 1):
            guard let key = request.uri.queryParameters["key"].map(String.init), !key.isEmpty else {
                return Answers.problem(
                    400, "missing_key", "say whose story: /api/v1/trace?key=ORDER, E-MAIL, CUSTOMER ID or SKU")
            }
            return Answers.json(
                try await shell.ask { store throws(StoreFailure) in try questions.trace(key, in: store) })
        case (.get, "exceptions", 1):
            let all = request.uri.queryParameters["all"] == "1"
            return Answers.json(
                try await shell.ask { store throws(StoreFailure) in
                    try questions.exceptions(includingResolved: all, in: store)
                })
        case (.get, "exceptions", 2): return try await exception(path[1])
        case (.post, "exceptions", 3): return try await act(on: path[1], path[2], request)
        case (.post, "people", 2), (.post, "orders", 2): return try await decide(path[0], path[1], request)
        case (.get, "audit", _):
            return Answers.problem(404, "not_built", "the audit is not part of this version of Plumbline")
        default: return FrontDoor.notFound
        }
    }

    // MARK: Answers

    private func settled() async throws(StoreFailure) -> Response {
        let pendingBefore = groupCommit.pendingCount
        let look = try await shell.look()
        let isQuiet = look.isSteady && look.summary.isQuiet && pendingBefore == 0 && groupCommit.pendingCount == 0
        return Answers.json(Documents.settled(look.status, engineIsQuiet: isQuiet))
    }

    /// Times are whole milliseconds as seconds; `p95_seconds` is the upper bound of the bucket it falls into.
    private func freshness() async throws(StoreFailure) -> Response {
        let status = try await shell.ask { store throws(StoreFailure) in try store.status() }
        let age = status.oldestUntold.map { max(clock.now() - $0, .zero) }
        let flows = self.flows.map { flow -> JSON in
            func bound(_ share: Double) -> JSON {
                guard let seconds = metrics.quantile(share, of: .lag, startingWith: [flow.name]) else { return .null }
                return seconds.isInfinite ? "more" : Self.seconds(Span(microseconds: Int64(seconds * 1e6)))
            }
            return [
                "flow": .string(flow.name), "objective_seconds": Self.seconds(flow.policies.freshnessObjective),
                "p50_seconds": bound(0.5), "p95_seconds": bound(0.95), "p99_seconds": bound(0.99),
            ]
        }
        let objective = self.flows.map(\.policies.freshnessObjective).min() ?? .minutes(5)
        return Answers.json([
            "fresh": .bool(age.map { $0 <= objective } ?? true),
            "oldest_untold_at": JSON(status.oldestUntold?.description),
            "oldest_untold_age_seconds": age.map(Self.seconds) ?? .null, "flows": .array(flows),
        ])
    }

    private static func seconds(_ span: Span) -> JSON {
        let milliseconds = span.microseconds / 1_000
        let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
        return .number(JSONNumber(exactly: "\(milliseconds / 1_000).\(fraction)"))
    }

    // MARK: Exceptions

    private func exception(_ id: String) async throws(StoreFailure) -> Response {
        let questions = self.questions
        let found = try await shell.ask { store throws(StoreFailure) in try questions.exception(id, in: store) }
        return found.map { Answers.json($0) } ?? Self.noException(id)
    }

    private static func noException(_ id: String) -> Response {
        Answers.problem(
            404, "unknown_exception", "there is no exception of this id; GET /api/v1/exceptions?all=1 lists them")
    }

    /// `retry` sends what is parked again. `resolve` closes what parks nothing: a person has looked. What is parked is
    /// given up only with `{"skip": true}`, and its dependents go on.
    private func act(on id: String, _ verb: String, _ request: Request) async throws(StoreFailure) -> Response {
        guard verb == "retry" || verb == "resolve" else { return FrontDoor.notFound }
        let skips = await body(of: request)?["skip"]?.bool == true
        let questions = self.questions
        let found = try await shell.ask { store throws(StoreFailure) -> (OpenException, [Parked])? in
            guard let exception = try questions.find(id, in: store) else { return nil }
            return (exception, try questions.parked(for: exception, in: store).map(Parked.init))
        }
        guard let (exception, parked) = found else { return Self.noException(id) }
        guard !parked.isEmpty else { return actWithoutParked(on: exception, verb) }
        if verb == "resolve", !skips {
            return Answers.problem(
                409, "skip_needed",
                "exception \(id) parks \(parked.count) deliveries; to give them up for good, say --skip "
                    + "({\"skip\": true}); to send them again, retry")
        }
        for item in parked {
            shell.post(.command(verb == "retry" ? .retry(item.entity, item.effect) : .skip(item.entity, item.effect)))
        }
        let effects = parked.map { JSON.string($0.effect) }
        return Answers.json(["id": .string(id), "done": .string(verb), "deliveries": .array(effects)], status: 202)
    }

    /// What a person can do about an exception that parks no delivery.
    private enum Remedy {
        case retry, resolve, decide, waiting

        /// The error code and the advice for whoever asks for something else.
        func refusal(of exception: OpenException) -> (code: String, advice: String) {
            switch self {
            case .retry: ("something_waits", "keeps a record waiting; mend what it names, then retry")
            case .resolve: ("nothing_parked", "parks nothing that could be sent again; look at it, then resolve")
            case .decide:
                ("something_waits", "is a question; answer it: plumbline orders join|keep-apart \(exception.subject)")
            case .waiting: ("nothing_parked", "parks nothing; it closes itself when its cause is gone")
            }
        }
    }

    private func remedy(for exception: OpenException) -> Remedy {
        switch exception.kind {
        // The record itself waits: what was missing may be there now.
        case .productUnknown, .mappingFailed, .consentConflict: .retry
        // Of a whole shop's prices: each product looks for a rate by itself.
        case .rateMissing: EntityKey(exception.subject) == nil ? .waiting : .retry
        // A question: closed without an answer it would not be asked again.
        case .replacementDoubtful: .decide
        // They last as long as their cause does: closed by hand they would hide it.
        case .destinationRefused, .destinationUnauthorised, .destinationUnreachable, .lagOverObjective:
            isWorkedOn(exception) ? .waiting : .resolve
        // They tell of something that happened, and somebody has looked.
        default: .resolve
        }
    }

    /// The destination or flow that such an exception ends with: one that left the configuration cures nothing.
    private func isWorkedOn(_ exception: OpenException) -> Bool {
        let names = flows.flatMap { [$0.name, $0.destination, Flow.peopleFlow(of: $0.destination)] }
        return exception.subject.split(separator: " ").last.map { names.contains(String($0)) } ?? false
    }

    private func actWithoutParked(on exception: OpenException, _ verb: String) -> Response {
        let remedy = remedy(for: exception)
        let command: Command? =
            switch (remedy, verb) {
            case (.retry, "retry"): EntityKey(exception.subject).map(Command.planAgain)
            case (.resolve, "resolve"): .close(exception: exception.id)
            default: nil
            }
        guard let command else {
            let (code, advice) = remedy.refusal(of: exception)
            return Answers.problem(
                409, code, "exception \(exception.id) (\(exception.kind.rawValue)) \(advice)")
        }
        shell.post(.command(command))
        return Answers.json(["id": .string(exception.id), "done": .string(verb), "deliveries": []], status: 202)
    }

    private struct Parked: Sendable {
        var entity: EntityKey
        var effect: EffectKey
        init(_ pair: (EntityKey, EffectKey)) { (entity, effect) = pair }
    }

    func body(of request: Request) async -> JSON? {
        do {
            return try JSON.parse(Array(buffer: try await request.body.collect(upTo: Self.bodyBytesMax)))
        } catch {
            // The caller says what was expected.
            return nil
        }
    }

    // MARK: Health and metrics

    func health(_ what: String) -> Response? {
        switch what {
        case "live": return Answers.json(["live": true])
        case "ready":
            let hasStarted = shell.summary.hasStarted
            let failure = shell.health.failure
            let isReady = hasStarted && failure == nil
            return Answers.json(
                [
                    "ready": .bool(isReady), "engine": .string(hasStarted ? "started" : "starting"),
                    "store": .string(failure?.code.rawValue ?? "writable"),
                ], status: isReady ? 200 : 503)
        default: return nil
        }
    }

    func metricsText() async -> Response {
        do throws(StoreFailure) {
            let status = try await shell.ask { store throws(StoreFailure) in try store.status() }
            set(status)
        } catch {
            // The other numbers are worth showing without the store's; the failure is one of them.
            metrics.count(.storeFailures, ["status", error.code.rawValue])
        }
        metrics.set(.heldRecords, [], to: Double(shell.summary.recordsHeld))
        metrics.set(.pendingReceipts, [], to: Double(groupCommit.pendingCount))
        return Answers.text(metrics.text(), contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func set(_ status: StoreStatus) {
        metrics.set(.inbox, [], to: Double(status.inbox))
        metrics.set(.entities, [], to: Double(status.entities))
        metrics.set(.dirty, [], to: Double(status.dirty))
        metrics.set(.unsent, [], to: Double(status.unsent))
        metrics.set(.ambiguous, [], to: Double(status.ambiguous))
        metrics.set(.openExceptions, [], to: Double(status.openExceptions))
        let age = status.oldestUntold.map { max(clock.now() - $0, .zero).microseconds } ?? 0
        metrics.set(.oldestUntold, [], to: Double(age) / 1e6)
        metrics.clear(.waiting)
        for waiting in status.waiting { metrics.set(.waiting, [waiting.reason.rawValue], to: Double(waiting.count)) }
    }
}
