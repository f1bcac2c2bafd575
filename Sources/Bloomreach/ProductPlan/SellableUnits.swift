import Commerce

/// The variants of a product by the name that events and rows share, and those that have none.
struct SellableUnits {
    struct Named {
        var itemID: String
        var variant: Product.Variant
    }
    /// In the shop's order; each name once.
    private(set) var named: [Named] = []
    /// Ids of variants without a SKU where the brand's key is the SKU.
    private(set) var unnamed: [String] = []
    /// Ids of variants whose name no row can have, or which another variant of the product has already.
    private(set) var unusable: [String] = []

    init(of product: Product, by key: BloomreachConfiguration.ProductKey) {
        var taken: Set<String> = []
        for variant in product.variants {
            if let itemID = key.variantItemID(id: variant.id, sku: variant.sku) {
                if taken.insert(itemID).inserted {
                    named.append(Named(itemID: itemID, variant: variant))
                } else {
                    unusable.append(variant.id)
                }
            } else if key == .sku, variant.sku?.contains("/") == true {
                unusable.append(variant.id)
            } else {
                unnamed.append(variant.id)
            }
        }
    }

    func unnamedCause(_ productID: String) -> String? {
        guard !unnamed.isEmpty else { return nil }
        return
            "product \(productID) has \(unnamed.count) variants without a SKU, first \(unnamed[0]); give each a SKU, "
            + "or set products.key to id"
    }

    func unusableCause(_ productID: String) -> String? {
        guard !unusable.isEmpty else { return nil }
        return "product \(productID) has \(unusable.count) variants whose SKU holds a / or is another variant's too, "
            + "first \(unusable[0]); correct the SKUs"
    }

    /// Equal while the same variants have the same faults.
    var faultsDigest: String {
        let faults = unnamed.sorted() + ["|"] + unusable.sorted()
        return faults.count == 1 ? "" : String(StableDigest.of(faults.joined(separator: ",")).prefix(8))
    }
}
