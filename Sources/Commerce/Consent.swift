/// The way in which a person may be written to.
public enum ConsentChannel: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case email, sms
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a shop holds about a person's wish on one channel.
public struct MarketingConsent: Sendable, Hashable, Codable {
    /// Shopify's states (docs/vendors/shopify.md, Consent).
    public enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case subscribed, notSubscribed = "not_subscribed", pending, unsubscribed, redacted, invalid
    }
    public var state: State
    /// `single_opt_in`, `confirmed_opt_in`, `unknown`.
    public var optInLevel: String?
    /// When the person decided; `nil` where the shop does not say.
    public var updatedAt: Instant?

    public init(state: State, optInLevel: String? = nil, updatedAt: Instant? = nil) {
        self.state = state
        self.optInLevel = optInLevel
        self.updatedAt = updatedAt
    }
}

/// One explicit act: a person opted in or out.
public struct ConsentDecision: Sendable, Hashable, Codable {
    public var channel: ConsentChannel
    public var isGranted: Bool
    /// The time of the act itself; `nil` where the source does not say.
    public var decidedAt: Instant?

    public init(channel: ConsentChannel, isGranted: Bool, decidedAt: Instant?) {
        self.channel = channel
        self.isGranted = isGranted
        self.decidedAt = decidedAt
    }

    /// `nil` for a state that is no explicit act: never asked, still to be confirmed, redacted, an address that does
    /// not work. "Never asked" is never told as opted out (B5).
    public init?(_ consent: MarketingConsent, channel: ConsentChannel) {
        switch consent.state {
        case .subscribed: self.init(channel: channel, isGranted: true, decidedAt: consent.updatedAt)
        case .unsubscribed: self.init(channel: channel, isGranted: false, decidedAt: consent.updatedAt)
        case .notSubscribed, .pending, .redacted, .invalid: return nil
        }
    }
}
