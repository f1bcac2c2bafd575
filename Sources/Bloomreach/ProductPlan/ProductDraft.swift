import Commerce
import JSON
import Sync

/// A plan in the making for one product: its row, the rows of its variants, and the rows of variants that are gone.
struct ProductDraft: PlanDraft {
    static let productType = "product_row"
    static let variantType = "variant_row"
    static let productSlot = "product"
    static let variantSlotPrefix = "variant:"
    /// What the slot of a variant says once its row was told to be inactive.
    static let retired = "retired"

    let record: Record
    let product: Product
    let ledger: Ledger
    let context: PlanContext
    let configuration: BloomreachConfiguration
    let units: SellableUnits

    var plan = Plan()
    private var told: [String: Int] = [:]

    init(
        record: Record, product: Product, ledger: Ledger, context: PlanContext, configuration: BloomreachConfiguration
    ) {
        self.record = record
        self.product = product
        self.ledger = ledger
        self.context = context
        self.configuration = configuration
        units = SellableUnits(of: product, by: configuration.productKey)
    }

    var isActive: Bool { product.status == .active && record.truth.act(.deleted) == nil }
    /// The source's time of what the rows show.
    var changedAt: Instant { max(product.updatedAt, record.truth.act(.deleted)?.at ?? product.updatedAt) }

    mutating func planRows() {
        planFaults()
        plan(productRow())
        for unit in units.named { plan(variantRow(unit)) }
        for itemID in goneItemIDs { retire(itemID) }
        summarise(Self.productType, of: 1)
        summarise(Self.variantType, of: units.named.count)
    }

    // MARK: Rows

    private mutating func plan(_ row: CatalogRow) {
        let before = ledger.slot(row.slot.name)
        guard before != row.slot.text else { return }
        guard !isRefused(row.slot, row.eventType) else { return }
        // A first row is a whole one; later ones that only move price or stock go before full catalogues (A6).
        let isStockOnly = before.map { CatalogRow.attributes(ofSlot: $0) == row.attributesDigest } ?? false
        var properties = row.attributes
        for member in row.stock.members { properties[member.key] = member.value }
        add(
            row.eventType, key: "\(row.key):row:\(row.digest.prefix(12))", channel: row.catalog.channel,
            itemID: row.itemID, properties: properties, digest: row.digest, slot: row.slot,
            lane: isStockOnly ? .stock : .attributes)
    }

    /// Only `active` is written, by a merge, so that the row goes on saying what the variant was.
    private mutating func retire(_ itemID: String) {
        let slot = Slot(Self.variantSlotPrefix + itemID, Self.retired)
        guard !isRefused(slot, Self.variantType) else { return }
        add(
            Self.variantType, key: "\(variantKey(itemID)):retired", channel: BloomreachDestination.retiredChannel,
            itemID: itemID, properties: ["active": false], digest: StableDigest.of(Self.retired), slot: slot,
            lane: .attributes)
    }

    /// Variants that have a row and are no longer part of the product; sorted.
    private var goneItemIDs: [String] {
        let open = ledger.deliveries.filter(\.mayBeTold).flatMap(\.slots)
        let names = Set((ledger.slots + open).map(\.name).filter { $0.hasPrefix(Self.variantSlotPrefix) })
        let present = Set(units.named.map { Self.variantSlotPrefix + $0.itemID })
        return names.subtracting(present).sorted().filter { ledger.slot($0) != Self.retired }
            .map { String($0.dropFirst(Self.variantSlotPrefix.count)) }
    }

    private mutating func add(
        _ eventType: String, key: EffectKey, channel: String, itemID: String, properties: JSONObject, digest: String,
        slot: Slot, lane: Lane
    ) {
        var all = properties
        all["told_hash"] = .string(digest)
        // Times of the version are no change by themselves (A4), so they ride along outside the digest.
        all["truth_version"] = .string(product.updatedAt.description)
        all["updated_at"] = JSON(changedAt.wholeSeconds)
        let body = JSON.object(["item_id": .string(itemID), "properties": .object(all)]).encoded(sortingKeys: true)
        // Two versions of one row are written in order.
        let open = ledger.deliveries.filter { $0.mayBeTold && $0.slots.contains { $0.name == slot.name } }.map(\.key)
        plan.deliveries.append(
            Delivery(
                key: freeKey(key, among: open), kind: .present, channel: channel, eventType: eventType, lane: lane,
                occurredAt: changedAt,
                after: open, body: body, slots: [slot]))
        told[eventType, default: 0] += 1
    }

    private mutating func isRefused(_ slot: Slot, _ eventType: String) -> Bool {
        let refused = ledger.deliveries.first { delivery in
            guard case .parked = delivery.phase else { return false }
            return delivery.slots.contains(slot)
        }
        guard let refused else { return false }
        wait(eventType, .refused, "refused before (\(refused.key)); `plumbline exceptions` says why")
        return true
    }

    // MARK: What people are told

    /// One decision for all rows of a kind: a product can have two thousand variants.
    private mutating func summarise(_ eventType: String, of count: Int) {
        let rows = told[eventType] ?? 0
        decide(eventType, rows > 0 ? .told : .noChange, nil, rows > 0 ? "\(rows) rows, \(count) in the shop" : nil)
    }

    /// A unit that no row can name is said once for each product, and again only when something about it changed: a
    /// web hook comes with every sale.
    private mutating func planFaults() {
        if let cause = units.unnamedCause(product.id) { wait(Self.variantType, .productUnknown, cause) }
        if let cause = units.unusableCause(product.id) { wait(Self.variantType, .productUnknown, cause) }
        let isKnown = ledger.slot(Self.productSlot).map { CatalogRow.faults(ofSlot: $0) == units.faultsDigest } ?? false
        raiseOrCure(.productUnknown, units.unnamedCause(product.id), isKnown)
        raiseOrCure(.mappingFailed, units.unusableCause(product.id), isKnown)
    }

    private mutating func raiseOrCure(_ kind: ExceptionKind, _ cause: String?, _ isKnown: Bool) {
        guard let cause else {
            plan.cured.append(kind)
            return
        }
        guard !isKnown else { return }
        plan.raised.append(RaisedException(kind, subject: record.key.description, cause: cause))
    }
}
