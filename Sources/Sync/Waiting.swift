/// An effect that is held back, and why.
public struct Waiting: Sendable, Hashable, Codable {
    public var eventType: String
    public var reason: Reason
    /// A permanent state: nothing will end it, so it does not count as waiting work.
    public var isLasting: Bool

    public init(eventType: String, reason: Reason, isLasting: Bool = false) {
        self.eventType = eventType
        self.reason = reason
        self.isLasting = isLasting
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        eventType = try container.decode(String.self, forKey: .eventType)
        reason = try container.decode(Reason.self, forKey: .reason)
        // Absent in records of earlier versions.
        isLasting = try container.decodeIfPresent(Bool.self, forKey: .isLasting) ?? false
    }
}
