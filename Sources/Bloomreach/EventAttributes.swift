/// One attribute of an event.
public struct EventAttribute: Sendable, Hashable {
    public enum ValueType: String, Sendable, Hashable { case string, number, boolean, list }
    /// An optional attribute is left out where the source has nothing, never sent as null.
    public enum Presence: String, Sendable, Hashable { case always, optional }

    public var name: String
    public var type: ValueType
    /// `nil` for names and texts.
    public var unit: String?
    /// Where it comes from in the language of shops.
    public var source: String
    public var description: String
    public var presence: Presence
    /// The members of each element of a list of objects; empty for other types.
    public var members: [String]

    init(
        _ name: String, _ type: ValueType, unit: String? = nil, _ source: String, _ description: String,
        _ presence: Presence = .always, members: [String] = []
    ) {
        self.name = name
        self.type = type
        self.unit = unit
        self.source = source
        self.description = description
        self.presence = presence
        self.members = members
    }
}

/// One event type and everything it carries.
public struct EventDeclaration: Sendable, Hashable {
    public var eventType: String
    /// The fact that it tells.
    public var when: String
    public var attributes: [EventAttribute]

    public func attribute(_ name: String) -> EventAttribute? { attributes.first { $0.name == name } }
}

/// The one declaration of what is told as events (docs/architecture.md, What Bloomreach is told), with Bloomreach's own
/// names where it has them (docs/vendors/bloomreach.md, Event and column names). Events are built from these names, a
/// test compares, and `docs/bloomreach-data.md` is printed from them.
public enum EventAttributes {
    /// Events of orders, in the order in which an order lives.
    public static let all: [EventDeclaration] = [
        purchase, purchaseItem, purchaseUpdate, purchaseItemRemoved, fulfillment, purchaseCancellation, returned,
        returnItem,
    ]

    /// Every event of this module: of orders, of baskets, of consent.
    public static let everything: [EventDeclaration] = all + [cartUpdate, checkout, consent]

    public static func declaration(of eventType: String) -> EventDeclaration? {
        everything.first { $0.eventType == eventType }
    }

    // MARK: The eight types

    public static let purchase = EventDeclaration(
        eventType: "purchase",
        when: "The order counts as a purchase: it meets `purchase_when`. At most once per order.",
        attributes: common + whole)

    public static let purchaseItem = EventDeclaration(
        eventType: "purchase_item",
        when: "With `purchase`, once per line; with `purchase_update`, once per line that gained units.",
        attributes: common + [purchaseStatus] + line + unitPrices + lineTotals + [itemRevision(.optional)])

    public static let purchaseUpdate = EventDeclaration(
        eventType: "purchase_update",
        when: "An edit changed lines, quantities, prices, discounts, shipping, address or buyer, or a void order was "
            + "reinstated.",
        attributes: common + whole + revision)

    public static let purchaseItemRemoved = EventDeclaration(
        eventType: "purchase_item_removed", when: "With `purchase_update`, once per line that lost units by an edit.",
        attributes: common + line + unitPrices + lineTotals + [itemRevision(.always)])

    public static let fulfillment = EventDeclaration(
        eventType: "fulfillment", when: "A parcel was shipped, delivered, cancelled or failed.",
        attributes: common + [
            orderName,
            EventAttribute("fulfillment_id", .string, "fulfilment", "The shop's own id."),
            EventAttribute(
                "fulfillment_name", .string, "fulfilment", "The name that people use: `#1001.1`.", .optional),
            EventAttribute(
                "fulfillment_status", .string, "fulfilment",
                "`pending`, `open`, `success`, `cancelled`, `error` or `failure`."),
            EventAttribute(
                "shipment_status", .string, "fulfilment", "The carrier's status: `in_transit`, `delivered`, ...",
                .optional),
            EventAttribute(
                "product_list", .list, "fulfilment lines", "What is in the parcel.",
                members: ["line_id", "product_id", "variant_id", "sku", "title", "quantity"]),
            EventAttribute("tracking_company", .string, "fulfilment", "The carrier.", .optional),
            EventAttribute("tracking_numbers", .list, "fulfilment", "The parcel's tracking numbers."),
            EventAttribute("tracking_urls", .list, "fulfilment", "The parcel's tracking links."),
        ])

