import Commerce
import JSON
import Transport

/// What a request for a token came to (docs/vendors/shopify.md, Access tokens).
enum TokenAnswer {
    case given(String, lifetime: TimeSpan)
    case later(after: TimeSpan?, String)
    /// An operator must act; in plain words.
    case refused(String)

    init(_ outcome: HTTPOutcome) {
        if case .answered(let response) = outcome {
            switch response.status {
            case 200:
                self = Self.token(in: response.body) ?? Self.unreadable
                return
            case 400, 401, 403:
                self = .refused(Self.cause(of: response))
                return
            default: break
            }
        }
        switch GraphQLAnswer(outcome) {
        case .later(let after, let reason): self = .later(after: after, reason)
        case .unreadable(let reason): self = .later(after: nil, reason)
        case .denied(let reason), .noAccess(let reason): self = .refused(reason)
        // Of other statuses only.
        case .data, .tooMuch, .unauthorised: self = Self.unreadable
        }
    }

    private static let unreadable = TokenAnswer.later(after: nil, "the answer to the request for one is unreadable")

    /// `{access_token, scope, expires_in}`; `nil` for anything else. The token is sent in a header, so it must fit one.
    private static func token(in body: [UInt8]) -> TokenAnswer? {
        guard let document = try? JSON.parse(body), let token = document["access_token"]?.string, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let seconds = document["expires_in"]?.int64,
            seconds > 0
        else { return nil }
        return .given(token, lifetime: .seconds(min(seconds, ShopifyLimits.tokenSecondsMax)))
    }

    // MARK: Refusals

    /// Only Shopify's own word and ours: the answer's text may name the client.
    private static func cause(of response: HTTPResponse) -> String {
        let code = ShopifyAssumptions.refusalCode(in: response.body)
        let what = code.map { "\(response.status) \($0)" } ?? "\(response.status)"
        return "\(what): Shopify gives the app no access token; \(nextStep(code))"
    }

    private static func nextStep(_ code: String?) -> String {
        switch code {
        case "application_cannot_be_found": "there is no app of this client_id; copy it from the app's settings"
        case "invalid_client": "client_secret is not the app's; copy it from the app's settings"
        case "app_not_installed": "install the app in the shop"
        case "shop_not_permitted":
            "the app and the shop must belong to one organisation in the Dev Dashboard; look at shop and client_id"
        default: "look at client_id and client_secret, and whether the app is installed in the shop"
        }
    }
}
