/// What is told about baskets (docs/vendors/bloomreach.md, Event and column names). No attribute names a person;
/// `cart_url` carries a token of the shop, which is needed to continue with the cart.
extension EventAttributes {
    public static let cartUpdate = EventDeclaration(
        eventType: "cart_update",
        when: "The content of a cart changed, or its owner became known. Always contains the whole cart.",
        attributes: basketNames + [
            EventAttribute("action", .string, "told", "`create`, `update` or `empty`."),
            EventAttribute("stage", .string, "cart", "`cart`, or `checkout` once a checkout was started."),
        ] + basketContent)

    public static let checkout = EventDeclaration(
        eventType: "checkout", when: "A checkout was started. At most once per checkout.",
        attributes: basketNames + [EventAttribute("step_title", .string, "cart", "`begin`.")] + basketContent)

    private static let basketNames: [EventAttribute] = [
        EventAttribute(
            "event_key", .string, "flow", "Identifies this fact: two events with the same key are one fact."),
        EventAttribute("cart_id", .string, "cart", "The token that the browser and the shop share."),
        EventAttribute(
            "live", .boolean, "flow", "The flow was in stage `live` when the fact happened; campaigns require it."),
    ]

    private static let basketContent: [EventAttribute] = [
        EventAttribute(
            "product_list", .list, "lines",
            "Each line; `price` is one unit after discounts, reference currency, left out without a rate; "
                + "`price_local_currency` as the buyer sees it, if that is another currency.",
            members: ["product_id", "variant_id", "sku", "title", "quantity", "price", "price_local_currency"]),
        EventAttribute("product_ids", .list, "lines", "Each parent product once."),
        EventAttribute("variant_ids", .list, "lines", "Each sellable unit once; joins the variants catalogue."),
        EventAttribute("total_quantity", .number, unit: "units", "lines", "Units in the cart."),
        EventAttribute(
            "total_price", .number, unit: "reference currency", "cart",
            "The cart's total, or the sum of its lines; converted at the rate of its day if in another currency; left "
                + "out without a rate.", .optional),
        EventAttribute(
            "total_price_local_currency", .number, unit: "local currency", "cart", "The same as the buyer sees it.",
            .optional),
        EventAttribute(
            "local_currency", .string, "cart",
            "The currency of that total, ISO 4217; left out if the shop does not say which of two it is.", .optional),
        EventAttribute("reference_currency", .string, "brand", "The project's currency, ISO 4217."),
        EventAttribute("purchase_source_name", .string, "flow", "The shop's domain."),
        EventAttribute(
            "cart_url", .string, "cart",
            "The link to this cart. It contains the shop's token of the cart: use it only in messages to the cart's "
                + "owner.", .optional),
    ]
}
