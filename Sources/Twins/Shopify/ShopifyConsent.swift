/// Which address a consent is about. `customers_marketing_consent/update` is SMS (docs/vendors/shopify.md, Consent).
enum ShopifyChannel: String, Sendable, CaseIterable {
    case email, sms

    /// What may be stored: GraphQL's enums have no `REDACTED` for e-mail and no `INVALID` for SMS
    /// (docs/vendors/shopify.md, Consent).
    var states: [String] {
        let common = ["not_subscribed", "pending", "subscribed", "unsubscribed"]
        return common + (self == .email ? ["invalid"] : ["redacted"])
    }

    var topic: String {
        self == .email ? "customers_email_marketing_consent/update" : "customers_marketing_consent/update"
    }
}

/// A consent as the shop holds it; words are REST's, GraphQL writes them in capitals.
struct ShopifyConsent: Sendable, Hashable {
    static let levels = ["single_opt_in", "confirmed_opt_in", "unknown"]

    var state = "not_subscribed"
    var level: String?
    /// When the person decided, by the one who wrote it; `nil` if the customer was never asked.
    var updatedAt: TwinInstant?
    /// `shopify` for a checkout or an account, `other` for an app.
    var collectedFrom = "other"
}