    public static let purchaseCancellation = EventDeclaration(
        eventType: "purchase_cancellation", when: "The order became void after its purchase was told.",
        attributes: common + [
            orderName,
            EventAttribute(
                "reason", .string, "order, journey",
                "`customer`, `replaced_by_edit`, `declined`, `charged_back`, ..."),
            EventAttribute(
                "replaced_by", .string, "journey", "The `purchase_id` of the replacement.", .optional),
            EventAttribute(
                "total_price", .number, unit: "reference currency", "told",
                "The net amount told for this order; positive, so subtracting it leaves zero."),
            EventAttribute(
                "total_price_local_currency", .number, unit: "local currency", "told",
                "The same in the buyer's currency."),
        ])

    public static let returned = EventDeclaration(
        eventType: "return",
        when:
            "The shop refunded money: for goods, for shipping, or as an appeasement. Or goods came back and the "
            + "shop kept "
            + "the money, or refunds it separately.",
        attributes: common + [
            orderName, returnID,
            EventAttribute(
                "total_price", .number, unit: "reference currency", "refund",
                "The refunded amount with all taxes, duties and fees, less the amount that an earlier reducing edit "
                    + "already told; never negative, and 0 if only goods came back."),
            EventAttribute(
                "total_price_local_currency", .number, unit: "local currency", "refund",
                "The same in the buyer's currency."),
            EventAttribute(
                "product_list", .list, "refund lines", "The returned goods; empty for an appeasement.",
                members: ["line_id", "product_id", "variant_id", "sku", "title", "quantity"]),
            EventAttribute(
                "shipping_value", .number, unit: "reference currency", "refund",
                "Refunded shipping, as the shop prices it, like `shipping_cost`."),
        ])

    public static let returnItem = EventDeclaration(
        eventType: "return_item", when: "With `return`, once per line with returned units.",
        attributes: common + [returnID] + line + [unitPrice] + lineTotals)

    // MARK: Parts

    private static let common: [EventAttribute] = [
        EventAttribute(
            "event_key", .string, "flow", "Identifies this fact: two events with the same key are one fact."),
        EventAttribute("purchase_id", .string, "flow", "The connection's prefix and the shop's id of the order."),
        EventAttribute(
            "journey_id", .string, "journey", "The first order of a chain of cancelled and recreated orders."),
        EventAttribute("purchase_source_type", .string, "flow", "`online` or `store`."),
        EventAttribute("purchase_source_name", .string, "flow", "The shop's domain or the store."),
        EventAttribute("local_currency", .string, "order", "The buyer's currency, ISO 4217."),
        EventAttribute("reference_currency", .string, "brand", "The project's currency, ISO 4217."),
        EventAttribute(
            "live", .boolean, "flow", "The flow was in stage `live` when the fact happened; campaigns require it."),
    ]

    private static let whole: [EventAttribute] = [
        purchaseStatus, orderName,
        EventAttribute(
            "total_price", .number, unit: "reference currency", "edited state",
            "The value of the whole order, taxes and shipping included."),
        EventAttribute(
            "total_price_without_tax", .number, unit: "reference currency", "edited state",
            "The same with shipping and without taxes; left out once units were returned, because the shop then "
                + "gives only "
                + "the taxes of the rest.", .optional),
        EventAttribute(
            "total_price_local_currency", .number, unit: "local currency", "edited state",
            "`total_price` in the buyer's currency."),
        EventAttribute("total_quantity", .number, unit: "units", "lines", "Units on the order."),
        EventAttribute(
            "product_list", .list, "lines",
            "Each line; `price` is one unit and `total_price` all units after discounts, reference currency.",
            members: [
                "line_id", "product_id", "variant_id", "sku", "title", "quantity", "price", "total_price",
                "fulfillment_status",
            ]),
        EventAttribute("product_ids", .list, "lines", "Each parent product once."),
        EventAttribute("variant_ids", .list, "lines", "Each sellable unit once; joins the variants catalogue."),
        EventAttribute("voucher_code", .string, "order", "The first discount code as typed.", .optional),
        EventAttribute("discount_value", .number, unit: "reference currency", "order", "All discounts; positive."),
        EventAttribute(
            "shipping_cost", .number, unit: "reference currency", "order", "What the buyer pays for delivery."),
        EventAttribute("shipping_type", .string, "shipping line", "The title of the delivery chosen.", .optional),
        EventAttribute("shipping_country", .string, "shipping address", "ISO 3166-1 alpha-2.", .optional),
        EventAttribute(
            "is_replacement", .boolean, "journey",
            "True if it replaces another order; an order that only names another does not replace it.", .optional),
        EventAttribute("replaces", .string, "journey", "The `purchase_id` of that order.", .optional),
    ]

