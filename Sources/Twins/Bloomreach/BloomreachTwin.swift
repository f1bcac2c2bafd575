import JSON
import Transport

/// A strict Bloomreach Engagement: tracking, identity, catalogues, consent and read-back (docs/vendors/bloomreach.md).
///
/// `GET /_twin/state` answers, whatever is readable yet or not,
/// - `profiles`: `[{number, ids, properties, events: [{type, timestamp, sequence, properties}]}]` of the first project;
///   `sequence` counts events in the order in which they were taken,
/// - `catalogs`: `[{id, name, is_product_catalog, fields, items: [{item_id, properties}]}]`,
/// - `processed_events`: accepted events with every copy,
/// - `calls`: how many calls were answered since the last reset,
/// - `projects`: `[{token, profiles, catalogs, processed_events}]` of further projects.
///
/// Actions (`POST /_twin/act`): see ``BloomreachTwin/deedNames``.
///
/// Not simulated, and answered 404: imports (management, run and start), scenario webhooks to the engine, the Data hub
/// paths with `stream_id`, the export of all customers, reports and their cache, `campaigns/clicks`, e-mail and SMS,
/// rotating a key by API. Event attributes flagged private survive anonymising.
public struct BloomreachTwin: Twin {
    /// A call's body is kept for `/_twin/calls` up to this size, unless the settings say less: enough for a full batch
    /// of order events.
    public static let callBodyBytesMax = 131_072
    /// Set by a wrapper that knows its peers; without it all callers share one address and one rate limit.
    public static let peerHeader = "X-Twin-Peer"

    private let initial: BloomreachSettings
    var settings: BloomreachSettings
    /// In the order of their making; the first is the one the state shows on top.
    var projectTokens: [String] = []
    var projects: [String: BloomreachProject] = [:]
    private var rateLimits: [String: BloomreachRateLimit] = [:]
    private var calls = TwinCalls()
    private var callsAnswered = 0
    private var faults: TwinFaults
    private var advancedMicroseconds: Int64 = 0

    public init(_ settings: BloomreachSettings = BloomreachSettings()) {
        initial = settings
        self.settings = settings
        faults = Self.noFaults
        for project in settings.projects { addProject(project) }
    }

    private static let noFaults = TwinFaults(kinds: [
        ("api", ["status", "timeout_before", "timeout_after", "partial", "slow", "html", "truncated"])
    ])

    mutating func addProject(_ settings: BloomreachProjectSettings) {
        if projects[settings.token] == nil { projectTokens.append(settings.token) }
        projects[settings.token] = BloomreachProject(settings: settings)
    }

    public mutating func handle(_ request: HTTPRequest, now: TwinInstant, random: inout TwinRandom) -> TwinReply {
        let twinNow = now.advanced(microseconds: advancedMicroseconds)
        if request.path.hasPrefix("/_twin/") {
            return TwinReply(response: control(request, now: twinNow))
        }
        callsAnswered += 1
        let struck = faults.strike(target: "api", now: twinNow, random: &random)
        let reply = answer(request, struck, at: twinNow, random: &random)
        var kept = request
        if kept.body.count > settings.callBodyBytesMax {
            kept.body = JSON.object(["omitted_bytes": JSON(request.body.count)]).encoded()
        }
        calls.record(kept, reply, at: twinNow)
        return reply
    }

    // MARK: Faults

    /// What the faults let through. One that keeps the request from the platform wins over one that spoils its answer.
    private mutating func answer(
        _ request: HTTPRequest, _ struck: [TwinFault], at now: TwinInstant, random: inout TwinRandom
    ) -> TwinReply {
        let slow = struck.filter { $0.kind == "slow" }.map(\.milliseconds).max() ?? 0
        for fault in struck {
            switch fault.kind {
            case "timeout_before": return TwinReply(response: nil, delayMilliseconds: Int(fault.milliseconds))
            case "status":
                let answer = BloomreachAnswer(status: fault.status, retryAfterSeconds: settings.retryAfterSeconds)
                return TwinReply(response: response(answer), delayMilliseconds: Int(slow))
            case "html":
                var page = response(BloomreachAnswer(status: 200))
                page.headers["Content-Type"] = "text/html"
                page.body = Array("<html><body>Service temporarily unavailable</body></html>".utf8)
                return TwinReply(response: page, delayMilliseconds: Int(slow))
            default: continue
            }
        }
        var answer = serve(request, at: now, random: &random)
        if struck.contains(where: { $0.kind == "partial" }) { answer.dropLastResult() }
        var reply = TwinReply(response: response(answer), delayMilliseconds: Int(slow), effect: answer.hasEffect)
        if struck.contains(where: { $0.kind == "truncated" }), let body = reply.response?.body {
            reply.response?.body = Array(body.prefix(body.count / 2))
        }
        if let lost = struck.first(where: { $0.kind == "timeout_after" }) {
            reply.response = nil
            reply.delayMilliseconds = Int(lost.milliseconds)
        }
        return reply
    }

