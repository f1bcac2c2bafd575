import Commerce

/// What a plan makes of a ledger: a record and its context in, a ledger change out. Pure.
struct Planner: Sendable {
    /// What one plan changed.
    struct Change: Sendable {
        var plan: Plan
        var ledger: Ledger
        /// Parked deliveries that are not in the ledger any more.
        var released: [EventKey]
        /// What the plan says that the ledger contradicts; the ledger stays as it was.
        var contradiction: String?
    }

    let now: Instant

    func change(_ record: EntityRecord, in context: PlanContext, by destination: any Destination) -> Change {
        var plan = destination.plan(record, in: context)
        if context.stage == .observe {
            plan.decisions = Self.observed(plan)
            plan.waiting = plan.deliveries.map { Waiting(eventType: $0.eventType, reason: .stageObserve) }
            plan.deliveries = []
        }
        let before = record[flow: context.flow.name]
        var ledger = before
        if let contradiction = merge(plan, into: &ledger) {
            return Change(plan: Plan(), ledger: before, released: [], contradiction: contradiction)
        }
        ledger.awaitsAddressSince = plan.awaitsAddress ? ledger.awaitsAddressSince ?? now : nil
        let kept = Set(ledger.deliveries.map(\.key))
        let released = before.deliveries.filter { $0.isParked && !kept.contains($0.key) }.map(\.key)
        return Change(plan: plan, ledger: ledger, released: released)
    }

    /// What would be sent, in the words in which it would be told of.
    private static func observed(_ plan: Plan) -> [Decision] {
        let told = Dictionary(
            plan.decisions.compactMap { decision in decision.eventKey.map { ($0, decision) } },
            uniquingKeysWith: { first, _ in first })
        return plan.deliveries.map { delivery in
            let detail = told[delivery.key]?.detail.map { ": \($0)" } ?? ""
            return Decision(
                delivery.eventType, .stageObserve, eventKey: delivery.key, detail: "would be sent\(detail)")
        } + plan.decisions.filter { $0.reason != .told }
    }

    /// Everything attempted stays as it is; everything planned is replaced (docs/architecture.md, law 3).
    /// - Returns: what is wrong with the plan, where it cannot be merged.
    func merge(_ plan: Plan, into ledger: inout Ledger) -> String? {
        let frozen = ledger.keysFrozenWithLeader
        func isReplaceable(_ delivery: Delivery) -> Bool {
            delivery.phase == .planned && !frozen.contains(delivery.key)
        }
        let before = Dictionary(
            ledger.deliveries.filter(isReplaceable).map { (Self.place(of: $0), $0) },
            uniquingKeysWith: { first, _ in first })
        let replaced = Set(plan.deliveries.map(\.key))
        let superseded = Set(plan.superseded)
        ledger.deliveries.removeAll { delivery in
            // Nothing is told of a fact that is not told itself.
            if let leader = delivery.leader, superseded.contains(leader), !delivery.mayBeTold { return true }
            if delivery.isParked { return replaced.contains(delivery.key) || superseded.contains(delivery.key) }
            return isReplaceable(delivery)
        }
        var open = Set(ledger.deliveries.map(\.key))
        for var delivery in plan.deliveries {
            guard open.insert(delivery.key).inserted else {
                return "\(delivery.key) is planned a second time while its first attempt is open"
            }
            delivery.continue(before[Self.place(of: delivery)], now: now)
            ledger.deliveries.append(delivery)
        }
        ledger.waiting = plan.waiting
        ledger.planAgainAt = plan.planAgainAt
        ledger.refreshAt = plan.refreshAt
        ledger.forget(plan.forgotten)
        return nil
    }

    /// The key of a present fact holds a digest of what it says, which changes while it waits; the name of what it
    /// tells does not.
    private static func place(of delivery: Delivery) -> String {
        guard delivery.kind == .present, let value = delivery.slots.first?.name else { return delivery.key }
        return "\(delivery.channel)\u{1F}\(value)"
    }
}

extension Delivery {
    /// Takes the place of one that was planned and not sent: it waits since then. After an attempt without effect it
    /// goes not before that one would have; a hold of the earlier plan is over with the plan.
    fileprivate mutating func `continue`(_ earlier: Delivery?, now: Instant) {
        plannedAt = earlier?.plannedAt ?? now
        guard let earlier, earlier.attempts > 0 else { return }
        attempts = earlier.attempts
        firstAttemptAt = earlier.firstAttemptAt
        notBefore = [notBefore, earlier.notBefore].compactMap { $0 }.max()
    }
}
