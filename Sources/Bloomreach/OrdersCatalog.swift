public import JSON

/// The one declaration of the columns of catalogue `orders`: the order as it is now, flat (docs/architecture.md, What
/// Bloomreach is told). Code that writes a row, or creates, checks or documents the catalogue, reads these. No column
/// holds personal data.
public enum OrdersCatalog {
    /// A column.
    public typealias Field = CatalogField

    /// Searchable columns at most (docs/vendors/bloomreach.md, Limits).
    public static let searchableMax = 20

    /// In the order in which people read them. `item_id`, the row's key, is the `purchase_id` and no column.
    public static let fields: [Field] = names + states + values + contents + times + bookkeeping

    private static let names: [Field] = [
        Field("order_id", .string, "order", "The shop's own id of the order.", searchable: true),
        Field(
            "purchase_id", .string, "flow", "The id in events: the connection's prefix and the shop's id.",
            searchable: true),
        Field(
            "journey_id", .string, "journey", "The first order of a chain of cancelled and recreated orders.",
            searchable: true),
        Field("order_name", .string, "order", "The name that people use: `#1001`.", searchable: true),
        Field("purchase_source_type", .string, "flow", "`online` or `store`.", searchable: true),
        Field("purchase_source_name", .string, "flow", "The shop's domain or the store.", searchable: true),
    ]

    private static let states: [Field] = [
        Field("status", .string, "order", "`open`, `cancelled` or `deleted`.", searchable: true),
        Field("cancel_reason", .string, "order", "Why it is void; blank if open."),
        Field(
            "financial_status", .string, "order", "`pending`, `authorized`, `paid`, `partially_refunded`, ...",
            searchable: true),
        Field("fulfillment_status", .string, "lines", "`unfulfilled`, `partial` or `fulfilled`.", searchable: true),
        Field("purchase_told", .boolean, "told", "Event `purchase` of this order was sent.", searchable: true),
        Field(
            "live", .boolean, "flow", "The flow is in stage `live`; campaigns require it.",
            searchable: true),
    ]

    private static let values: [Field] = [
        Field(
            "total_price", .number, unit: "reference currency", "order",
            "The order's current value, taxes and shipping included; edits and returned units lower it."),
        Field(
            "total_price_local_currency", .number, unit: "local currency", "order",
            "The same in the buyer's "
                + "currency."),
        Field("returned_value", .number, unit: "reference currency", "refunds", "Refunded amount; positive."),
        Field("reference_currency", .string, "brand", "The project's currency, ISO 4217."),
        Field("local_currency", .string, "order", "The buyer's currency, ISO 4217."),
        Field("discount", .number, unit: "reference currency", "order", "Discounts on the current units; positive."),
        Field("shipping", .number, unit: "reference currency", "order", "What the buyer pays for delivery."),
        Field("tax", .number, unit: "reference currency", "order", "Taxes within `total_price`."),
    ]

    private static let contents: [Field] = [
        Field("total_quantity", .number, unit: "units", "lines", "Units on the order now."),
        Field(
            "lines", .longText, "lines",
            "JSON text: a list of `line_id`, `product_id`, `variant_id`, `sku`, `title`, `quantity`, `price`, "
                + "`fulfillment_status`."),
        Field("skus", .list, "lines", "The sku of each line on the order now.", searchable: true),
        Field("sku_status", .list, "lines", "`sku:fulfillment_status` of each line.", searchable: true),
        Field("tags", .list, "order", "The merchant's tags.", searchable: true),
        Field("voucher_codes", .list, "order", "Discount codes as typed."),
        Field("tracking_numbers", .list, "fulfilments", "The tracking numbers of all parcels."),
    ]

    private static let times: [Field] = [
        Field("created_at", .number, unit: "UNIX seconds", "order", "When the shop created the order."),
        Field("processed_at", .number, unit: "UNIX seconds", "order", "When it was placed."),
        Field("updated_at", .number, unit: "UNIX seconds", "order", "The shop's time of the last change."),
        Field("cancelled_at", .number, unit: "UNIX seconds", "order", "Blank if open."),
    ]

    private static let bookkeeping: [Field] = [
        Field(
            "mirrors", .string, "journey",
            "On the row of a journey's first order: the `purchase_id` of the journey's current order, "
                + "whose content this row shows. Blank if the row shows its own order."),
        Field("revision", .number, "told", "The last revision told as `purchase_update`; 0 before the first."),
        Field(
            "told_hash", .string, "told",
            "Digest of the told data, from which Plumbline can rebuild its record of what it told."),
        Field("truth_version", .string, "entity", "The version of the order this row shows."),
    ]

    /// The body that creates the catalogue: `{name, is_product_catalog, fields: [{name, type, searchable}]}`.
    public static func creation(name: String) -> JSON { BloomreachCatalog.orders.creation(name: name) }
}
