import JSON
public import Transport

/// What `check` asks a shop: who answers, what we may do there, which webhooks it sends us. Requests out and answers
/// in as values, like ``ShopifySource``.
public enum ShopifyAccess {
    /// What a question came to.
    public enum Answer<Value: Sendable & Hashable>: Sendable, Hashable {
        case found(Value)
        /// The shop gave no answer: try again.
        case later(String)
        /// An operator must act; in plain words.
        case denied(String)
        case unreadable(String)
    }

    /// The shop that answered, and what is wrong with our access; nothing in `findings` is fine.
    public struct Report: Sendable, Hashable {
        public var shopName: String
        public var currency: String
        public var domain: String
        public var scopes: [String]
        public var findings: [Finding]
    }

    public enum Finding: Sendable, Hashable {
        case wrongShop(configured: String, answering: String)
        case missingScope(String, purpose: String)
        /// Shopify serves the oldest living version when the one asked for has gone.
        case otherVersion(configured: String, served: String)
    }

    /// Scopes and what each is for (docs/vendors/shopify.md, Access and scopes). A `write_` scope contains its `read_`
    /// scope.
    public static let scopesNeeded: [(scope: String, purpose: String)] = [
        ("read_orders", "orders, refunds, carts, checkouts and their webhooks"),
        ("read_customers", "customers, their consent and who placed an order"),
        ("read_customer_merge", "the webhook customers/merge: which customer became which"),
        ("read_products", "products, and product and variant ids of order lines"),
        ("read_fulfillments", "webhooks about parcels"),
    ]

    /// Scopes without which everything runs, but not on everything that ever was.
    public static let scopesRecommended: [(scope: String, purpose: String)] = [
        ("read_all_orders", "a complete history (recommended): orders older than 60 days, back-fill and late returns")
    ]

    public static func request(_ login: ShopifyLogin) -> HTTPRequest {
        login.request(.appAccess)
    }

    public static func interpret(
        _ outcome: HTTPOutcome, for configuration: ShopifyConfiguration
    ) -> Answer<Report> {
        answer(outcome) { data throws(ShopifyError) in
            let shop = try data.requiredChild("shop")
            let domain = try shop.requiredText("myshopifyDomain")
            let installation = try data.requiredChild("currentAppInstallation")
            var scopes: [String] = []
            for scope in try installation.requiredItems("accessScopes") {
                scopes.append(try scope.requiredText("handle"))
            }
            scopes.sort()
            return Report(
                shopName: try shop.requiredText("name"), currency: try shop.requiredText("currencyCode"),
                domain: domain, scopes: scopes,
                findings: findings(configuration, domain: domain, scopes: scopes, served: servedVersion(outcome)))
        }
    }

    private static func findings(
        _ configuration: ShopifyConfiguration, domain: String, scopes: [String], served: String?
    ) -> [Finding] {
        var findings: [Finding] = []
        if domain.lowercased() != configuration.shop.lowercased() {
            findings.append(.wrongShop(configured: configuration.shop, answering: domain))
        }
        for (scope, purpose) in scopesNeeded + scopesRecommended {
            let writing = "write_" + scope.dropFirst("read_".count)
            if !scopes.contains(scope), !scopes.contains(writing) {
                findings.append(.missingScope(scope, purpose: purpose))
            }
        }
        if let served, served != configuration.apiVersion {
            findings.append(.otherVersion(configured: configuration.apiVersion, served: served))
        }
        return findings
    }

    private static func servedVersion(_ outcome: HTTPOutcome) -> String? {
        guard case .answered(let response) = outcome else { return nil }
        return response.headers["X-Shopify-API-Version"]
    }

    static func answer<Value>(
        _ outcome: HTTPOutcome, _ read: (Payload) throws(ShopifyError) -> Value
    ) -> Answer<Value> {
        switch GraphQLAnswer(outcome) {
        case .data(let data, _):
            do throws(ShopifyError) { return .found(try read(data)) } catch { return .unreadable(error.description) }
        case .later(_, let reason): return .later(reason)
        case .tooMuch: return .unreadable("the question costs more than one query may")
        case .denied(let reason), .noAccess(let reason): return .denied(reason)
        case .unauthorised: return .denied(GraphQLAnswer.unauthorisedReason)
        case .unreadable(let reason): return .unreadable(reason)
        }
    }
}
