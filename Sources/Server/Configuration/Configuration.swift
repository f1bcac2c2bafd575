public import Commerce
public import Sync

/// `plumbline.yaml` as values (docs/configuration.md). Holds secrets: never print it.
public struct Configuration: Sendable {
    /// The file it was read from.
    public var file: String
    /// The store's folder, absolute or relative to the working folder.
    public var storeFolder: String
    /// 32 bytes in base64.
    public var encryptionKey: String
    /// Older keys, newest first: what they wrapped can still be read.
    public var previousKeys: [String]
    public var listenHost: String
    /// 0 = any free port.
    public var listenPort: Int
    /// Without a slash at its end.
    public var publicURL: String?
    public var adminToken: String
    public var brands: [Brand]
    public var ratesFile: String?
    public var rates: RateTable
    /// In the order of the file.
    public var connections: [Connection]
    public var flows: [FlowEntry]

    /// Connections of one brand share people; brands never do.
    public struct Brand: Sendable, Hashable {
        public var name: String
        public var referenceCurrency: Currency
        /// What a sellable unit is called in catalogues and events.
        public var productKey = ProductKeyName.id
        /// The connection that knows the products, or ``externalMaster``; `nil`: every shop tells its own.
        public var productMaster: String?
        /// Where its name is, and that of its master.
        public var place: Place
        public var masterPlace: Place

        /// Another connector fills the catalogues.
        public static let externalMaster = "external"
    }

    public enum ProductKeyName: String, Sendable, CaseIterable { case id, sku }

    /// One outside system.
    public struct Connection: Sendable {
        public var name: String
        public var brand: String
        /// Scheme and host, without a slash at its end; `nil` for the vendor's own.
        public var baseURL: String?
        public var system: System
        /// Where its name is, and that of its brand.
        public var place: Place
        public var brandPlace: Place
    }

    public enum System: Sendable {
        case shopify(Shopify)
        case bloomreach(Bloomreach)
        /// A system that this version knows by name only.
        case notBuilt(SystemName)

        public var name: SystemName {
            switch self {
            case .shopify: .shopify
            case .bloomreach: .bloomreach
            case .notBuilt(let name): name
            }
        }
    }

    public enum SystemName: String, Sendable, CaseIterable {
        case shopify, bigcommerce, sitoo, bloomreach, ometria, tryton
    }

    public struct Shopify: Sendable {
        /// `access_token`, or `client_id` and `client_secret`.
        public enum Credentials: Sendable {
            case token(String)
            case client(id: String, secret: String)
        }
        /// `acme.myshopify.com`
        public var shop: String
        public var apiVersion: String
        public var credentials: Credentials
        /// The client secret where the file names none.
        public var webhookSecrets: [String]
        /// Orders are called `<idPrefix>-<id>` elsewhere.
        public var idPrefix: String
        public var idPrefixPlace: Place
    }

    public struct Bloomreach: Sendable {
        public var project: String
        public var keyID: String
        public var secret: String
        /// In the order of the file.
        public var identity: [IdentityRule]
        public var catalogs: [CatalogName]
        /// The project's consent category by channel; `nil` where consent is not sent.
        public var emailConsent: String?
        public var smsConsent: String?
        public var sendsConsentInIngest: Bool
        public var requestsPerMinute: Int?
        public var batches: Int?
    }

    /// Where the values of one id type of a destination come from.
    public struct IdentityRule: Sendable, Hashable {
        public enum Kind: String, Sendable, CaseIterable { case hard, soft }
        public var idType: String
        /// A connection of the same brand; `nil` for facts that are the same everywhere (e-mail, phone).
        public var connection: String?
        /// `customer_id`, `email`, `phone`, `cart` or `cookie`.
        public var field: String
        public var kind: Kind
        /// Where the file says from where.
        public var place: Place
    }

    /// What a catalogue is for, and its name at the destination.
    public struct CatalogName: Sendable, Hashable {
        public var purpose: String
        public var name: String
    }

    /// A flow as the file names it.
    public struct FlowEntry: Sendable {
        public var name: String
        public var blueprint: String
        public var from: String
        public var to: String
        public var stage: RolloutStage
        public var policies: Policies
        /// Where its name is, and those of its connections.
        public var place: Place
        public var fromPlace: Place
        public var toPlace: Place
    }

    /// From 1, as editors count.
    public struct Place: Sendable, Hashable {
        public var line: Int
        public var column: Int
    }

    public func connection(_ name: String) -> Connection? { connections.first { $0.name == name } }
}
