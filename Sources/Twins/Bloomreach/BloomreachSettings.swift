import JSON

/// How a Bloomreach twin behaves: instance-wide knobs and the projects it serves.
///
/// Each default is the documented value where there is one; where the documentation is silent the knob lets a test
/// try both answers (docs/vendors/bloomreach.md, Open questions).
public struct BloomreachSettings: Sendable, Equatable {
    /// Time between a 200 and the moment a read shows the write (docs/vendors/bloomreach.md, Queued writes). The length
    /// is not documented.
    public var visibilityDelayMilliseconds: Int64 = 2_000
    /// Tracking requests per minute and address (docs/vendors/bloomreach.md, Limits); also the size of the bucket.
    public var requestsPerMinute = 6_000
    /// `Retry-After` of a 429, in seconds; the tracking pages show none.
    public var retryAfterSeconds: Int?
    /// Whether fractions of a second take part in the exact-copy test (docs/vendors/bloomreach.md, Events: exact
    /// copies).
    public var timestampFractionsCount = true
    /// Catalogue answers write `"True"` and `"False"` as text, as some documented samples do
    /// (docs/vendors/bloomreach.md, Catalogues).
    public var booleansAsText = false
    /// Attributes per profile, and bytes of one; by contract 255 × 16 KiB or 1,024 × 2 KiB (docs/vendors/bloomreach.md,
    /// Limits).
    public var attributeCountMax = 255
    public var attributeBytesMax = 16_384
    /// What `/system/time` is ahead of the twin's clock.
    public var clockSkewMilliseconds: Int64 = 0
    /// Status of a refused single-route command; two documents disagree between 400 and 200
    /// (docs/vendors/bloomreach.md, Errors).
    public var singleFailureStatus = 400
    /// Larger bodies leave only their size in the call log; 0 keeps none, for a load test.
    public var callBodyBytesMax = BloomreachTwin.callBodyBytesMax
    public var projects: [BloomreachProjectSettings]

    public init(projects: [BloomreachProjectSettings] = [BloomreachProjectSettings()]) { self.projects = projects }
}

/// One project: an isolated data set (docs/vendors/bloomreach.md, Access and permissions).
public struct BloomreachProjectSettings: Sendable, Equatable {
    public static let defaultToken = "00000000-0000-4000-8000-000000000001"

    public var token: String
    public var keys: [BloomreachKey]
    public var publicTokens: [BloomreachPublicToken]
    public var idTypes: [BloomreachIDType]
    public var consentCategories: [BloomreachConsentCategory]
    /// Customer properties flagged private in the data manager: what anonymising removes (docs/vendors/bloomreach.md,
    /// Anonymising).
    public var privateProperties: [String]
    /// Catalogues that exist from the start.
    public var catalogs: [BloomreachCatalogSettings]

    public init(
        token: String = Self.defaultToken, keys: [BloomreachKey] = [BloomreachKey()],
        publicTokens: [BloomreachPublicToken] = [BloomreachPublicToken()],
        idTypes: [BloomreachIDType] = BloomreachIDType.commerce,
        consentCategories: [BloomreachConsentCategory] = [BloomreachConsentCategory(id: "newsletter")],
        privateProperties: [String] = ["email", "phone", "first_name", "last_name"],
        catalogs: [BloomreachCatalogSettings] = []
    ) {
        self.token = token
        self.keys = keys
        self.publicTokens = publicTokens
        self.idTypes = idTypes
        self.consentCategories = consentCategories
        self.privateProperties = privateProperties
        self.catalogs = catalogs
    }
}

/// A private API key: `Authorization: Basic base64(id:secret)`.
public struct BloomreachKey: Sendable, Equatable {
    public var id: String
    public var secret: String
    public var permissions: BloomreachPermissions

    public init(
        id: String = "twin-key", secret: String = "twin-secret", permissions: BloomreachPermissions = .everything
    ) {
        self.id = id
        self.secret = secret
        self.permissions = permissions
    }
}

/// A public API token: `Authorization: Token <value>` or the query parameter `access_token`; tracking only.
public struct BloomreachPublicToken: Sendable, Equatable {
    public var value: String
    public var permissions: BloomreachPermissions

    public init(value: String = "twin-public", permissions: BloomreachPermissions = .everything) {
        self.value = value
        self.permissions = permissions
    }
}

/// A kind of external id; trimming is always on, lower-casing is per type (docs/vendors/bloomreach.md, Identity: ids).
public struct BloomreachIDType: Sendable, Equatable {
    public var name: String
    public var isHard: Bool
    public var lowercases: Bool

    public init(name: String, isHard: Bool, lowercases: Bool = false) {
        self.name = name
        self.isHard = isHard
        self.lowercases = lowercases
    }

    /// The id types of the example configuration (docs/going-live.md, The configuration) and the vendor's two defaults.
    public static let commerce = [
        BloomreachIDType(name: "registered", isHard: true), BloomreachIDType(name: "shopify_id", isHard: true),
        BloomreachIDType(name: "bigcommerce_id", isHard: true), BloomreachIDType(name: "email_id", isHard: true),
        BloomreachIDType(name: "phone_id", isHard: true), BloomreachIDType(name: "cookie", isHard: false),
        BloomreachIDType(name: "cart_id", isHard: false),
    ]
}

/// A consent category and the sources that may write it (docs/vendors/bloomreach.md, Consent).
public struct BloomreachConsentCategory: Sendable, Equatable {
    public static let sourceNames = [
        "crm", "import", "list_unsubscribe", "page", "private_api", "public_api", "scenario", "sms_reply",
    ]

    public var id: String
    public var name: String
    public var isLegitimateInterest: Bool
    /// The allowed ones of ``sourceNames``. The documented sample allows all but `public_api`.
    public var sources: [String]

    public init(
        id: String, name: String? = nil, isLegitimateInterest: Bool = false,
        sources: [String] = Self.sourceNames.filter { $0 != "public_api" }
    ) {
        self.id = id
        self.name = name ?? id
        self.isLegitimateInterest = isLegitimateInterest
        self.sources = sources
    }

    var json: JSON {
        let allowed = Self.sourceNames.map { (key: $0, value: JSON.bool(sources.contains($0))) }
        return [
            "id": .string(id), "legitimate_interest": .bool(isLegitimateInterest),
            "sources": .object(JSONObject(allowed)),
            "translations": ["": ["description": nil, "name": .string(name)]],
        ]
    }
}

/// A catalogue's definition; its schema is fixed at creation (docs/vendors/bloomreach.md, Catalogues).
public struct BloomreachCatalogSettings: Sendable, Equatable {
    public struct Field: Sendable, Equatable {
        public var name: String
        public var type: String
        public var isSearchable: Bool

        public init(name: String, type: String, isSearchable: Bool = false) {
            self.name = name
            self.type = type
            self.isSearchable = isSearchable
        }

        var json: JSON { ["name": .string(name), "type": .string(type), "searchable": .bool(isSearchable)] }
    }

    public var name: String
    public var isProductCatalog: Bool
    public var fields: [Field]

    public init(name: String, isProductCatalog: Bool = false, fields: [Field]) {
        self.name = name
        self.isProductCatalog = isProductCatalog
        self.fields = fields
    }
}
