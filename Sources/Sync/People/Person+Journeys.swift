public import Commerce

/// Which orders of a person are one journey, and which of them counts. Every plan that says something of it (events,
/// rows, totals) asks here, so that all say the same. Journeys and totals are the present, so the flow's policies of
/// today decide here; whether an order's own history is told, the rules of its time do (``PurchaseRulesHistory``).
extension Person {
    /// By the flow's rules, and by what it tells about.
    public func journeys(_ flow: Flow) -> Journeys {
        journeyMemo.journeys(of: flow) {
            Journeys(
                orders: orders.map { $0.evidence(flow.policies(of: $0.key.connection)) }, rules: flow.policies.journeys,
                decisions: journeyDecisions)
        }
    }

    /// The order that stands for a journey: the last that counts; where none does the last that is not void, else the
    /// last.
    public func current(ofJourneyOf order: EntityKey, _ journeys: Journeys, _ flow: Flow) -> EntityKey? {
        let chain = journeys.chain(of: order.description).compactMap { EntityKey($0) }
        return chain.last { counts($0, flow) } ?? chain.last { !isVoid($0) } ?? chain.last
    }

    /// The later order of its journey that counts in its place; `nil` while it counts itself. An order that is not
    /// paid yet, is void or is never told takes nothing back.
    public func successor(of order: EntityKey, in journeys: Journeys, _ flow: Flow) -> OrderSummary? {
        let later = journeys.chain(of: order.description).drop { $0 != order.description }.dropFirst()
        return later.lazy.compactMap { EntityKey($0) }.first { counts($0, flow) }.flatMap(summary)
    }

    func summary(_ order: EntityKey) -> OrderSummary? { orders.first { $0.key == order } }

    private func counts(_ order: EntityKey, _ flow: Flow) -> Bool {
        summary(order)?.counts(flow.policies(of: order.connection)) ?? false
    }

    private func isVoid(_ order: EntityKey) -> Bool { summary(order)?.voidedAt != nil }
}
