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
    private static let token = "simulated-token"
    private static let secret = "simulated-secret"

    let mutant: Mutant?

    /// A keyed digest in the place of HMAC-SHA256: both sides of the simulated network use it, so that the core needs
    /// no cryptography package. Real signatures are tested with the real server.
    static let authenticate: MessageAuthentication = { key, message in Array(StableDigest.of(key + message).utf8) }

    var shopify: ShopifySource {
        ShopifySource(
            configuration: ShopifyConfiguration(
                connection: Self.shopName, shop: "acme.myshopify.com", accessToken: Self.token,
                webhookSecrets: [Self.secret]))
    }

    var source: any Source { mutant == .lastArrivalWins ? LastArrivalWins(inner: shopify) : shopify }

    var destination: any Destination {
        let real = BloomreachDestination(
            configuration: BloomreachConfiguration(
                connection: Self.crmName, projectToken: BloomreachProjectSettings.defaultToken, keyID: "twin-key",
                secret: "twin-secret",
                identity: [
                    .init(name: "shopify_id", source: .customerID(connection: Self.shopName), kind: .hard),
                    .init(name: "email_id", source: .email, kind: .hard),
                ]))
        guard let mutant, mutant != .lastArrivalWins else { return real }
        return MistakenDestination(inner: real, mutant: mutant)
    }

    var flow: Flow {
        guard let pounds = Currency("GBP") else { preconditionFailure("GBP is a currency code") }
        return Flow(
            name: "edits", blueprint: "order-editing-to-bloomreach", brand: "acme", source: Self.shopName,
            destination: Self.crmName,
            initialStage: .live, idPrefix: Self.shopName, referenceCurrency: pounds, sourceName: "acme.myshopify.com")
    }

    func makeEngine(seed: UInt64) -> Engine {
        Engine(flows: [flow], sources: [source], destinations: [destination], seed: seed)
    }

    func makeShop() -> ShopifyTwin {
        ShopifyTwin(
            ShopifyTwinSettings(accessToken: Self.token, webhookSecret: Self.secret),
            subscriberAddress: "http://engine.test/webhooks/\(Self.shopName)", hmac: Self.authenticate)
    }

    func makeCRM() -> BloomreachTwin {
        var project = BloomreachProjectSettings()
        project.catalogs = [
            BloomreachCatalogSettings(
                name: "orders",
                fields: OrdersCatalog.fields.map {
                    BloomreachCatalogSettings.Field(name: $0.name, type: $0.type.rawValue)
                })
        ]
        return BloomreachTwin(BloomreachSettings(projects: [project]))
    }
}
