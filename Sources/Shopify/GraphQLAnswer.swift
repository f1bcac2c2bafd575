import Commerce
import JSON
import Transport

/// What an Admin API call came to: the one table that classes every failure (docs/vendors/shopify.md, Reads and rate
/// limits; Reads: errors).
enum GraphQLAnswer {
    /// `faults`: fields that Shopify nulled because they hold personal data that the app may not see.
    case data(Payload, faults: [Fault])
    case tooMuch
    case later(after: TimeSpan?, reason: String)
    case denied(String)
    /// The token is not accepted, or there was none.
    case unauthorised
    /// The app lacks a scope, or may not see what was asked at all.
    case noAccess(String)
    case unreadable(String)

    static let unauthorisedReason = "401: Shopify does not accept the access token"

    /// One entry of `errors`.
    struct Fault {
        var code: String
        var message: String
        /// Field names and list positions, from the root.
        var path: [JSON]
        /// "`read_orders` access scope."
        var requiredAccess: String?

        init(_ error: JSON) {
            // A broken query is told by a word without upper case: `undefinedField`.
            code = error["extensions"]?["code"]?.string ?? "unknown"
            message = String((error["message"]?.string ?? "").prefix(ShopifyLimits.messageLengthMax))
            path = error["path"]?.array ?? []
            requiredAccess = error["extensions"]?["requiredAccess"]?.string
        }

        private static let personalFields: Set<String> = [
            "email", "phone", "customer", "shippingAddress", "billingAddress", "firstName", "lastName",
            "defaultEmailAddress", "defaultPhoneNumber",
        ]

        /// The node's position in `nodes` and the field withheld from it, where this is about personal data and not
        /// about a scope, which the merchant can grant.
        var withheld: (index: Int, field: String)? {
            guard code == "ACCESS_DENIED", requiredAccess == nil, !message.contains("access scope"), path.count >= 3,
                path[0].string == "nodes", let index = path[1].int64.flatMap(Int.init(exactly:)),
                let field = path[2].string, Self.personalFields.contains(field)
            else { return nil }
            return (index, field)
        }
    }

    init(_ outcome: HTTPOutcome) {
        switch outcome {
        case .notSent(let reason): self = .later(after: nil, reason: "not sent: \(reason)")
        case .unknown(let reason): self = .later(after: nil, reason: "no answer: \(reason)")
        case .answered(let response): self.init(response)
        }
    }

    private init(_ response: HTTPResponse) {
        switch response.status {
        case 200: self.init(body: response.body)
        case 401: self = .unauthorised
        case 402: self = .denied("402: the shop is frozen until its owner pays Shopify")
        case 403: self = .denied("403: the app may not use the Admin API; look at its scopes and at the shop's state")
        case 404: self = .denied("404: no such shop or API version; look at base_url, shop and api_version")
        case 423: self = .denied("423: Shopify locked the shop; its owner must ask Shopify's support")
        case 408, 429, 430, 500...599:
            self = .later(after: Self.retryAfter(response), reason: "Shopify answered \(response.status)")
        default: self = .unreadable("Shopify answered \(response.status)")
        }
    }

    /// `Retry-After: 2.0`, in seconds (docs/vendors/shopify.md, Access and scopes).
    private static func retryAfter(_ response: HTTPResponse) -> TimeSpan? {
        guard let amount = response.headers["Retry-After"].flatMap({ Amount($0) }), !amount.isNegative else {
            return nil
        }
        return Int64(exactly: amount.millionths).map(TimeSpan.init(microseconds:))
    }

    private init(body: [UInt8]) {
        let document: JSON
        do throws(JSONError) { document = try JSON.parse(body) } catch {
            self = .unreadable("the answer is no JSON: \(error)")
            return
        }
        guard case .object(let object) = document else {
            self = .unreadable("the answer is no object")
            return
        }
        let faults = (object["errors"]?.array ?? []).map(Fault.init)
        if let failure = Self.failure(faults, of: document) {
            self = failure
        } else if let data = object["data"]?.object {
            self = .data(Payload(data, path: "data"), faults: faults)
        } else {
            self = .unreadable("the answer has no data")
        }
    }

    private static func failure(_ faults: [Fault], of document: JSON) -> GraphQLAnswer? {
        if faults.contains(where: { $0.code == "THROTTLED" }) {
            return .later(after: restoreTime(document["extensions"]?["cost"]), reason: "throttled by Shopify")
        }
        if faults.contains(where: { $0.code == "MAX_COST_EXCEEDED" }) { return .tooMuch }
        for fault in faults where fault.withheld == nil {
            switch fault.code {
            case "ACCESS_DENIED":
                return .noAccess("Shopify denies access: \(fault.requiredAccess ?? fault.message)")
            case "SHOP_INACTIVE": return .denied("the shop is not active")
            case "INTERNAL_SERVER_ERROR", "TIMEOUT":
                return .later(after: nil, reason: "Shopify failed: \(fault.code)")
            default: return .unreadable("Shopify refuses the query: \(fault.code): \(fault.message)")
            }
        }
        return nil
    }

    /// Until the bucket holds what was asked: (requested - available) / restore rate (docs/vendors/shopify.md, Reads
    /// and rate limits).
    private static func restoreTime(_ cost: JSON?) -> TimeSpan? {
        func number(_ json: JSON?) -> Int128? { json?.decimalText.flatMap { Amount($0) }?.millionths }
        let status = cost?["throttleStatus"]
        guard let requested = number(cost?["requestedQueryCost"]), let rate = number(status?["restoreRate"]), rate > 0,
            let available = number(status?["currentlyAvailable"])
        else { return nil }
        let missing = max(0, requested - available)
        return Int64(exactly: (missing * 1_000_000 + rate - 1) / rate).map(TimeSpan.init(microseconds:))
    }
}
