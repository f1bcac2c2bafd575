/// A customer record of one shop. What a payload lacks is ``Known/unknown``.
public struct Customer: Sendable, Hashable, Codable {
    /// The shop's own id, its digits as text.
    public var id: String
    public var email: Known<String?>
    public var phone: Known<String?>
    public var firstName: Known<String?>
    public var lastName: Known<String?>
    public var account: Account
    public var tags: Known<[String]>
    public var emailConsent: Known<MarketingConsent?>
    public var smsConsent: Known<MarketingConsent?>
    public var createdAt: Instant
    public var updatedAt: Instant

    /// Whether the customer can sign in with it. A guest's checkout makes a record that is `disabled`.
    public enum Account: String, Sendable, Hashable, Codable, CaseIterable {
        case disabled, invited, enabled, declined
    }

    public init(
        id: String, email: Known<String?> = .unknown, phone: Known<String?> = .unknown,
        firstName: Known<String?> = .unknown, lastName: Known<String?> = .unknown, account: Account = .disabled,
        tags: Known<[String]> = .unknown, emailConsent: Known<MarketingConsent?> = .unknown,
        smsConsent: Known<MarketingConsent?> = .unknown, createdAt: Instant, updatedAt: Instant
    ) {
        self.id = id
        self.email = email
        self.phone = phone
        self.firstName = firstName
        self.lastName = lastName
        self.account = account
        self.tags = tags
        self.emailConsent = emailConsent
        self.smsConsent = smsConsent
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// What is known of either, this one first: a payload's gaps never overwrite what is known.
    public func or(_ earlier: Customer) -> Customer {
        var merged = self
        merged.email = email.or(earlier.email)
        merged.phone = phone.or(earlier.phone)
        merged.firstName = firstName.or(earlier.firstName)
        merged.lastName = lastName.or(earlier.lastName)
        merged.tags = tags.or(earlier.tags)
        merged.emailConsent = emailConsent.or(earlier.emailConsent)
        merged.smsConsent = smsConsent.or(earlier.smsConsent)
        return merged
    }
}
