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

        Printed from `EventAttributes`, `CustomerProperties`, `BloomreachCatalog` and `BloomreachAssumption` in
        `Sources/Bloomreach`; do not edit by hand. To print it again:
        `PLUMBLINE_WRITE_DOCS=1 PLUMBLINE_ROOMS=core swift test --filter BloomreachTests`.

        Events are history and never change; the rows of the catalogues are orders, products and variants as they are
        now. *reference currency* is the project's, *local currency* the buyer's. An *optional* attribute
        is left out where the source has nothing.

        Where the shop tells an amount in the reference currency, that is told. Else it is converted by the table of
        rates. An order keeps the rate of its day, which is frozen with its first told fact. A basket has the rate of
        the day of its change. Rows of goods are the present: they have the rate of the day on which they are written,
        and are written again when a day begins (UTC) whose rate is another. Without a rate an order waits
        (`rate_missing`), a basket is told without its prices, and rows of goods are written with blank prices. What a
        product's prices are in is the shop's currency, which no webhook names: it is read once for each product, and
        the product's rows wait for that.
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
            "as the shop prices goods: included where its prices include them, not where they come on top",
        ],
        [
            "shipping", "`shipping_cost`, `shipping_value`", "delivery after discounts",
            "as the shop prices it, likewise",
        ],
    ]

    private static let amounts =
        """
        ## How amounts add up

        Each measure has one basis, the same in what is told and in what is taken back:


        """ + table(["measure", "where", "what is in it", "taxes"], bases)
            + """


            So for each line the items of its purchase, less those removed, less those returned, are its units that
            the buyer keeps and what these are worth. Each unit that leaves an order is in exactly one
            `purchase_item_removed` (an edit took it off) or `return_item` (it came back), or goes with a
            `purchase_cancellation`.

            `price` is rounded to the minor unit. Where it does not divide (20.00 for three units: 6.67), do not
            multiply it: sum `total_price`. A line's parts are differences of its rounded whole: of those three units
            the first two to leave take 13.33 off, and 6.67 stays. Of goods that came back, the amount is the shop's
            own.

            A refund whose money is still on its way is told when it has arrived. If the goods came back and the shop
            kept the money, or gives it back in another refund, the `return` is of 0 and has its `return_item`s.
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
        return "## Customer properties\n\nWhat a person is like now, over all sources of the brand. A property that is "
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
            "One row per sellable unit, `item_id` = `variant_id` of events: the SKU where the brand's `products.key` "
                + "is `sku`, else the shop's id. Where several products of the brand carry a SKU, the oldest has "
                + "the row; an archived one comes after those that are not, and a deleted one last. Rows are never "
                + "deleted; of a variant that is gone only `active` changes."
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
