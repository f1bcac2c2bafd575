import Commerce

/// Records are planned for each flow that tells about them.
extension Engine {
    /// - Parameter isRefresh: nothing happened but that time went by, so nothing is said where nothing changes.
    mutating func plan(_ key: EntityKey, onlyFlow: String? = nil, isRefresh: Bool = false) {
        guard hasNamesakesAtHand(key) else { return planWithNamesakes(key) }
        for flow in table.flows(for: key) where onlyFlow == nil || onlyFlow == flow.name {
            plan(key, for: flow, isRefresh: isRefresh)
        }
        if onlyFlow == nil { forgetFormerNamesakes(of: key) }
    }

    private mutating func plan(_ key: EntityKey, for flow: Flow, isRefresh: Bool) {
        guard let held = records[key], let destination = connections[flow.destination]?.destination,
            let context = context(for: held.record, in: flow)
        else { return }
        let change = Planner(now: now).change(held.record, in: context, by: destination)
        if let contradiction = change.contradiction { return raiseContradiction(contradiction, key, flow.name) }
        if change.plan.awaitsAddress { awaitAddress(of: key) }
        if change.plan.wantsJourneyCurrent { planAsDependent(key) }
        if change.ledger != held.record[flow: flow.name] {
            records[key]?.record[flow: flow.name] = change.ledger
            records.markChanged(key)
        }
        report(change, of: key, flow, isRefresh: isRefresh)
        recordLag(key, flow: flow.name)
        queueDeliveries(key, flow: flow.name)
    }

    private func context(for record: EntityRecord, in flow: Flow) -> PlanContext? {
        guard let stages = table.stages[flow.name] else { return nil }
        var context = PlanContext(
            flow: flow, stages: stages, now: now, person: personRecord(of: record),
            purchaseRules: table.purchaseRules[flow.name])
        addJourney(of: record.key, to: &context)
        addNamesakes(of: record, to: &context)
        return context
    }

    private mutating func awaitAddress(of key: EntityKey) {
        guard let owner = personKey(records[key]?.record.truth.belongsTo), var person = records.person(owner) else {
            return
        }
        person.await(key)
        setPerson(owner, person)
    }

    private mutating func planAsDependent(_ key: EntityKey) {
        guard let owner = personKey(records[key]?.record.truth.belongsTo), var person = records.person(owner) else {
            return
        }
        person.plan([key])
        setPerson(owner, person)
    }

    private mutating func report(_ change: Planner.Change, of key: EntityKey, _ flow: Flow, isRefresh: Bool) {
        if !isRefresh || !change.plan.deliveries.isEmpty {
            for decision in change.plan.decisions { record(decision, key, flow) }
        }
        for exception in change.plan.raised { raise(exception, entity: key, flow: flow.name) }
        for kind in change.plan.resolved { resolve(kind, subject: key.description) }
        store.next.resolved += change.plan.resolvedIDs.map { Commit.Resolution(id: $0, at: now) }
        if !change.released.isEmpty { resolveParked(key, change.ledger, released: change.released) }
    }

    /// Our own mistake: everybody else goes on, and what was known of this record stays.
    mutating func raiseContradiction(_ detail: String, _ key: EntityKey, _ flow: String) {
        raise(
            RaisedException(
                .mappingFailed, subject: "\(key) \(flow)",
                cause: "the plan of \(key) contradicts what is known of it, so nothing more is told of it: \(detail). "
                    + "This is a fault of Plumbline; report it with the output of plumbline trace \(key)"),
            entity: key, flow: flow)
    }

    /// What a flow has parked of one record is one problem with one remedy, however many deliveries that is.
    static func parkedSubject(_ key: EntityKey, _ flow: String) -> String { "\(key) \(flow)" }

    /// Whatever parked them: they are released, given up, or not planned any more. The problem is over with the last.
    mutating func resolveParked(_ key: EntityKey, _ ledger: Ledger, released: [EventKey]) {
        // Before a problem was the record's, each delivery had its own.
        var subjects = released.map { "\(key) \($0)" }
        if !ledger.deliveries.contains(where: \.isParked) { subjects.append(Self.parkedSubject(key, ledger.flow)) }
        for subject in subjects {
            for kind in ExceptionKind.ofParkedDeliveries { resolve(kind, subject: subject) }
        }
    }

    private mutating func record(_ decision: Decision, _ key: EntityKey, _ flow: Flow) {
        effects.append(
            .measure(.decided(flow: flow.name, eventType: decision.eventType, reason: decision.reason)))
        store.next.trace.append(
            TraceItem(
                at: now, kind: .decision, entity: key, flow: flow.name, destination: flow.destination,
                eventType: decision.eventType, eventKey: decision.eventKey, reason: decision.reason,
                detail: decision.detail ?? ""))
    }
}
