/// The one declaration of the columns of catalogue `variants`: a sellable unit as it is now. Its `item_id` is the
/// `variant_id` of events (``BloomreachConfiguration/ProductKey/variantItemID(id:sku:)``).
public enum VariantsCatalog {
    /// In the order in which people read them.
    public static let fields: [CatalogField] =
        [
            ProductColumn.productID,
            CatalogField("shop_variant_id", .string, "variant", "The shop's own id of the variant.", searchable: true),
            CatalogField("sku", .string, "variant", "The merchant's article number.", searchable: true),
            CatalogField("barcode", .string, "variant", "GTIN, EAN or UPC.", searchable: true),
            ProductColumn.title,
            CatalogField("variant_title", .string, "variant", "For example `Red / M`."),
            CatalogField(
                "options", .list, "variant", "For example `Red`, `M`, in the product's order.", searchable: true),
            ProductColumn.brand, ProductColumn.category, ProductColumn.tags, ProductColumn.url,
            CatalogField("image", .string, "variant", "URL of its picture, or of the product's."),
            CatalogField(
                "active", .boolean, "variant",
                "False once the variant is deleted, or its product archived, a draft, unlisted or deleted; the row "
                    + "stays, "
                    + "because events refer to it.", searchable: true),
            ProductColumn.dateAdded,
            CatalogField(
                "price", .number, unit: "reference currency", "variant",
                "The current price of one unit. If the shop sells in another currency, this and the next two are "
                    + "converted at the rate of the day and rewritten when it changes; blank without a rate.",
                searchable: true),
        ] + ProductColumn.reductions + [
            CatalogField(
                "stock_level", .number, unit: "units", "variant",
                "Units available for sale; blank if the shop does not track stock.",
                searchable: true)
        ] + ProductColumn.bookkeeping
}
