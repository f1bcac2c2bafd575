public import Commerce

/// How one Bloomreach Engagement project is reached and addressed (docs/configuration.md, Connections).
public struct BloomreachConfiguration: Sendable, Hashable {
    /// The connection's name.
    public var connection: String
    /// The project token, a UUID that is part of every path (docs/vendors/bloomreach.md, Access and permissions).
    public var projectToken: String
    /// The private API key's id and secret.
    public var keyID: String
    public var secret: String
    /// The id types of the project in the order in which they decide who a person is, strongest first.
    public var identity: [IdentifierType]
    public var catalogs: Catalogs
    /// By what the brand names a sellable unit, in events and in the variants catalogue alike.
    public var productKey: ProductKey
    /// Where consent is told to; a channel without a category is not told.
    public var consentCategories: ConsentCategories
    /// Consent is told in stage `ingest` too (docs/architecture.md, What Bloomreach is told).
    public var sendsConsentInIngest: Bool
    /// Whether the catalogues `products` and `variants` are ours to fill.
    public var tellsProducts = true
    /// The only connection whose products fill them; `nil`: each fills its own rows.
    public var productMaster: String?
    /// The documented ceiling of the Tracking API per IP address (docs/vendors/bloomreach.md, Limits).
    public var requestsPerMinute: Int
    /// Four requests of 50 commands hide the round trip; more only deepens what a failing instance must catch up.
    public var concurrentRequestsMax: Int

    public static let requestsPerMinuteDefault = 6_000
    public static let flightsMaxDefault = 4

    public init(
        connection: String, projectToken: String, keyID: String, secret: String, identity: [IdentifierType],
        catalogs: Catalogs = Catalogs(), productKey: ProductKey = .id,
        consentCategories: ConsentCategories = ConsentCategories(), sendsConsentInIngest: Bool = false,
        requestsPerMinute: Int = requestsPerMinuteDefault,
        concurrentRequestsMax: Int = flightsMaxDefault
    ) {
        self.connection = connection
        self.projectToken = projectToken
        self.keyID = keyID
        self.secret = secret
        self.identity = identity
        self.catalogs = catalogs
        self.productKey = productKey
        self.consentCategories = consentCategories
        self.sendsConsentInIngest = sendsConsentInIngest
        self.requestsPerMinute = requestsPerMinute
        self.concurrentRequestsMax = concurrentRequestsMax
    }

    /// An id type as the project defines it, for example `email_id`.
    public struct IdentifierType: Sendable, Hashable {
        /// What its values are taken from.
        public enum Source: Sendable, Hashable {
            /// The customer id of one connection: two shops' numbers never share a type (docs/architecture.md, Who a
            /// person is).
            case customerID(connection: String)
            case email, phone, cart, cookie
        }
        /// A hard id names a person, a soft id a device or a basket (docs/vendors/bloomreach.md, Identity: ids).
        public enum Kind: String, Sendable, Hashable { case hard, soft }

        public var name: String
        public var source: Source
        public var kind: Kind

        public init(name: String, source: Source, kind: Kind = .hard) {
            self.name = name
            self.source = source
            self.kind = kind
        }
    }

    /// Catalogues by name; their ids are looked up.
    public struct Catalogs: Sendable, Hashable {
        public var orders: String
        public var products: String
        public var variants: String

        public init(orders: String = "orders", products: String = "products", variants: String = "variants") {
            self.orders = orders
            self.products = products
            self.variants = variants
        }
    }

    /// The project's consent category for each channel, for example `newsletter` (docs/vendors/bloomreach.md, Consent).
    public struct ConsentCategories: Sendable, Hashable {
        public var email: String?
        public var sms: String?

        public init(email: String? = nil, sms: String? = nil) {
            self.email = email
            self.sms = sms
        }

        public subscript(channel: ConsentChannel) -> String? {
            switch channel {
            case .email: email
            case .sms: sms
            }
        }
    }
}

/// Never the key, wherever a value of this type is printed or dumped.
extension BloomreachConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Bloomreach \(connection), project \(projectToken)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["connection": connection, "project": projectToken]) }
}
