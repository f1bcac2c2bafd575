/// One parcel, or one hand-over.
public struct Fulfillment: Sendable, Hashable, Codable {
    public var id: String
    /// `#1001.1`
    public var name: String?
    public var status: Status
    /// The carrier's word: `in_transit`, `out_for_delivery`, `delivered`, ...
    public var shipmentStatus: String?
    public var createdAt: Instant
    public var updatedAt: Instant
    public var trackingCompany: String?
    public var trackingNumbers: [String]
    public var trackingURLs: [String]
    public var lines: [Line]

    public init(
        id: String, name: String? = nil, status: Status, shipmentStatus: String? = nil, createdAt: Instant,
        updatedAt: Instant, trackingCompany: String? = nil, trackingNumbers: [String] = [],
        trackingURLs: [String] = [], lines: [Line]
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.shipmentStatus = shipmentStatus
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.trackingCompany = trackingCompany
        self.trackingNumbers = trackingNumbers
        self.trackingURLs = trackingURLs
        self.lines = lines
    }

    public enum Status: String, Sendable, Hashable, Codable {
        case pending, open, success, cancelled, error, failure
    }

    /// Units of one order line in this fulfilment.
    public struct Line: Sendable, Hashable, Codable {
        public var lineID: String
        public var quantity: Int
        public init(lineID: String, quantity: Int) {
            self.lineID = lineID
            self.quantity = quantity
        }
    }
}
