import Bloomreach
import Commerce
import Flows
import Shopify
import Sync
import Transport
import Twins

/// The real rooms, configured for the simulated brand.
struct SimulationParts {
    static let shopName = "shop"
    static let crmName = "crm"
    static let subscriberAddress = "http://engine.test/webhooks/\(shopName)"
    private static let token = "simulated-token"
    private static let secret = "simulated-secret"

    private static let emailCategory = "newsletter"
    private static let smsCategory = "sms"
    static let flowName = "edits"
    /// Under which the engine keeps what the destination was told of people.
    static let peopleName = "\(crmName)/people"

    let mutant: Mutant?
    /// Both catalogues of goods are filled, by SKU.
    var tellsGoods = false

    /// A keyed digest in the place of HMAC-SHA256: both sides of the simulated network use it, so that the core needs
    /// no cryptography package. Real signatures are tested with the real server.
    static let authenticate: MessageAuthentication = { key, message in Array(StableDigest.of(key + message).utf8) }

    var shopify: ShopifySource {
        ShopifySource(
            configuration: ShopifyConfiguration(
                connection: Self.shopName, shop: "acme.myshopify.com", credentials: .token(Self.token),
                webhookSecrets: [Self.secret]))
    }

    var source: any Source {
        switch mutant {
        case .lastArrivalWins: LastArrivalWins(inner: shopify)
        case .rankIgnored: RankIgnored(inner: shopify)
        case .adjustmentsByReason: MisreadSource(inner: shopify, mutant: .adjustmentsByReason)
        case .averagePrice: MisreadSource(inner: shopify, mutant: .averagePrice)
        case .placeholdersBelieved: PlaceholdersBelieved(inner: shopify)
        case .cursorBeforePages: CursorBeforePages(inner: shopify)
        default: shopify
        }
    }

    var destination: any Destination {
        var configuration = BloomreachConfiguration(
            connection: Self.crmName, projectToken: BloomreachProjectSettings.defaultToken, keyID: "twin-key",
            secret: "twin-secret",
            identity: [
                .init(name: "shopify_id", source: .customerID(connection: Self.shopName), kind: .hard),
                .init(name: "email_id", source: .email, kind: .hard),
                .init(name: "phone_id", source: .phone, kind: .hard),
            ],
            consentCategories: .init(email: Self.emailCategory, sms: Self.smsCategory))
        configuration.tellsProducts = tellsGoods
        configuration.productKey = .sku
        let real = BloomreachDestination(configuration: configuration)
        guard let mutant else { return real }
        switch mutant {
        case .lastArrivalWins, .rankIgnored, .adjustmentsByReason, .averagePrice, .placeholdersBelieved, .sharedQuota,
            .cursorBeforePages:
            return real
        case .retryAfterIgnored: return RetryAfterIgnored(inner: real)
        case .chargesLeftOut, .unitsWithoutMoneyForgotten: return MistakenAboutRefunds(inner: real, mutant: mutant)
        case .addressNotKept, .staleUpdateTimestamp, .totalsWithIncompleteHistory:
            return MistakenAboutPeople(inner: real, mutant: mutant)
        case .attemptInBody, .settlementCountsTwice, .eachProductForItself:
            return MistakenDestination(inner: real, mutant: mutant)
        case .namingIsReplacing: return NamingIsReplacing(inner: real)
        }
    }

    var flow: Flow {
        guard let pounds = Currency("GBP") else { preconditionFailure("GBP is a currency code") }
        var policies = Policies()
        policies.replacementHold = .seconds(20)
        return Flow(
            name: Self.flowName, blueprint: "order-editing-to-bloomreach", brand: "acme", source: Self.shopName,
            destination: Self.crmName,
            initialStage: .live, policies: policies, idPrefix: Self.shopName, referenceCurrency: pounds,
            sourceName: "acme.myshopify.com")
    }

    func makeEngine(seed: UInt64, limits: EngineLimits) -> Engine {
        Engine(flows: [flow], sources: [source], destinations: [destination], limits: limits, seed: seed)
    }

    /// A shop that sends nothing yet.
    func makeShop(_ ways: ShopWays) -> ShopifyTwin {
        var settings = ShopifyTwinSettings(accessToken: Self.token, webhookSecret: Self.secret)
        ways.apply(to: &settings)
        return ShopifyTwin(settings, hmac: Self.authenticate)
    }

    func makeCRM() -> BloomreachTwin {
        var project = BloomreachProjectSettings()
        project.consentCategories = [Self.emailCategory, Self.smsCategory].map { BloomreachConsentCategory(id: $0) }
        project.catalogs = (tellsGoods ? BloomreachCatalog.allCases : [.orders]).map { catalog in
            BloomreachCatalogSettings(
                name: catalog.rawValue,
                fields: catalog.fields.map {
                    BloomreachCatalogSettings.Field(name: $0.name, type: $0.type.rawValue)
                })
        }
        return BloomreachTwin(BloomreachSettings(projects: [project]))
    }
}
