/// One property of a customer.
public struct CustomerProperty: Sendable, Hashable {
    public enum ValueType: String, Sendable, Hashable { case string, number, boolean, list }
    /// When it is part of what is told; a property that is left out keeps its value in Bloomreach.
    public enum Presence: String, Sendable, Hashable {
        /// Where some record of the person has it.
        case whereKnown = "where known"
        /// With an order, once every order of the person is known and has a rate.
        case withTotals = "with totals"
        /// With totals, where at least one order stands.
        case withStandingOrder = "with a valid order"
    }

    public var name: String
    public var type: ValueType
    /// `nil` for names and texts.
    public var unit: String?
    /// Where it comes from in the language of shops.
    public var source: String
    public var description: String
    public var presence: Presence

    init(
        _ name: String, _ type: ValueType, unit: String? = nil, _ source: String, _ description: String,
        _ presence: Presence
    ) {
        self.name = name
        self.type = type
        self.unit = unit
        self.source = source
        self.description = description
        self.presence = presence
    }
}

/// The one declaration of what is told about a person as properties (docs/architecture.md, What Bloomreach is told).
/// The plan uses these names, a test compares, and `docs/bloomreach-data.md` is printed from them. Lists are of texts;
/// nothing is nested (A18).
public enum CustomerProperties {
    /// In the order in which people read them.
    public static let all: [CustomerProperty] = contacts + totals + standing

    public static func property(_ name: String) -> CustomerProperty? { all.first { $0.name == name } }

    private static let contacts: [CustomerProperty] = [
        CustomerProperty(
            "email", .string, "customer, order",
            "The person's newest e-mail that is not a placeholder and not shared by many people. A changed e-mail is "
                + "updated here; the id stays.", .whereKnown),
        CustomerProperty(
            "phone", .string, "customer, order",
            "The person's newest phone, under the same conditions; digits and a leading `+`.", .whereKnown),
        CustomerProperty(
            "first_name", .string, "customer", "From the newest customer record that has one.", .whereKnown),
        CustomerProperty(
            "last_name", .string, "customer", "From the newest customer record that has one.", .whereKnown),
    ]

    private static let totals: [CustomerProperty] = [
        CustomerProperty(
            "orders_count", .number, unit: "orders", "orders",
            "Valid orders, over all sources of the brand; a replaced order is not counted in addition to its "
                + "replacement.",
            .withTotals),
        CustomerProperty(
            "total_spent", .number, unit: "reference currency", "orders",
            "The value of the valid orders after edits, less refunds.", .withTotals),
        CustomerProperty(
            "returned_value", .number, unit: "reference currency", "refunds",
            "The refunds of the valid orders, appeasements included; positive.", .withTotals),
        CustomerProperty(
            "return_rate", .number, unit: "share of units", "lines",
            "The returned share of all units on the valid orders, 0 to 1, four decimals, half to even.", .withTotals),
        CustomerProperty(
            "kept_products", .list, "lines",
            "Products of which at least one unit is kept: the newest \(PersonDraft.keptProductsMax), sorted.",
            .withTotals),
        CustomerProperty(
            "open_service_issue", .boolean, "orders",
            "A refund of a valid order is pending, or a parcel failed.", .withTotals),
    ]

    private static let standing: [CustomerProperty] = [
        CustomerProperty(
            "first_order_at", .number, unit: "UNIX seconds", "orders",
            "When the first valid order was placed; for a journey, its first order.", .withStandingOrder),
        CustomerProperty(
            "last_order_at", .number, unit: "UNIX seconds", "orders",
            "When the last valid order was placed; for a journey, its first order.", .withStandingOrder),
        CustomerProperty(
            "last_order_id", .string, "orders", "The `purchase_id` of the last valid order.", .withStandingOrder),
        CustomerProperty(
            "last_order_status", .string, "orders",
            "`open`, `cancelled` or `deleted`: the status of the newest told order, valid or not.", .withTotals),
    ]
}
