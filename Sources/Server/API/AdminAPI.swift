import Commerce
import Hummingbird
import HTTPTypes
import JSON
import Sync

/// `/api/v1`, health and metrics.
struct AdminAPI: Sendable {
    /// Requests to this API hold a few keys.
    static let bodyBytesMax = 64 * 1_024

    let shell: EngineShell
    let groupCommit: GroupCommit
    let flows: [Flow]
    let metrics: Metrics
    let clock: ServerClock
    let identity: ServerIdentity
    var queries: StoreQueries { StoreQueries(flows: flows) }

    func respond(_ request: Request, _ path: [String]) async throws(StoreFailure) -> Response {
        let queries = self.queries
        switch (request.method, path[0], path.count) {
        case (.get, "settled", 1): return try await settled()
        case (.get, "flows", 1):
            return Responses.json(try await shell.ask { store throws(StoreFailure) in try queries.flows(in: store) })
        case (.get, "stages", 1):
            let flows = self.flows
            return Responses.json(
                try await shell.ask { store throws(StoreFailure) in Documents.stages(flows, try store.status()) })
        case (.get, "freshness", 1): return try await freshness()
        case (.get, "trace", 1):
            guard let key = request.uri.queryParameters["key"].map(String.init), !key.isEmpty else {
                return Responses.problem(
                    400, "missing_key", "the key is missing (/api/v1/trace?key=KEY). \(TraceKey.kinds)")
            }
            return Responses.json(
                try await shell.ask { store throws(StoreFailure) in try queries.trace(key, in: store) })
        case (.get, "exceptions", 1): return try await exceptions(request)
        case (.get, "exceptions", 2): return try await exception(path[1])
        case (.post, "exceptions", 3): return try await act(on: path[1], path[2], request)
        case (.post, "people", 2), (.post, "orders", 2): return try await decide(path[0], path[1], request)
        case (.get, "audit", _):
            return Responses.problem(404, "not_built", "this version of Plumbline has no audit")
        default: return RequestRouter.notFound
        }
    }

    // MARK: Responses

    private func settled() async throws(StoreFailure) -> Response {
        let pendingBefore = groupCommit.pendingCount
        let snapshot = try await shell.snapshot()
        let isQuiet =
            snapshot.isSteady && snapshot.summary.isQuiet && pendingBefore == 0 && groupCommit.pendingCount == 0
        return Responses.json(Documents.settled(snapshot.status, engineIsQuiet: isQuiet))
    }

    /// Times are whole milliseconds as seconds; `p95_seconds` is the upper bound of the bucket it falls into.
    private func freshness() async throws(StoreFailure) -> Response {
        let status = try await shell.ask { store throws(StoreFailure) in try store.status() }
        let age = status.oldestUntold.map { max(clock.now() - $0, .zero) }
        let flows = self.flows.map { flow -> JSON in
            func bound(_ share: Double) -> JSON {
                guard let seconds = metrics.quantile(share, of: .lag, startingWith: [flow.name]) else { return .null }
                return seconds.isInfinite ? "more" : Self.seconds(TimeSpan(microseconds: Int64(seconds * 1e6)))
            }
            return [
                "flow": .string(flow.name), "objective_seconds": Self.seconds(flow.policies.freshnessObjective),
                "p50_seconds": bound(0.5), "p95_seconds": bound(0.95), "p99_seconds": bound(0.99),
            ]
        }
        let objective = self.flows.map(\.policies.freshnessObjective).min() ?? .minutes(5)
        return Responses.json([
            "fresh": .bool(age.map { $0 <= objective } ?? true),
            "oldest_untold_at": JSON(status.oldestUntold?.description),
            "oldest_untold_age_seconds": age.map(Self.seconds) ?? .null, "flows": .array(flows),
        ])
    }

    private static func seconds(_ span: TimeSpan) -> JSON {
        let milliseconds = span.microseconds / 1_000
        let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
        return .number(JSONNumber(exactly: "\(milliseconds / 1_000).\(fraction)"))
    }

    func body(of request: Request) async -> JSON? {
        do {
            return try JSON.parse(Array(buffer: try await request.body.collect(upTo: Self.bodyBytesMax)))
        } catch {
            // The caller reports what it expected.
            return nil
        }
    }

    // MARK: Health and metrics

    func health(_ what: String, _ request: Request) -> Response? {
        switch what {
        case "live": return Responses.json(["live": true])
        case "ready":
            let hasStarted = shell.summary.hasStarted
            let failure = shell.health.failure
            let isReady = hasStarted && failure == nil
            return Responses.json(
                [
                    "ready": .bool(isReady), "engine": .string(hasStarted ? "started" : "starting"),
                    "store": .string(failure?.code.rawValue ?? "writable"),
                ], status: isReady ? 200 : 503)
        case "identity": return identify(request.uri.queryParameters["challenge"].map(String.init))
        default: return nil
        }
    }

    /// Says which store this server serves. With a challenge, it also proves that it is the server named in the store's
    /// folder. Commands ask before they send the token.
    private func identify(_ challenge: String?) -> Response {
        var document: JSONObject = ["store_id": .string(identity.storeID)]
        if let challenge {
            guard challenge.utf8.count <= ServerIdentity.challengeBytesMax else {
                return Responses.problem(
                    400, "bad_challenge", "a challenge has at most \(ServerIdentity.challengeBytesMax) bytes")
            }
            document["proof"] = .string(identity.proof(of: challenge))
        }
        return Responses.json(.object(document))
    }

    func metricsText() async -> Response {
        do throws(StoreFailure) {
            let status = try await shell.ask { store throws(StoreFailure) in try store.status() }
            set(status)
        } catch {
            // The other metrics are still useful, and one of them counts this failure.
            metrics.count(.storeFailures, ["status", error.code.rawValue])
        }
        metrics.set(.heldRecords, [], to: Double(shell.summary.recordsHeld))
        metrics.set(.pendingReceipts, [], to: Double(groupCommit.pendingCount))
        return Responses.text(metrics.text(), contentType: "text/plain; version=0.0.4; charset=utf-8")
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
