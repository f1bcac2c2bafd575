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
    /// Older keys, newest first, to read data encrypted under them.
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
        /// The id of a sellable unit in catalogues and events.
        public var productKey = ProductKeyName.id
        /// The connection whose products fill the catalogues, or ``externalMaster``; `nil`: every shop sends its own.
        public var productMaster: String?
        /// The places of its name and its master.
        public var place: Place
        public var masterPlace: Place

        /// Another connector fills the catalogues.
        public static let externalMaster = "external"
    }

    public enum ProductKeyName: String, Sendable, CaseIterable { case id, sku }

    /// One external system.
    public struct Connection: Sendable {
        public var name: String
        public var brand: String
        /// Scheme and host, without a slash at its end; `nil` for the vendor's own.
        public var baseURL: String?
        public var system: System
        /// The places of its name and its brand.
        public var place: Place
        public var brandPlace: Place
    }

    public enum System: Sendable {
        case shopify(Shopify)
        case bloomreach(Bloomreach)
        /// A system that this version does not support yet.
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
        /// The client secret if the file has no `webhook_secrets`.
        public var webhookSecrets: [String]
        /// At destinations an order's id is `<idPrefix>-<id>`.
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
        /// The project's consent category of each channel; `nil`: consent of that channel is not sent.
        public var emailConsent: String?
        public var smsConsent: String?
        public var sendsConsentInIngest: Bool
        public var requestsPerMinute: Int?
        public var batches: Int?
    }

    /// The source of the values of one id type at a destination.
    public struct IdentityRule: Sendable, Hashable {
        public enum Kind: String, Sendable, CaseIterable { case hard, soft }
        public var idType: String
        /// A connection of the same brand; `nil` for values that every connection shares (e-mail, phone).
        public var connection: String?
        /// `customer_id`, `email`, `phone`, `cart` or `cookie`.
        public var field: String
        public var kind: Kind
        /// The place of `from`.
        public var place: Place
    }

    /// A catalogue's purpose and its name at the destination.
    public struct CatalogName: Sendable, Hashable {
        public var purpose: String
        public var name: String
    }

    /// A flow as the file declares it.
    public struct FlowEntry: Sendable {
        public var name: String
        public var blueprint: String
        public var from: String
        public var to: String
        public var stage: RolloutStage
        public var policies: Policies
        /// The places of its name and its connections.
        public var place: Place
        public var fromPlace: Place
        public var toPlace: Place
    }

    /// A position in the file, counted from 1.
    public struct Place: Sendable, Hashable {
        public var line: Int
        public var column: Int
    }

    public func connection(_ name: String) -> Connection? { connections.first { $0.name == name } }
}
