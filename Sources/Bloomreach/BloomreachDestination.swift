import Commerce
public import Sync

/// One Bloomreach Engagement project as a system that is told: events through the tracking batch, rows through the
/// catalogues' bulk route. Pure; what it holds are the looked-up ids of catalogues.
///
/// | channel | `Delivery.body` | request |
/// |---|---|---|
/// | `tracking` | one command's `data`: `{customer_ids, event_type, timestamp, properties}` | `POST .../batch` |
/// | `customers` | one command's `data`: `{customer_ids, properties, update_timestamp}` | `POST .../batch` |
/// | `catalog:orders`, `:products`, `:variants` | a row: `{item_id, properties}` | `PUT .../items` (full replace) |
/// | `catalog:variants:retired` | some columns of a row | `POST .../items/partial-update` (merge) |
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
    /// Who people are: apart from their events, because commands of one batch have no order
    /// (docs/vendors/bloomreach.md, Tracking: batches).
    public static let customersChannel = "customers"
    public static let ordersChannel = BloomreachCatalog.orders.channel
    public static let productsChannel = BloomreachCatalog.products.channel
    public static let variantsChannel = BloomreachCatalog.variants.channel
    /// Rows of `variants` whose variant is gone: only `active` is written, the rest stays as it was.
    public static let retiredChannel = "\(variantsChannel):retired"

    /// Commands in one batch (docs/vendors/bloomreach.md, Tracking: batches).
    public static let commandsMax = 50
    /// Rows in one bulk request. 5,000 rows and 10,000,000 bytes are allowed, as a third party says
    /// (docs/vendors/bloomreach.md, Limits); 200 rows stay below the bytes as long as a row has less than 50 kB, an
    /// order of about 250 lines.
    public static let rowsMax = 200

    public var connection: String { configuration.connection }
    public var limits: DestinationLimits {
        DestinationLimits(
            concurrentRequestsMax: configuration.concurrentRequestsMax,
            requestsPerMinute: configuration.requestsPerMinute)
    }

    public func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        switch record.key.kind {
        case .order: OrderPlan(configuration: configuration).plan(record, in: context)
        case .person: PersonPlan(configuration: configuration).plan(record, in: context)
        case .product: ProductPlan(configuration: configuration).plan(record, in: context)
        case .cart: CartPlan(configuration: configuration).plan(record, in: context)
        case .customer: ConsentPlan(configuration: configuration).plan(record, in: context)
        }
    }

    /// Where a SKU names a row, products that carry it contend for that row.
    public func sharedNames(of record: EntityRecord) -> [NameSearch] {
        guard configuration.tellsProducts, configuration.productKey == .sku, let product = record.truth.product,
            configuration.productMaster ?? record.key.connection == record.key.connection
        else { return [] }
        return product.variants.compactMap { configuration.productKey.variantItemID(id: nil, sku: $0.sku) }
            .map { NameSearch(.product, Lookup(.sku, $0)) }
    }

    public func batchMax(for channel: String) -> Int {
        Self.isBatch(channel) ? Self.commandsMax : Self.rowsMax
    }

    /// Commands of the Tracking API, sent in batches.
    static func isBatch(_ channel: String) -> Bool { channel == trackingChannel || channel == customersChannel }
}
