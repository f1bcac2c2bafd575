public import Commerce

/// One webhook as it arrived, verified and durable before it is acknowledged (docs/architecture.md, law 2).
public struct Receipt: Sendable, Hashable {
    public var connection: String
    public var topic: String
    /// The sender's id of this delivery: the same id is the same delivery, whatever its body.
    public var deliveryID: String
    /// What all deliveries of one merchant action share.
    public var eventID: String?
    /// When the sender says it happened.
    public var triggeredAt: Instant?
    public var receivedAt: Instant
    public var body: [UInt8]

    public init(
        connection: String, topic: String, deliveryID: String, eventID: String?, triggeredAt: Instant?,
        receivedAt: Instant, body: [UInt8]
    ) {
        self.connection = connection
        self.topic = topic
        self.deliveryID = deliveryID
        self.eventID = eventID
        self.triggeredAt = triggeredAt
        self.receivedAt = receivedAt
        self.body = body
    }
}

/// Where a receipt stands in the inbox; positions only grow. The first is 1.
public typealias InboxPosition = Int64

/// A receipt read back from the inbox.
public struct StoredReceipt: Sendable, Hashable {
    public var position: InboxPosition
    public var receipt: Receipt
    /// A receipt with this connection and delivery id was committed before.
    public var isDuplicate: Bool

    public init(position: InboxPosition, receipt: Receipt, isDuplicate: Bool) {
        self.position = position
        self.receipt = receipt
        self.isDuplicate = isDuplicate
    }
}

/// What a source's room makes of a receipt, a poll or a read: pure values for the reducer.
public enum Observation: Sendable, Hashable {
    /// The whole entity. `isPartial` says that something a read could bring is missing (redacted, an old shape,
    /// the currency of a product's prices).
    case snapshot(EntityKey, EntityState, sourceTime: Instant, eventID: String?, isPartial: Bool)
    /// Something changed; the entity must be read. `awaitsCompanion`: a whole snapshot of the same event is on its way.
    case hint(EntityKey, sourceTime: Instant?, eventID: String?, awaitsCompanion: Bool)
    case act(EntityKey, Act)
    /// Somebody asks about their personal data: an exception, because a person must do it.
    case privacyRequest(PrivacyRequest)
    /// Bytes that cannot be understood; an exception, with the entity where it could be told.
    case unreadable(EntityKey?, code: String, detail: String)
    /// A topic that no flow uses; counted.
    case unknownTopic(String)

    public var key: EntityKey? {
        switch self {
        case .snapshot(let key, _, _, _, _), .hint(let key, _, _, _), .act(let key, _): key
        case .unreadable(let key, _, _): key
        case .privacyRequest(let request): request.customer
        case .unknownTopic: nil
        }
    }
}