    /// Every answer carries a request id and permissive CORS headers (docs/vendors/bloomreach.md, Access and
    /// permissions).
    private func response(_ answer: BloomreachAnswer) -> HTTPResponse {
        var response = HTTPResponse(status: answer.status, body: answer.body?.encoded() ?? [])
        if answer.body != nil { response.headers["Content-Type"] = "application/json" }
        response.headers["x-request-id"] = "twin-" + padded(Int64(callsAnswered), 12)
        response.headers["Access-Control-Allow-Origin"] = "*"
        if answer.status == 429, let seconds = answer.retryAfterSeconds {
            response.headers["Retry-After"] = String(seconds)
        }
        return response
    }

    // MARK: The platform

    private mutating func serve(
        _ request: HTTPRequest, at now: TwinInstant, random: inout TwinRandom
    ) -> BloomreachAnswer {
        guard let (token, route) = BloomreachRoute.parse(request) else { return .noRoute }
        if route.isTracking, !admits(request, at: now) {
            return BloomreachAnswer(status: 429, retryAfterSeconds: settings.retryAfterSeconds)
        }
        // Chained, never bound: a second copy of the project would make the next write copy all it holds.
        guard let known = projects[token]?.access(request) else {
            return .unauthorized(400, "Could not authenticate")
        }
        let access: BloomreachAccess
        switch known {
        case .success(let granted): access = granted
        case .failure(let denial): return .unauthorized(denial.status, denial.text)
        }
        guard access.isPrivate || route.isTracking || route == .consentCategories else {
            return .unauthorized(401, "access key not provided")
        }
        var body: JSON?
        if !request.body.isEmpty {
            do throws(JSONError) { body = try JSON.parse(request.body) } catch { return .invalidJSON }
        }
        let moment = BloomreachMoment(now: now.microseconds, settings: settings)
        if case .catalogs(let segments) = route {
            let names = ["query", "field", "count", "skip"]
            let query = names.compactMap { name in request.queryValue(name).map { (name, $0) } }
            let asked = BloomreachCatalogRequest(
                method: request.method, segments: segments, query: Dictionary(uniqueKeysWithValues: query), body: body,
                bodyBytes: request.body.count, permissions: access.permissions)
            let answer = projects[token]?.catalogs(asked, at: moment) ?? .noRoute
            return settings.booleansAsText ? answer.withBooleansAsText() : answer
        }
        return projects[token]?.answer(route, body ?? .null, by: access, at: moment, random: &random) ?? .noRoute
    }

    private mutating func admits(_ request: HTTPRequest, at now: TwinInstant) -> Bool {
        let perMinute = settings.requestsPerMinute
        let fresh = BloomreachRateLimit(requestsPerMinute: perMinute, now: now.microseconds)
        return rateLimits[request.headers[Self.peerHeader] ?? "", default: fresh]
            .admits(requestsPerMinute: perMinute, now: now.microseconds)
    }

    // MARK: The twin's own paths

    private static let controlPaths = ["state", "calls", "act", "faults", "time", "reset"]

    private mutating func control(_ request: HTTPRequest, now: TwinInstant) -> HTTPResponse {
        do throws(TwinProblem) {
            return .json(200, try control(request.method, request, now))
        } catch {
            return .json(400, error.json)
        }
    }

    private mutating func control(
        _ method: String, _ request: HTTPRequest, _ now: TwinInstant
    ) throws(TwinProblem) -> JSON {
        switch (method, String(request.plainPath.dropFirst("/_twin/".count))) {
        case ("GET", "state"): return stateJSON
        case ("GET", "calls"):
            guard let since = Int64(request.queryValue("since") ?? "0") else {
                throw TwinProblem("since must be a call's seq", [])
            }
            return calls.json(since: since)
        case ("POST", "act"): return try act(try Self.body(request), now: now)
        case ("POST", "faults"):
            try faults.add(try Self.body(request), now: now)
            return ["faults": faults.json]
        case ("DELETE", "faults"):
            faults.clear()
            return ["faults": faults.json]
        case ("POST", "time"):
            let amount = try Self.body(request)["advance"]?.decimalText.flatMap { TwinAmount($0) }
            guard let amount, amount >= .zero else { throw TwinProblem("advance must be seconds, zero or more", []) }
            advancedMicroseconds += amount.millionths
            return ["now": .string(now.advanced(microseconds: amount.millionths).iso8601(fractionDigits: 6))]
        case ("POST", "reset"):
            self = BloomreachTwin(initial)
            return ["reset": true]
        default: throw TwinProblem("no such twin path or method", Self.controlPaths)
        }
    }

    private static func body(_ request: HTTPRequest) throws(TwinProblem) -> JSON {
        do throws(JSONError) {
            return try JSON.parse(request.body)
        } catch {
            throw TwinProblem("the body is not JSON: \(error)", [])
        }
    }

    private var stateJSON: JSON {
        var state: JSONObject = projectTokens.first.flatMap { projects[$0]?.stateJSON } ?? [:]
        state["calls"] = JSON(callsAnswered)
        let further = projectTokens.dropFirst().map { token -> JSON in
            var project: JSONObject = ["token": .string(token)]
            for member in projects[token]?.stateJSON.members ?? [] { project[member.key] = member.value }
            return .object(project)
        }
        state["projects"] = .array(further)
        return .object(state)
    }
}
