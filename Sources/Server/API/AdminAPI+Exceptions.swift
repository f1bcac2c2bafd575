import Hummingbird
import HTTPTypes
import JSON
import Sync

/// What operators see of exceptions, and what they can do about one.
extension AdminAPI {
    /// Returns one page; the headers give the total count and the address of the next page.
    func exceptions(_ request: Request) async throws(StoreFailure) -> Response {
        let wanted: ExceptionRequest
        switch Self.exceptionRequest(request) {
        case .failure(let problem): return problem.response
        case .success(let read): wanted = read
        }
        let queries = self.queries
        let found = try await shell.ask { store throws(StoreFailure) in try queries.exceptions(wanted, in: store) }
        guard let list = found else { return Self.noException(wanted.after ?? "") }
        var response = Responses.json(.array(list.rows))
        response.headers[Self.totalHeader] = String(list.total)
        if list.rows.count == wanted.limit, let last = list.rows.last?["id"]?.string {
            var next = wanted
            next.after = last
            response.headers[Self.linkHeader] = "<\(next.path)>; rel=\"next\""
        }
        return response
    }

    private static let totalHeader = header("X-Total-Count")
    private static let linkHeader = header("Link")
    private static func header(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is a header's name") }
        return name
    }

    private struct Problem: Error { var response: Response }

    private static func exceptionRequest(_ request: Request) -> Result<ExceptionRequest, Problem> {
        let query = request.uri.queryParameters
        var wanted = ExceptionRequest(includesResolved: query["all"] == "1")
        wanted.after = query["after"].map(String.init)
        for name in (query["kind"].map(String.init) ?? "").split(separator: ",").map(String.init) {
            guard let kind = ExceptionKind(rawValue: name) else {
                let nearest = Spelling.nearest(to: name, among: ExceptionKind.allCases.map(\.rawValue)) ?? ""
                return .failure(
                    Problem(
                        response: Responses.problem(
                            400, "unknown_kind",
                            "there is no kind of exception \"\(name)\"; did you mean \"\(nearest)\"?")))
            }
            wanted.kinds.append(kind)
        }
        if let text = query["limit"] {
            guard let limit = Int(text), (1...ExceptionRequest.limitMax).contains(limit) else {
                return .failure(
                    Problem(
                        response: Responses.problem(400, "bad_limit", "limit is 1 to \(ExceptionRequest.limitMax)")))
            }
            wanted.limit = limit
        }
        return .success(wanted)
    }

    func exception(_ id: String) async throws(StoreFailure) -> Response {
        let queries = self.queries
        let found = try await shell.ask { store throws(StoreFailure) in try queries.exception(id, in: store) }
        return found.map { Responses.json($0) } ?? Self.noException(id)
    }

    private static func noException(_ id: String) -> Response {
        Responses.problem(
            404, "unknown_exception", "there is no exception \(id)", api: "GET /api/v1/exceptions?all=1 lists them",
            command: "plumbline exceptions list --all shows them")
    }

    /// `retry` sends the parked deliveries again. `resolve` closes an exception that parks nothing, because an
    /// operator has checked it. Only `{"skip": true}` drops parked deliveries; the deliveries that waited for them
    /// are then sent.
    func act(on id: String, _ verb: String, _ request: Request) async throws(StoreFailure) -> Response {
        guard verb == "retry" || verb == "resolve" else { return RequestRouter.notFound }
        let skips = await body(of: request)?["skip"]?.bool == true
        let queries = self.queries
        let found = try await shell.ask { store throws(StoreFailure) -> (OpenException, [ParkedDelivery])? in
            guard let exception = try queries.find(id, in: store) else { return nil }
            return (exception, try queries.parked(for: exception, in: store))
        }
        guard let (exception, parked) = found else { return Self.noException(id) }
        guard !parked.isEmpty else { return actWithoutParked(on: exception, verb) }
        if verb == "resolve", !skips {
            let deliveries = parked.count == 1 ? "a delivery" : "\(parked.count) deliveries"
            return Responses.problem(
                409, "skip_needed", "exception \(id) parks \(deliveries)",
                api: "drop them for good with {\"skip\": true}, or send again with retry",
                command: "drop them for good with plumbline exceptions resolve \(id) --skip, or send again with "
                    + "plumbline exceptions retry \(id)")
        }
        for item in parked {
            let command: Command =
                verb == "retry"
                ? .retry(item.entity, item.event, flow: item.flow) : .skip(item.entity, item.event, flow: item.flow)
            shell.post(.command(command))
        }
        let events = parked.map { JSON.string($0.event) }
        return Responses.json(["id": .string(id), "done": .string(verb), "deliveries": .array(events)], status: 202)
    }

    /// What an operator can do about an exception that parks no delivery.
    private enum Remedy {
        case retry, resolve, decide, waiting

        /// The response to a request for anything else.
        func refusal(of exception: OpenException) -> Response {
            let id = exception.id
            let subject = "exception \(id) (\(exception.kind.rawValue))"
            switch self {
            case .retry:
                return Responses.problem(
                    409, "something_waits", "\(subject) keeps a record waiting", api: "fix its cause, then retry",
                    command: "fix its cause, then plumbline exceptions retry \(id)")
            case .resolve:
                return Responses.problem(
                    409, "nothing_parked", "\(subject) parks no delivery that could be sent again",
                    api: "check it, then resolve", command: "check it, then plumbline exceptions resolve \(id)")
            case .decide:
                return Responses.problem(
                    409, "something_waits", "\(subject) asks for a decision",
                    api: "answer it with POST /api/v1/orders/join or orders/keep-apart",
                    command: "answer it with plumbline orders join|keep-apart \(exception.subject)")
            case .waiting:
                return Responses.problem(
                    409, "nothing_parked", "\(subject) parks no delivery; it resolves itself when its cause is fixed")
            }
        }
    }

    private func remedy(for exception: OpenException) -> Remedy {
        switch exception.kind {
        // The record itself waits: the missing data may have arrived.
        case .productUnknown, .mappingFailed, .consentConflict: .retry
        // Needs no retry for a shop's rate: the engine prices its goods again each hour.
        case .rateMissing: EntityKey(exception.subject) == nil ? .waiting : .retry
        // It asks for a decision: resolved without one, it would not be asked again.
        case .replacementDoubtful: .decide
        // These last as long as their cause: resolving them by hand would hide it.
        case .destinationRefused, .destinationUnauthorised, .destinationUnreachable, .lagOverObjective:
            isWorkedOn(exception) ? .waiting : .resolve
        // These report an event that is over; the operator has checked it.
        default: .resolve
        }
    }

    /// Whether the configuration still has the destination or flow that the exception's subject ends with. If not, the
    /// exception can never resolve itself.
    private func isWorkedOn(_ exception: OpenException) -> Bool {
        let names = flows.flatMap { [$0.name, $0.destination, Flow.peopleFlow(of: $0.destination)] }
        return exception.subject.split(separator: " ").last.map { names.contains(String($0)) } ?? false
    }

    private func actWithoutParked(on exception: OpenException, _ verb: String) -> Response {
        let remedy = remedy(for: exception)
        let command: Command? =
            switch (remedy, verb) {
            case (.retry, "retry"): EntityKey(exception.subject).map(Command.planAgain)
            case (.resolve, "resolve"): .resolve(exception: exception.id)
            default: nil
            }
        guard let command else { return remedy.refusal(of: exception) }
        shell.post(.command(command))
        return Responses.json(["id": .string(exception.id), "done": .string(verb), "deliveries": []], status: 202)
    }
}
