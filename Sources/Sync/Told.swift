public import Commerce

/// An acknowledged history effect.
public struct Told: Sendable, Hashable, Codable {
    public var key: EventKey
    public var occurredAt: Instant
    public var toldAt: Instant
    public var contribution: Amount
    /// `true` where a person gave it up after a refusal: nothing waits for it, and the destination does not have it.
    public var wasGivenUp: Bool?
    public init(
        key: EventKey, occurredAt: Instant, toldAt: Instant, contribution: Amount, wasGivenUp: Bool? = nil
    ) {
        self.key = key
        self.occurredAt = occurredAt
        self.toldAt = toldAt
        self.contribution = contribution
        self.wasGivenUp = wasGivenUp
    }
}
