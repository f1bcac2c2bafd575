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
            CatalogField("image", .string, "variant", "Address of its picture, else of the product's."),
            CatalogField(
                "active", .boolean, "variant",
                "False once the variant is gone, or its product archived, a draft, unlisted or deleted; the row stays, "
                    + "because events refer to it.", searchable: true),
            ProductColumn.dateAdded,
            CatalogField(
                "price", .number, unit: "reference currency", "variant",
                "One unit now. Where the shop sells in another currency, this and the next two are at the rate of the "
                    + "day, written again when it changes; blank without a rate.", searchable: true),
        ] + ProductColumn.reductions + [
            CatalogField(
                "stock_level", .number, unit: "units", "variant", "Units that can be sold; blank where not counted.",
                searchable: true)
        ] + ProductColumn.bookkeeping
}
