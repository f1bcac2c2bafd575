import Commerce
import JSON
public import Sync

/// What Bloomreach is told about an order (docs/architecture.md, What Bloomreach is told): truth minus told and
/// attempted. Pure.
///
/// The value of an order moves in one chain: `purchase`, then numbered revisions, then a cancellation; returns beside
/// it. Every chain fact waits for the one before, so that a refused one can be dropped and the rest planned again.
public struct OrderPlan: Sendable {
    public var configuration: BloomreachConfiguration

    public init(configuration: BloomreachConfiguration) { self.configuration = configuration }

    public func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        guard let order = record.truth.order else {
            var plan = Plan()
            plan.decisions = [Decision("order", .heldForSnapshot, detail: "the order itself has not been read yet")]
            return plan
        }
        let ledger = record[flow: context.flow.name]
        let role = JourneyPlace(record.key, in: context)
        let gate = PurchaseGate(order: order, truth: record.truth, rules: context.purchaseRules, role: role)
        guard let side = Self.referenceSide(order, ledger, context.flow) else {
            return Self.withoutRate(record, order, context)
        }
        var draft = OrderDraft(
            record: record, order: order, ledger: ledger, context: context, gate: gate, side: side, role: role,
            configuration: configuration)
        draft.plan.resolved = [.rateMissing]
        // Once anything of its chain left, or may have, an order is told to its end.
        let isBegun = ledger.slot(ChainState.slotName) != nil
        if !isBegun, let exclusion = Self.exclusion(order, context.purchaseRules) {
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

    /// Orders that are never told (A22); the reason in plain words. What the rules left out when an order was placed
    /// stays out when they change; what they leave out now is not begun.
    static func exclusion(_ order: Order, _ rules: PurchaseRulesHistory) -> String? {
        if let reason = exclusion(order, rules.current) { return reason }
        let rulesThen = rules.rules(at: order.processedAt)
        return rulesThen == rules.current ? nil : exclusion(order, rulesThen)
    }

    private static func exclusion(_ order: Order, _ rules: PurchaseRules) -> String? {
        if order.isTest, !rules.tellTestOrders { return "a test order" }
        if let tag = order.tags.first(where: { rules.migratedTags.contains($0) }) {
            return "a migrated order (tag \(tag))"
        }
        if let app = order.appID, rules.migratedAppIDs.contains(app) { return "a migrated order (app \(app))" }
        if !order.lines.isEmpty, order.lines.allSatisfy(\.isGiftCard) { return "only gift cards" }
        if EditedState(of: order).total.isZero, !rules.tellZeroValue { return "an order of no value" }
        return nil
    }

    static func referenceSide(_ order: Order, _ ledger: Ledger, _ flow: Flow) -> ReferenceSide? {
        let reference = flow.referenceCurrency
        if let frozen = ledger.slot(ReferenceSide.slotName) { return ReferenceSide(text: frozen) }
        if order.totals.shopCurrency == reference { return .shop }
        if order.totals.presentmentCurrency == reference { return .presentment }
        return flow.rates.rate(for: order.totals.current, to: reference, on: order.processedAt)
            .map(ReferenceSide.converted)
    }

    private static func withoutRate(_ record: EntityRecord, _ order: Order, _ context: PlanContext) -> Plan {
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
    /// The order that took its place, as the destination calls it.
    var replacedBy: String?

    init(order: Order, truth: Truth, rules: PurchaseRulesHistory, role: JourneyPlace = JourneyPlace()) {
        let opening = rules.opening(placedAt: order.processedAt) { gate in
            switch gate {
            case .placed: order.processedAt
            case .authorised: truth.authorizedAt(of: order)
            case .paid: truth.paidAt(of: order)
            }
        }
        isOpen = opening != nil
        openedAt = opening ?? order.processedAt
        voidedAt = order.cancelledAt ?? truth.act(.deleted)?.at
        voidReason = order.cancelReason ?? (truth.act(.deleted) != nil ? "deleted" : "other")
        if voidedAt == nil, order.financialStatus == .voided {
            voidedAt = order.updatedAt
            voidReason = "declined"
        }
        if let replacement = role.replacedBy, let time = voidedAt ?? role.outlivedAt {
            // An original that an app left open counts for nothing either, once its replacement does (E3).
            voidedAt = time
            voidReason = "replaced_by_edit"
            replacedBy = replacement
        }
    }
}
