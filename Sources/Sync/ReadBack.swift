public import Commerce

/// After an ambiguous delivery was acknowledged: whether the destination holds it once is read back (A8).
public struct ReadBack: Sendable, Hashable, Codable {
    public var key: EventKey
    public var channel: String
    public var body: [UInt8]
    public var notBefore: Instant
    public var attempts: Int
    /// The piece of told-state that it was the telling of: the next telling of the same piece makes it pointless.
    public var slot: String?
    public init(
        key: EventKey, channel: String, body: [UInt8], notBefore: Instant, attempts: Int = 0, slot: String? = nil
    ) {
        self.key = key
        self.channel = channel
        self.body = body
        self.notBefore = notBefore
        self.attempts = attempts
        self.slot = slot
    }
}
