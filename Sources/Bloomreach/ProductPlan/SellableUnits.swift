import Commerce

/// The variants of a product by the name that events and rows share, and those that have none.
struct SellableUnits {
    struct Named {
        var itemID: String
        var variant: Product.Variant
    }
    /// In the shop's order; each name once. Of several variants of one name the oldest has it: ids grow with time, and
    /// a new order on the product's page is no reason to show another.
    private(set) var named: [Named] = []
    /// Ids of variants without a SKU where the brand's key is the SKU.
    private(set) var unnamed: [String] = []
    /// Ids of variants whose name no row can have.
    private(set) var unusable: [String] = []
    /// Variants whose name an older variant of the product has.
    private(set) var repeated: [Named] = []

    init(of product: Product, by key: BloomreachConfiguration.ProductKey) {
        var oldest: [String: String] = [:]
        for variant in product.variants {
            guard let itemID = key.variantItemID(id: variant.id, sku: variant.sku) else { continue }
            oldest[itemID] = oldest[itemID].map { Self.isOlder(variant.id, $0) ? variant.id : $0 } ?? variant.id
        }
        for variant in product.variants {
            if let itemID = key.variantItemID(id: variant.id, sku: variant.sku) {
                let unit = Named(itemID: itemID, variant: variant)
                if oldest[itemID] == variant.id { named.append(unit) } else { repeated.append(unit) }
            } else if key == .sku, variant.sku?.contains("/") == true {
                unusable.append(variant.id)
            } else {
                unnamed.append(variant.id)
            }
        }
    }

    /// Ids are numbers as text.
    static func isOlder(_ left: String, _ right: String) -> Bool { (left.utf8.count, left) < (right.utf8.count, right) }

    func unnamedCause(_ productID: String) -> String? {
        guard !unnamed.isEmpty else { return nil }
        return
            "product \(productID) has \(unnamed.count) variants without a SKU, first \(unnamed[0]); give each a SKU, "
            + "or set products.key to id"
    }

    func unusableCause(_ productID: String) -> String? {
        guard !unusable.isEmpty else { return nil }
        return "product \(productID) has \(unusable.count) variants whose SKU holds a /, first \(unusable[0]); "
            + "correct the SKUs"
    }

    func repeatedCause(_ productID: String) -> String? {
        guard let first = repeated.first else { return nil }
        let kept = named.first { $0.itemID == first.itemID }?.variant.id ?? "another"
        return "product \(productID) has \(repeated.count) variants whose SKU an older variant of it has too, first "
            + "\(first.variant.id): the row \(first.itemID) shows variant \(kept); give each variant a SKU of its own"
    }
}
