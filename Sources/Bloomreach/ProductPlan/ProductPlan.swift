import Commerce
public import Sync

/// What Bloomreach is told about a product: one row of `products`, one row of `variants` for each sellable unit (E10).
/// Pure.
///
/// A row is written when its content changed, so a webhook that repeats the product for one sale writes one row. No
/// row is ever deleted, because events refer to it: a deleted product stays, with `active` = false.
public struct ProductPlan: Sendable {
    public var configuration: BloomreachConfiguration

    public init(configuration: BloomreachConfiguration) { self.configuration = configuration }

    public func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        var plan = Plan()
        guard configuration.tellsProducts else {
            plan.decisions = [
                Decision(ProductDraft.productType, .neverTold, detail: "another connector fills the catalogues")
            ]
            return plan
        }
        // Two shops that write rows of one name would overwrite each other forever.
        if let master = configuration.productMaster, master != record.key.connection {
            plan.decisions = [
                Decision(ProductDraft.productType, .neverTold, detail: "\(master) is the master of products")
            ]
            return plan
        }
        let isDeleted = record.truth.act(.deleted) != nil
        guard let product = record.truth.product else {
            plan.decisions = [
                isDeleted
                    ? Decision(ProductDraft.productType, .noChange, detail: "deleted before it was read")
                    : Decision(ProductDraft.productType, .heldForSnapshot, detail: "the product was not read yet")
            ]
            return plan
        }
        if product.priceCurrency == nil, !isDeleted, let dirty = record.truth.dirty, dirty.attempts == 0 {
            return Self.waitForCurrency(context)
        }
        let ledger = record[flow: context.flow.name]
        if isDeleted, Self.isUntold(ledger) {
            plan.decisions = [Decision(ProductDraft.productType, .noChange, detail: "deleted before it was told")]
            // An operator need not look at a deleted product.
            plan.resolved = [.productUnknown, .mappingFailed]
            return plan
        }
        var draft = ProductDraft(
            record: record, product: product, ledger: ledger, context: context, configuration: configuration)
        draft.planRows()
        return draft.plan
    }

    /// Rows of variants have a channel of their own: one may be told, or on its way, before the product's row is.
    private static func isUntold(_ ledger: Ledger) -> Bool {
        let attempted = ledger.deliveries.filter(\.mayBeTold).flatMap(\.slots)
        return !(ledger.slots + attempted).contains {
            $0.name == ProductDraft.productSlot || $0.name.hasPrefix(ProductDraft.variantSlotPrefix)
        }
    }

    /// How long a product is waited for, before it is looked at again.
    static let readRetry = TimeSpan.seconds(30)

    /// A webhook does not name the currency of its prices. The read that does is on its way; should it fail, what is
    /// known is told without prices.
    private static func waitForCurrency(_ context: PlanContext) -> Plan {
        var plan = Plan()
        plan.waiting = [Waiting(eventType: ProductDraft.productType, reason: .heldForSnapshot)]
        plan.decisions = [
            Decision(
                ProductDraft.productType, .heldForSnapshot, detail: "what its prices are in is being read")
        ]
        plan.planAgainAt = context.now + readRetry
        return plan
    }
}
