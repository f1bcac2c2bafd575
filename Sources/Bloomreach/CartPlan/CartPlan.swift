import Commerce
public import Sync

/// What Bloomreach is told about a basket: each change of its content, and that a checkout was begun (B3). Pure.
///
/// Every event goes under the basket's own soft id, so that an anonymous basket has a profile; once its owner is known
/// the basket is told once more under both, which joins the two.
public struct CartPlan: Sendable {
    public var configuration: BloomreachConfiguration

    public init(configuration: BloomreachConfiguration) { self.configuration = configuration }

    public func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        guard let cart = record.truth.cart else {
            var plan = Plan()
            plan.decisions = [
                Decision(CartDraft.updateType, .heldForSnapshot, detail: "the basket was not read yet")
            ]
            return plan
        }
        var draft = CartDraft(
            cart: cart, ledger: record[flow: context.flow.name], context: context, configuration: configuration)
        if cart.completedAt != nil {
            draft.decide(CartDraft.updateType, .superseded, nil, "the basket became an order")
        } else if record.truth.act(.deleted) != nil {
            draft.decide(CartDraft.updateType, .superseded, nil, "the shop deleted the basket")
        } else {
            draft.planCheckout()
            draft.planUpdate()
        }
        return draft.plan
    }
}
