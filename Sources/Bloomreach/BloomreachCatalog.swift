public import JSON

/// The catalogues that this module fills. Code that writes, creates, checks or documents one uses these.
public enum BloomreachCatalog: String, Sendable, Hashable, CaseIterable {
    case orders, products, variants

    /// Where its rows are sent.
    public var channel: String { "catalog:\(rawValue)" }

    /// Its columns, in the order in which people read them; `item_id` is the row's key and no column.
    public var fields: [CatalogField] {
        switch self {
        case .orders: OrdersCatalog.fields
        case .products: ProductsCatalog.fields
        case .variants: VariantsCatalog.fields
        }
    }

    /// A product catalogue drives recommendations and stock (docs/vendors/bloomreach.md, Catalogues).
    public var isProductCatalog: Bool { self != .orders }

    /// The configured name.
    public func name(in catalogs: BloomreachConfiguration.Catalogs) -> String {
        switch self {
        case .orders: catalogs.orders
        case .products: catalogs.products
        case .variants: catalogs.variants
        }
    }

    /// The body that creates the catalogue: `{name, is_product_catalog, fields: [{name, type, searchable}]}`.
    public func creation(name: String) -> JSON {
        let columns = fields.map { field -> JSON in
            [
                "name": .string(field.name), "type": .string(field.type.rawValue),
                "searchable": .bool(field.isSearchable),
            ]
        }
        return ["name": .string(name), "is_product_catalog": .bool(isProductCatalog), "fields": .array(columns)]
    }
}