    private static let revision: [EventAttribute] = [
        EventAttribute("revision", .number, "told", "1 for the first revision of an order, then incremented."),
        EventAttribute(
            "changes", .list, "revision",
            "Each difference from the previous revision: `type` is `added`, `removed`, `quantity` or `price`; "
                + "prices are "
                + "one unit after discounts, reference currency.",
            members: [
                "type", "line_id", "product_id", "variant_id", "sku", "title", "quantity_before", "quantity_after",
                "price_before", "price_after",
            ]),
        EventAttribute(
            "total_delta", .number, unit: "reference currency", "revision",
            "Change of `total_price` by this edit; signed."),
        EventAttribute(
            "total_delta_local_currency", .number, unit: "local currency", "revision",
            "The same in the buyer's currency."),
        EventAttribute("address_changed", .boolean, "revision", "The delivery address changed."),
        EventAttribute("buyer_changed", .boolean, "revision", "The buyer changed."),
        EventAttribute("shipping_changed", .boolean, "revision", "The delivery cost changed."),
        EventAttribute("is_reinstatement", .boolean, "order", "A void order is valid again."),
    ]

    private static let line: [EventAttribute] = [
        EventAttribute("line_id", .string, "line", "The shop's own id of the line."),
        EventAttribute("product_id", .string, "line", "The parent product; none for a custom item.", .optional),
        EventAttribute("variant_id", .string, "line", "The sellable unit; none for a custom item.", .optional),
        EventAttribute("sku", .string, "line", "The merchant's article number.", .optional),
        EventAttribute("title", .string, "line", "As the buyer saw it."),
        EventAttribute("brand", .string, "line", "The product's vendor.", .optional),
        EventAttribute("quantity", .number, unit: "units", "line", "Units this event is about; positive."),
    ]

    private static let unitPrices: [EventAttribute] = [
        unitPrice,
        EventAttribute(
            "price_local_currency", .number, unit: "local currency", "line", "The same in the buyer's currency."),
        EventAttribute(
            "original_price", .number, unit: "reference currency", "line", "One unit before discounts.", .optional),
        EventAttribute(
            "discount_value", .number, unit: "reference currency", "line", "Discounts on these units; positive.",
            .optional),
    ]

    private static let lineTotals: [EventAttribute] = [
        EventAttribute(
            "total_price", .number, unit: "reference currency", "line",
            "All these units after discounts, as the shop prices them; positive."),
        EventAttribute(
            "total_price_local_currency", .number, unit: "local currency", "line", "The same in the buyer's currency."),
    ]

    private static let orderName = EventAttribute("order_name", .string, "order", "The name that people use: `#1001`.")
    private static let purchaseStatus = EventAttribute(
        "purchase_status", .string, "order", "`success`; `updated` on a revision told in the `status_ladder` pattern.")
    private static let unitPrice = EventAttribute(
        "price", .number, unit: "reference currency", "line", "One unit after discounts.")
    private static let returnID = EventAttribute("return_id", .string, "refund", "The shop's own id of the refund.")

    private static func itemRevision(_ presence: EventAttribute.Presence) -> EventAttribute {
        EventAttribute(
            "revision", .number, "told", "The revision that brought the change; none with `purchase`.", presence)
    }
}
