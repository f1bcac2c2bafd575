import Commerce
import Sync

/// Whose the rows are that a SKU names, where several products of the brand carry it: the oldest product's, by when the
/// shop made it, then by id. One that is archived comes after all that are not, a deleted one last. A row always has
/// one owner, so that the others need not remember what the row says.
struct RowOwnership {
    /// By item id: the first of the other products that carry the SKU.
    private var others: [String: EntityRecord] = [:]
    /// SKUs that too many products carry: who came last has no row.
    private let crowded: Set<String>
    /// Rows that a write for another product is planned for, or under way: it must not come after ours.
    private var written: Set<String> = []
    private let record: EntityRecord

    init(of record: EntityRecord, in context: PlanContext, _ configuration: BloomreachConfiguration) {
        self.record = record
        guard configuration.productKey == .sku else {
            crowded = []
            return
        }
        crowded = Set(record.truth.namesakes?.crowded ?? [])
        for other in context.namesakes where configuration.productMaster ?? other.key.connection == other.key.connection
        {
            let open = other.ledgers.flatMap { ledger in ledger.deliveries.filter { !ledger.isParked($0.key) } }
            written.formUnion(open.flatMap(\.slots).map(\.name))
            guard let product = other.truth.product, Self.hasRows(other) else { continue }
            for itemID in Self.itemIDs(of: product) {
                others[itemID] = others[itemID].map { Self.isFirst(other, $0) ? other : $0 } ?? other
            }
        }
    }

    /// The product whose row it is, where it is not this one's.
    func owner(of itemID: String) -> EntityRecord? {
        guard let other = others[itemID] else { return nil }
        return carries(itemID) && Self.isFirst(record, other) ? nil : other
    }

    func isCrowded(_ itemID: String) -> Bool { crowded.contains(itemID) }

    func isWrittenElsewhere(_ slotName: String) -> Bool { written.contains(slotName) }

    private func carries(_ itemID: String) -> Bool {
        record.truth.product.map { Self.itemIDs(of: $0).contains(itemID) } ?? false
    }

    private static func itemIDs(of product: Product) -> [String] {
        product.variants.compactMap { BloomreachConfiguration.ProductKey.sku.variantItemID(id: nil, sku: $0.sku) }
    }

    static func isInShop(_ record: EntityRecord) -> Bool { rank(record) == 0 }

    /// A product that was deleted before anything was told of it never has a row.
    private static func hasRows(_ record: EntityRecord) -> Bool {
        record.truth.act(.deleted) == nil || record.ledgers.contains { $0.slot(ProductDraft.productSlot) != nil }
    }

    private static func rank(_ record: EntityRecord) -> Int {
        record.truth.act(.deleted) != nil ? 2 : record.truth.product?.status == .archived ? 1 : 0
    }

    private static func isFirst(_ left: EntityRecord, _ right: EntityRecord) -> Bool {
        func made(_ record: EntityRecord) -> Instant { record.truth.product?.createdAt ?? Instant(microseconds: .max) }
        if rank(left) != rank(right) { return rank(left) < rank(right) }
        if made(left) != made(right) { return made(left) < made(right) }
        if left.key.id != right.key.id { return SellableUnits.isOlder(left.key.id, right.key.id) }
        return left.key.connection < right.key.connection
    }
}
