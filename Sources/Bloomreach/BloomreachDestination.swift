public import Sync

/// One Bloomreach Engagement project as a system that is told: events through the tracking batch, rows through the
/// catalogues' bulk route. Pure; what it holds are the looked-up ids of catalogues.
///
/// | channel | `Delivery.body` | request |
/// |---|---|---|
/// | `tracking` | one command's `data`: `{customer_ids, event_type, timestamp, properties}` | `POST .../batch` |
/// | `catalog:orders` | one row: `{item_id, properties}` | `PUT .../catalogs/{id}/items` (full replace) |
public struct BloomreachDestination: Destination {
    public let configuration: BloomreachConfiguration
    let routes: BloomreachRoutes
    /// Channel to catalogue id, as looked up.
    var catalogIDs: [String: String] = [:]

    public init(configuration: BloomreachConfiguration) {
        self.configuration = configuration
        routes = BloomreachRoutes(configuration)
    }

    public static let trackingChannel = "tracking"
    public static let ordersChannel = "catalog:orders"

    /// Commands in one batch (apis/bloomreach.md 3.2).
    public static let commandsMax = 50
    /// Rows in one bulk request. 5,000 rows and 10,000,000 bytes are allowed (apis/bloomreach.md 4.3, from a third
    /// party only); 200 rows stay below the bytes as long as a row has less than 50 kB, an order of about 250 lines.
    public static let rowsMax = 200

    public var connection: String { configuration.connection }
    public var limits: DestinationLimits {
        DestinationLimits(
            flightsMax: configuration.flightsMax, requestsPerMinute: configuration.requestsPerMinute)
    }

    public func plan(_ record: Record, in context: PlanContext) -> Plan {
        OrderPlan(configuration: configuration).plan(record, in: context)
    }

    public func batchMax(for channel: String) -> Int {
        channel == Self.trackingChannel ? Self.commandsMax : Self.rowsMax
    }
}
