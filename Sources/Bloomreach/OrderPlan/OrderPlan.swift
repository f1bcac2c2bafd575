import Commerce
import JSON
public import Sync

/// What Bloomreach is told about an order (DESIGN section 4): truth minus told and attempted. Pure.
///
/// The value of an order moves in one chain: `purchase`, then numbered revisions, then a cancellation; returns beside
/// it. Every chain fact waits for the one before, so that a refused one can be dropped and the rest planned anew.
public struct OrderPlan: Sendable {
    public var configuration: BloomreachConfiguration

    public init(configuration: BloomreachConfiguration) { self.configuration = configuration }

    public func plan(_ record: Record, in context: PlanContext) -> Plan {
        guard let order = record.truth.order else {
            var plan = Plan()
            plan.decisions = [Decision("order", .heldForSnapshot, detail: "the order itself has not been read yet")]
            return plan
        }
        let ledger = record[flow: context.flow.name]
        let gate = PurchaseGate(order: order, truth: record.truth, policies: context.flow.policies)
        guard let side = Self.referenceSide(order, ledger, context.flow.referenceCurrency) else {
            return Self.withoutRate(record, order, context)
        }
        var draft = OrderDraft(
            record: record, order: order, ledger: ledger, context: context, gate: gate, side: side,
            configuration: configuration)
        draft.plan.cured = [.rateMissing]
        if let exclusion = Self.exclusion(order, context.flow.policies), ledger.slot(ChainState.slotName) == nil {
            draft.decide("order", .neverTold, nil, exclusion)
            // A row that exists must not go stale, whatever the order has become.
            if ledger.slot(OrderDraft.rowSlot) != nil { draft.planRow() }
            return draft.plan
        }
        draft.planChain()
        draft.planReturns()
        draft.planFulfillments()
        draft.planRow()
        return draft.plan
    }

    /// Orders that are never told (A22); the reason in plain words.
    private static func exclusion(_ order: Order, _ policies: Policies) -> String? {
        if order.isTest, !policies.tellTestOrders { return "a test order" }
        if let tag = order.tags.first(where: { policies.migratedTags.contains($0) }) {
            return "a migrated order (tag \(tag))"
        }
        if let app = order.appID, policies.migratedAppIDs.contains(app) { return "a migrated order (app \(app))" }
        if !order.lines.isEmpty, order.lines.allSatisfy(\.isGiftCard) { return "only gift cards" }
        if EditedState(of: order).total.isZero, !policies.tellZeroValue { return "an order of no value" }
        return nil
    }

    private static func referenceSide(_ order: Order, _ ledger: Ledger, _ reference: Currency) -> ReferenceSide? {
        if let frozen = ledger.slot(ReferenceSide.slotName) { return ReferenceSide(rawValue: frozen) }
        if order.totals.shopCurrency == reference { return .shop }
        return order.totals.presentmentCurrency == reference ? .presentment : nil
    }

    private static func withoutRate(_ record: Record, _ order: Order, _ context: PlanContext) -> Plan {
        var plan = Plan()
        let cause =
            "order \(order.id) is in \(order.totals.shopCurrency), and no rate to "
            + "\(context.flow.referenceCurrency) is known"
        plan.decisions = [Decision("order", .rateMissing, detail: cause)]
        plan.waiting = [Waiting(eventType: "order", reason: .rateMissing)]
        plan.raised = [RaisedException(.rateMissing, subject: record.key.description, cause: cause)]
        return plan
    }
}

/// When an order counts as a purchase (policy `purchase_when`); sticky, because a refund does not undo a sale.
struct PurchaseGate {
    var isOpen: Bool
    /// When it opened: the act if we saw it happen, else when the order was placed.
    var openedAt: Instant
    /// The order is void: it counts for nothing now.
    var voidedAt: Instant?
    var voidReason: String

    init(order: Order, truth: Truth, policies: Policies) {
        switch policies.purchaseWhen {
        case .placed:
            isOpen = true
            openedAt = order.processedAt
        case .authorised:
            isOpen = truth.act(.authorized) != nil || order.financialStatus.hasBeenAuthorized
            openedAt = truth.act(.authorized)?.at ?? order.processedAt
        case .paid:
            isOpen = truth.act(.paid) != nil || order.financialStatus.hasBeenPaid
            openedAt = truth.act(.paid)?.at ?? order.processedAt
        }
        voidedAt = order.cancelledAt ?? truth.act(.deleted)?.at
        voidReason = order.cancelReason ?? (truth.act(.deleted) != nil ? "deleted" : "other")
        if voidedAt == nil, order.financialStatus == .voided {
            voidedAt = order.updatedAt
            voidReason = "declined"
        }
    }
}
