import Commerce
import JSON
import Transport

/// What an outcome means before its items are read: the one table that classes every answer of this vendor
/// (docs/vendors/bloomreach.md, Retries).
enum BloomreachReply: Sendable, Hashable {
    /// 2xx and a document that does not refuse the whole request. Each item still has its own result.
    case document(JSON)
    /// 2xx and something else, a page of a proxy for example. Whether it had an effect is unknown.
    case unintelligible(String)
    /// The request as a whole is refused for good: 400 and other 4xx, or 200 with `success: false`.
    case refused(BloomreachFailure)
    /// The key or the project is refused: an operator must act, nothing had an effect.
    case unauthorised(BloomreachFailure)
    /// The route, project, catalogue, person or row is not there.
    case absent(BloomreachFailure)
    /// Over the rate: the data was thrown away (docs/vendors/bloomreach.md, Limits).
    case throttled(after: TimeSpan?)
    /// 5xx: it may have been stored (Assumptions.swift, `server_error_may_have_stored`).
    case failing(String, after: TimeSpan?)
    case notSent(String)
    case unknown(String)

    /// A vendor's mistaken header must not silence a destination for days.
    static let retryAfterMaxSeconds: Int64 = 900

    init(_ outcome: HTTPOutcome) {
        switch outcome {
        case .notSent(let reason): self = .notSent(reason)
        case .unknown(let reason): self = .unknown(reason)
        case .answered(let response): self.init(response)
        }
    }

    private init(_ response: HTTPResponse) {
        let failure = BloomreachFailure.parse(response.body)
        switch response.status {
        case 200..<300: self = Self.success(response, failure)
        case 401, 403: self = .unauthorised(failure)
        // A redirect means another host or path than the one configured, like 404.
        case 300..<400, 404: self = .absent(failure)
        // A request that the server stopped waiting for; its proxy may have passed it on.
        case 408: self = .unknown("HTTP 408")
        case 429: self = .throttled(after: Self.retryAfter(response))
        case 500...: self = .failing("HTTP \(response.status)", after: Self.retryAfter(response))
        case 400..<500: self = failure.isAboutAccess ? .unauthorised(failure) : .refused(failure)
        default: self = .unintelligible("HTTP \(response.status)")
        }
    }

    private static func success(_ response: HTTPResponse, _ failure: BloomreachFailure) -> Self {
        guard let document = try? JSON.parse(response.body) else {
            return .unintelligible("HTTP \(response.status) without a JSON document")
        }
        // `success` at the top of a batch speaks of the envelope only: its results decide.
        guard document["results"] == nil, document.isSuccess == false else { return .document(document) }
        return failure.isAboutAccess ? .unauthorised(failure) : .refused(failure)
    }

    /// Only the form in seconds: a date cannot be judged without a clock.
    private static func retryAfter(_ response: HTTPResponse) -> TimeSpan? {
        guard let seconds = response.headers["Retry-After"].flatMap({ Int64($0) }), seconds >= 0 else { return nil }
        return .seconds(min(seconds, retryAfterMaxSeconds))
    }
}

extension JSON {
    /// The vendor's `success`: a boolean, or the text `"True"` / `"False"` (docs/vendors/bloomreach.md, Catalogues).
    var isSuccess: Bool? {
        switch self["success"] {
        case .bool(let value): value
        case .string(let text) where text.lowercased() == "true": true
        case .string(let text) where text.lowercased() == "false": false
        default: nil
        }
    }
}
