/// The one declaration of the columns of catalogue `products`: a parent product as it is now. Its `item_id` is the
/// `product_id` of events.
public enum ProductsCatalog {
    /// A description above this is left out: 200 rows of one request must stay below 10,000,000 bytes
    /// (docs/vendors/bloomreach.md, Limits), and half a description is broken HTML.
    public static let descriptionBytesMax = 30_000

    /// In the order in which people read them.
    public static let fields: [CatalogField] =
        [
            ProductColumn.productID, ProductColumn.title,
            CatalogField("handle", .string, "product", "The readable name in the shop's URLs."),
            CatalogField("description", .longText, "product", "HTML as in the shop; blank above 30,000 bytes."),
            ProductColumn.brand, ProductColumn.category, ProductColumn.tags, ProductColumn.url,
            CatalogField("image", .string, "product", "URL of the first picture."),
            CatalogField(
                "active", .boolean, "product",
                "False once it is archived, a draft, unlisted or deleted; the row stays.",
                searchable: true),
            CatalogField("variants_count", .number, unit: "variants", "product", "Sellable units of this product."),
            ProductColumn.dateAdded,
            CatalogField(
                "price", .number, unit: "reference currency", "variants",
                "One unit of the cheapest variant. If the shop sells in another currency, this and the next two are "
                    + "converted at the rate of the day and rewritten when it changes; blank without a rate.",
                searchable: true),
        ] + ProductColumn.reductions + [
            CatalogField(
                "stock_level", .number, unit: "units", "variants", "Units of all variants whose stock the shop tracks.",
                searchable: true)
        ] + ProductColumn.bookkeeping
}

/// Columns that `products` and `variants` share (docs/vendors/bloomreach.md, Event and column names; Catalogues).
enum ProductColumn {
    static let productID = CatalogField(
        "product_id", .string, "product", "The parent product, as in events.", searchable: true)
    static let title = CatalogField("title", .string, "product", "The product's title.", searchable: true)
    static let brand = CatalogField("brand", .string, "product", "The vendor.", searchable: true)
    static let category = CatalogField(
        "category_level_1", .string, "product", "The product type.", searchable: true)
    static let tags = CatalogField("tags", .list, "product", "The merchant's tags.", searchable: true)
    static let url = CatalogField("url", .string, "product", "The product's page; blank if the shop has none.")
    static let dateAdded = CatalogField(
        "date_added", .number, unit: "UNIX seconds", "product", "When the shop created the product.")

    static let reductions: [CatalogField] = [
        CatalogField(
            "original_price", .number, unit: "reference currency", "variant",
            "The price before a reduction; equals the price if there is none."),
        CatalogField(
            "discount_value", .number, unit: "reference currency", "variant",
            "Original price minus price; 0 without a reduction."),
        CatalogField(
            "discount_percentage", .number, unit: "percent", "variant",
            "The same as a percentage of the original price.",
            searchable: true),
        CatalogField("on_sale", .boolean, "variant", "The price is reduced.", searchable: true),
    ]

    static let bookkeeping: [CatalogField] = [
        CatalogField(
            "updated_at", .number, unit: "UNIX seconds", "product", "The shop's time of the change this row shows."),
        CatalogField("told_hash", .string, "told", "Digest of the told data."),
        CatalogField("truth_version", .string, "entity", "The version of the product this row shows."),
    ]
}
