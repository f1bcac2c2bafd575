import Commerce
import Sync

/// What is wrong with the SKUs of a product, in words, and whether it is news.
struct ProductFaults {
    /// Variants that no row can name.
    let unnamed: String?
    let unusable: String?
    /// SKUs that another has: an older variant, an older product, too many products.
    let shared: String?
    /// Equal while the same variants have the same faults; empty where there are none.
    let digest: String

    private static let titleLengthMax = 60

    init(_ product: Product, _ key: EntityKey, _ units: SellableUnits, _ ownership: RowOwnership, isInShop: Bool) {
        // A product that is no longer in the shop disturbs no other, and needs no action.
        guard isInShop else {
            (unnamed, unusable, shared, digest) = (nil, nil, nil, "")
            return
        }
        unnamed = units.unnamedCause(product.id)
        unusable = units.unusableCause(product.id)
        let taken = units.named.compactMap { unit in ownership.owner(of: unit.itemID).map { (unit, $0) } }
        let crowded = units.named.filter { ownership.isCrowded($0.itemID) }
        let causes = [
            units.repeatedCause(product.id), Self.takenCause(product, key, taken), Self.crowdedCause(product, crowded),
        ].compactMap { $0 }
        shared = causes.isEmpty ? nil : causes.joined(separator: "; ")
        let others =
            units.repeated.map { "\($0.itemID)=\($0.variant.id)" } + taken.map { "\($0.0.itemID)=\($0.1.key)" }
            + crowded.map { "\($0.itemID)=" }
        let all = units.unnamed.sorted() + ["|"] + units.unusable.sorted() + others.sorted()
        digest = all.count == 1 ? "" : String(StableDigest.of(all.joined(separator: ",")).prefix(8))
    }

    private static func takenCause(
        _ product: Product, _ key: EntityKey, _ taken: [(unit: SellableUnits.Named, owner: EntityRecord)]
    ) -> String? {
        guard let first = taken.first, let owner = first.owner.truth.product else { return nil }
        let shop = first.owner.key.connection == key.connection ? "" : " of \(first.owner.key.connection)"
        let more = taken.count > 1 ? " (and \(taken.count - 1) more of its SKUs are another product's)" : ""
        return
            "SKU \(first.unit.itemID) of product \(name(product)) is also in product \(name(owner))\(shop), which is "
            + "older and keeps the row\(more); give one of them another SKU, or archive or delete one"
    }

    private static func crowdedCause(_ product: Product, _ crowded: [SellableUnits.Named]) -> String? {
        guard let first = crowded.first else { return nil }
        return "SKU \(first.itemID) of product \(name(product)) is in too many products to compare them, and no row "
            + "shows this one; give each a SKU of its own"
    }

    private static func name(_ product: Product) -> String {
        "\(product.id) \"\(product.title.prefix(titleLengthMax))\""
    }
}
