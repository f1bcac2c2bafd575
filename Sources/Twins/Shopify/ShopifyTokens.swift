import JSON
import Transport

/// The tokens that the client-credentials grant gave: each lives a day by the twin's clock, or until `expire_tokens`.
/// A new one leaves the older ones alive.
struct ShopifyTokens: Sendable {
    /// What Shopify tells of every one of them; its documentation calls them 24 hours.
    static let lifetimeSeconds: Int64 = 86_399
    /// Alive at once; the oldest ends when another one is given. A client needs one.
    static let most = 100

    private var live: [(token: String, end: TwinInstant)] = []
    private var given: Int64 = 0

    mutating func give(now: TwinInstant) -> String {
        given += 1
        let token = "shpat_given_\(given)"
        live.removeAll { $0.end <= now }
        live = live.suffix(Self.most - 1) + [(token, now.advanced(seconds: Self.lifetimeSeconds))]
        return token
    }

    func isLive(_ token: String, now: TwinInstant) -> Bool { live.contains { $0.token == token && now < $0.end } }

    mutating func expire() { live = [] }

    /// Numbers only: who reads the state needs no way in.
    func json(now: TwinInstant) -> JSON { ["given": JSON(given), "live": JSON(live.count { now < $0.end })] }
}

/// `POST /admin/oauth/access_token` (docs/vendors/shopify.md, Access tokens).
extension ShopifyTwin {
    mutating func grant(_ request: HTTPRequest, now: TwinInstant) -> TwinReply {
        guard request.method == "POST" else { return TwinReply(response: .json(405, ["errors": "Method Not Allowed"])) }
        guard let parameters = Self.grantParameters(request), parameters("grant_type") == "client_credentials",
            let id = parameters("client_id"), let secret = parameters("client_secret")
        else { return Self.grantRefusal(ShopifyTwinAssumptions.badGrantCode, "the request is no grant") }
        guard id == settings.clientID else {
            return Self.grantRefusal(
                "application_cannot_be_found", "Could not find Shopify API application with api_key \(id)")
        }
        guard secret == settings.webhookSecret else {
            return Self.grantRefusal(ShopifyTwinAssumptions.wrongSecretCode, "the client secret is another")
        }
        let answer: JSON = [
            "access_token": .string(tokens.give(now: now)),
            "scope": .string(settings.accessScopes.joined(separator: ",")),
            "expires_in": JSON(ShopifyTokens.lifetimeSeconds),
        ]
        return TwinReply(response: .json(200, answer), effect: true)
    }

    /// A form, as in the documentation, or JSON, as in Shopify's own libraries.
    private static func grantParameters(_ request: HTTPRequest) -> ((String) -> String?)? {
        let type = request.headers["Content-Type"]?.lowercased() ?? ""
        if type.hasPrefix("application/json") {
            guard let body = try? JSON.parse(request.body), body.object != nil else { return nil }
            return { body[$0]?.string }
        }
        guard type.hasPrefix("application/x-www-form-urlencoded") else { return nil }
        let form = HTTPRequest(method: "GET", path: "?" + String(decoding: request.body, as: UTF8.self))
        return { form.queryValue($0) }
    }

    /// A page for people, whatever was asked for.
    private static func grantRefusal(_ code: String, _ text: String) -> TwinReply {
        let page =
            "<!DOCTYPE html><html><head><title>400 - Oauth error \(code)</title></head>"
            + "<body><p>Oauth error \(code): \(text)</p></body></html>"
        return TwinReply(
            response: HTTPResponse(
                status: 400, headers: ["Content-Type": "text/html; charset=utf-8"], body: Array(page.utf8)))
    }

    /// Whether a call of the Admin API may pass.
    func isAdmitted(_ request: HTTPRequest, now: TwinInstant) -> Bool {
        guard let token = request.headers["X-Shopify-Access-Token"] else { return false }
        return token == settings.accessToken || tokens.isLive(token, now: now)
    }
}
