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

    let record: EntityRecord
    let product: Product
    let ledger: Ledger
    let context: PlanContext
    let configuration: BloomreachConfiguration
    let units: SellableUnits
    let ownership: RowOwnership
    let faults: ProductFaults
    /// What prices are converted by; `nil` where their currency is not known, or has no rate today.
    let rate: Rate?

    /// How long a row waits for what another product has under way for it, before it is looked at again.
    static let rowRetry = TimeSpan.seconds(2)

    var plan = Plan()
    private var told: [String: Int] = [:]
    private var rowsWaiting = 0

    init(
        record: EntityRecord, product: Product, ledger: Ledger, context: PlanContext,
        configuration: BloomreachConfiguration
    ) {
        self.record = record
        self.product = product
        self.ledger = ledger
        self.context = context
        self.configuration = configuration
        units = SellableUnits(of: product, by: configuration.productKey)
        ownership = RowOwnership(of: record, in: context, configuration)
        faults = ProductFaults(
            product, record.key, units, ownership, isInShop: RowOwnership.isInShop(record))
        // Catalogues are the present, so today's rate counts.
        rate = product.priceCurrency.flatMap { currency in
            context.flow.rates.rate(from: currency, to: context.flow.referenceCurrency, on: context.now)
        }
    }

    var isActive: Bool { product.status == .active && record.truth.act(.deleted) == nil }
    /// The source's time of what the rows show.
    var changedAt: Instant { max(product.updatedAt, record.truth.act(.deleted)?.at ?? product.updatedAt) }

    mutating func planRows() {
        planFaults()
        planPrices()
        plan(productRow())
        for unit in units.named { plan(unit) }
        for itemID in goneItemIDs {
            // A row that another product has now is not ours to end.
            if ownership.owner(of: itemID) == nil { retire(itemID) } else { giveUp(itemID) }
        }
        if rowsWaiting > 0 {
            wait(Self.variantType, .waitsForDependency, "\(rowsWaiting) rows are being written for another product")
            plan.planAgainAt = context.now + Self.rowRetry
        }
        summarise(Self.productType, of: 1)
        summarise(Self.variantType, of: units.named.count)
    }

    // MARK: Rows

    private mutating func plan(_ unit: SellableUnits.Named) {
        if ownership.owner(of: unit.itemID) != nil || ownership.isCrowded(unit.itemID) { return giveUp(unit.itemID) }
        guard !ownership.isWrittenElsewhere(Self.variantSlotPrefix + unit.itemID) else {
            rowsWaiting += 1
            return
        }
        plan(variantRow(unit))
    }

    /// The row is another product's: nothing more is written, and what was told of it does not count, should it ever be
    /// ours again.
    private mutating func giveUp(_ itemID: String) {
        let name = Self.variantSlotPrefix + itemID
        if ledger.toldSlot(name) != nil { plan.forgotten.append(name) }
        plan.superseded += ledger.deliveries.filter { delivery in
            ledger.isParked(delivery.key) && delivery.slots.contains { $0.name == name }
        }.map(\.key)
    }

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
        let slot = AcknowledgedValue(Self.variantSlotPrefix + itemID, Self.retired)
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
        _ eventType: String, key: EventKey, channel: String, itemID: String, properties: JSONObject, digest: String,
        slot: AcknowledgedValue, lane: Lane
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

    private mutating func isRefused(_ slot: AcknowledgedValue, _ eventType: String) -> Bool {
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
    /// webhook comes with every sale.
    private mutating func planFaults() {
        for cause in [faults.unnamed, faults.unusable].compactMap({ $0 }) {
            wait(Self.variantType, .productUnknown, cause)
        }
        if let cause = faults.shared { wait(Self.variantType, .exceptionOpen, cause) }
        let isKnown = ledger.slot(Self.productSlot).map { CatalogRow.faults(ofSlot: $0) == faults.digest } ?? false
        let unknown = [faults.unnamed, faults.shared].compactMap { $0 }
        raiseOrCure(.productUnknown, unknown.isEmpty ? nil : unknown.joined(separator: "; "), isKnown)
        raiseOrCure(.mappingFailed, faults.unusable, isKnown)
    }

    /// Rows are written without prices rather than with wrong ones, or not at all: titles and stock are right.
    private mutating func planPrices() {
        guard let currency = product.priceCurrency else {
            return wait(
                Self.productType, .heldForSnapshot, "no read has told what its prices are in; they are left out")
        }
        if currency != context.flow.referenceCurrency {
            plan.refreshAt = PriceRates.refresh(after: context.now, isMissing: rate == nil)
        }
        guard rate == nil else {
            plan.resolvedIDs.append(PriceRates.exceptionID(in: context.flow))
            return
        }
        let exception = PriceRates.missing(currency, in: context.flow, on: context.now)
        let isKnown = ledger.waiting.contains(Waiting(eventType: Self.productType, reason: .rateMissing))
        wait(Self.productType, .rateMissing, exception.cause)
        if !isKnown { plan.raised.append(exception) }
    }

    private mutating func raiseOrCure(_ kind: ExceptionKind, _ cause: String?, _ isKnown: Bool) {
        guard let cause else {
            plan.resolved.append(kind)
            return
        }
        guard !isKnown else { return }
        plan.raised.append(RaisedException(kind, subject: record.key.description, cause: cause))
    }
}
