public import Commerce
import JSON
public import Sync
public import Transport

/// The way into the Admin API of one shop: the configured token, or one that Shopify gave to the app.
///
/// A token that was given lives a day and has no refresh token: another one is asked for shortly before its end, and
/// after a 401 (docs/vendors/shopify.md, Access tokens). Reads that are on their way keep the one they were sent with.
public struct ShopifyLogin: Sendable, Hashable {
    public let configuration: ShopifyConfiguration
    /// What the app's id and secret were exchanged for; `nil` until then, and for a configured token.
    private var given: GivenToken?

    public init(_ configuration: ShopifyConfiguration) { self.configuration = configuration }

    // MARK: Preparation

    /// Asks for a token; `nil` while there is one.
    public func preparation(at now: Instant) -> HTTPRequest? {
        guard case .client(let id, let secret) = configuration.credentials else { return nil }
        if let given, now < given.renewAt { return nil }
        let body: JSON = [
            "client_id": .string(id), "client_secret": .string(secret), "grant_type": "client_credentials",
        ]
        return HTTPRequest(
            method: "POST", path: "/admin/oauth/access_token",
            headers: ["Content-Type": "application/json", "Accept": "application/json"], body: body.encoded())
    }

    public mutating func prepared(_ outcome: HTTPOutcome, at now: Instant) -> Preparation {
        switch TokenAnswer(outcome) {
        case .given(let token, let lifetime):
            given = GivenToken(token, lifetime: lifetime, at: now)
            return .ready
        case .later(let after, let reason): return .later(after: after, reason: "no access token: \(reason)")
        case .refused(let cause):
            return .impossible(RaisedException(.sourceUnreadable, subject: configuration.connection, cause: cause))
        }
    }

    public mutating func forget() { given = nil }

    // MARK: Calls

    private var token: String? {
        switch configuration.credentials {
        case .token(let token): token
        case .client: given?.text
        }
    }

    /// A call of the Admin API. Without a token it goes without, and is answered with 401.
    func request(_ document: GraphQLDocument, variables: JSON = [:]) -> HTTPRequest {
        let body: JSON = [
            "query": .string(document.text), "variables": variables, "operationName": .string(document.rawValue),
        ]
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Accept": "application/json"]
        headers["X-Shopify-Access-Token"] = token
        return HTTPRequest(
            method: "POST", path: "/admin/api/\(configuration.apiVersion)/graphql.json", headers: headers,
            body: body.encoded())
    }
}

/// Never the secrets.
extension ShopifyLogin: CustomStringConvertible, CustomReflectable {
    public var description: String { "login to \(configuration.shop)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A token that Shopify gave, and until when it is used.
private struct GivenToken: Sendable, Hashable {
    let text: String
    /// ``ShopifyLimits/renewalMargin`` before its end; of a token that lives shorter than two of these, its half.
    let renewAt: Instant

    init(_ text: String, lifetime: TimeSpan, at now: Instant) {
        self.text = text
        let half = TimeSpan(microseconds: lifetime.microseconds / 2)
        renewAt = max(now + half, now + lifetime - ShopifyLimits.renewalMargin)
    }
}
