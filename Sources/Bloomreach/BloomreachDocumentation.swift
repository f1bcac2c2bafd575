import Commerce

/// `docs/bloomreach-data.md`, printed from the declarations so that it cannot differ from what is sent.
public enum BloomreachDocumentation {
    public static func markdown() -> String {
        let events = EventAttributes.everything.map(event)
        let parts =
            [introduction, amounts, journeys] + events + [customers] + BloomreachCatalog.allCases.map(catalog)
            + [assumptions]
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        # What Bloomreach is told

        Generated from `EventAttributes`, `CustomerProperties`, `BloomreachCatalog` and `BloomreachAssumption` in
        `Sources/Bloomreach`; do not edit by hand. To generate it again:
        `PLUMBLINE_WRITE_DOCS=1 PLUMBLINE_ROOMS=core swift test --filter BloomreachTests`.

        Events are history and never change. The rows of the catalogues show the current orders, products and
        variants. *reference currency* is the project's, *local currency* the buyer's. An *optional* attribute
        is left out if the source has no value.

        If the shop gives an amount in the reference currency, Plumbline sends that amount. Otherwise the table of
        rates converts it. An order keeps the rate of its day, which is fixed with its first told fact. A cart uses the
        rate of the day of its change. Product rows show the present: they use the rate of the day on which they are
        written, and are rewritten on each day (UTC) with a different rate. Without a rate an order waits
        (`rate_missing`), a cart is sent without its prices, and product rows are written with blank prices. A
        product's prices are in the shop's currency, which no webhook names: Plumbline reads it once for each product,
        and the product's rows wait for that.
        """

    private static let bases = [
        [
            "value of an order",
            "`total_price`, `total_delta` of `purchase`, `purchase_update`, `return`, `purchase_cancellation`",
            "goods, shipping, duties, fees", "all",
        ],
        [
            "value of goods",
            "`price`, `total_price` of `purchase_item`, `purchase_item_removed`, `return_item`, of the entries of "
                + "`product_list` and of the row's `lines`",
            "the units after all discounts",
            "as the shop prices goods: included if its prices include them, excluded if they are added on top",
        ],
        [
            "shipping", "`shipping_cost`, `shipping_value`", "delivery after discounts",
            "as the shop prices it, in the same way",
        ],
    ]

    private static let amounts =
        """
        ## How amounts add up

        Each measure has one basis, the same for amounts that are told and amounts that are subtracted:


        """ + table(["measure", "where", "contains", "taxes"], bases)
            + """


            So for each line, the items of its purchase, minus the removed items, minus the returned items, are the
            units that the buyer keeps, and their value. Each unit that leaves an order is in exactly one
            `purchase_item_removed` (an edit removed it) or `return_item` (it came back), or is part of a
            `purchase_cancellation`.

            `price` is rounded to the minor unit. If the total does not divide evenly (20.00 for three units: 6.67), do
            not multiply `price`: sum `total_price`. The parts of a line are differences of its rounded total: if two of
            those three units leave, they subtract 13.33, and 6.67 remains. For returned goods, the amount is the
            shop's own.

            A pending refund is told once its money was transferred. If the goods came back and the shop kept the
            money, or refunds it separately, the `return` has the amount 0 and its `return_item`s.
            """

    private static func event(_ declaration: EventDeclaration) -> String {
        let rows = declaration.attributes.map { attribute in
            let members = attribute.members.map { "`\($0)`" }.joined(separator: ", ")
            let text = members.isEmpty ? attribute.description : "\(attribute.description) Members: \(members)."
            return [
                "`\(attribute.name)`", attribute.type.rawValue, attribute.unit ?? "", attribute.source,
                attribute.presence.rawValue, text,
            ]
        }
        return "## Event `\(declaration.eventType)`\n\n\(declaration.when)\n\n"
            + table(["attribute", "type", "unit", "from", "sent", "meaning"], rows)
    }

    private static var customers: String {
        let rows = CustomerProperties.all.map { property in
            [
                "`\(property.name)`", property.type.rawValue, property.unit ?? "", property.source,
                property.presence.rawValue, property.description,
            ]
        }
        return
            "## Customer properties\n\nThe current properties of a person, over all sources of the brand. A "
            + "property that is "
            + "left out keeps its value; totals are left out until every order of the person is known.\n\n"
            + table(["property", "type", "unit", "from", "sent", "meaning"], rows)
    }

    private static func catalog(_ catalog: BloomreachCatalog) -> String {
        let rows = catalog.fields.map { field in
            [
                "`\(field.name)`", field.type.rawValue, field.unit ?? "", field.source, field.isSearchable ? "yes" : "",
                field.description,
            ]
        }
        return "## Catalogue `\(catalog.rawValue)`\n\n\(subject(of: catalog)) No personal data.\n\n"
            + table(["column", "type", "unit", "from", "searchable", "meaning"], rows)
    }

    private static func subject(of catalog: BloomreachCatalog) -> String {
        switch catalog {
        case .orders:
            "One row per order, `item_id` = `purchase_id`; a new buyer's first row waits for the purchase, for "
                + "\(OrderDraft.rowWaitMax.microseconds / 1_000_000) seconds at most."
        case .products: "One row per product, `item_id` = `product_id` of events."
        case .variants:
            "One row per sellable unit, `item_id` = `variant_id` of events: the SKU if the brand's `products.key` "
                + "is `sku`, otherwise the shop's id. If several products of the brand have the same SKU, the oldest "
                + "has the row; archived products rank after the others, and deleted ones last. Rows are never "
                + "deleted; for a deleted variant only `active` changes."
        }
    }

    private static var assumptions: String {
        let rows = BloomreachAssumption.all.map { ["`\($0.name)`", $0.text, $0.mark.rawValue, $0.otherwise] }
        return "## What is assumed about Bloomreach\n\n"
            + table(["name", "assumption", "evidence", "if it is wrong"], rows)
    }

    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let lines = [header, header.map { _ in "---" }] + rows
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
