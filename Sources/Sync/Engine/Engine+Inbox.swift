import Commerce

/// Receipts and reads become truth, truth becomes plans.
extension Engine {
    func batch(of receipts: [StoredReceipt]) -> Work {
        var batch = Work(items: [], position: receipts.last?.position, keys: [])
        var seen: Set<Commit.ConsumedReceipt> = []
        for stored in receipts {
            let id = Commit.ConsumedReceipt(
                connection: stored.receipt.connection, deliveryID: stored.receipt.deliveryID)
            var stored = stored
            stored.isDuplicate = stored.isDuplicate || !seen.insert(id).inserted
            if !stored.isDuplicate { batch.consumed.append(id) }
            // The mapping is pure, so a duplicate is mapped again only to find whose story it belongs to.
            let observations = sources[stored.receipt.connection]?.source.observations(in: stored.receipt) ?? []
            for (index, observation) in observations.enumerated() {
                batch.items.append(
                    Work.Item(observation: observation, origin: .webhook, receipt: stored, isFirst: index == 0))
            }
        }
        batch.keys = Self.keys(of: batch.items)
        batch.people = lookups(for: batch.items)
        return batch
    }

    static func keys(of items: [Work.Item], missing: [EntityKey] = []) -> [EntityKey] {
        var seen: Set<EntityKey> = []
        return (items.compactMap(\.observation.key) + missing).filter { seen.insert($0).inserted }
    }

    /// Applies every batch whose records are all here.
    mutating func applyBatches() {
        while !pendingWork.isEmpty {
            namePeople()
            nameNamesakes()
            guard let batch = pendingWork.first, isLoaded(batch) else { return }
            pendingWork.removeFirst()
            apply(batch)
            idle += batch.keys
        }
    }

    /// What a payload lacks and its record has, may name people too: they are asked for when the record is here.
    private mutating func namePeople() {
        let items = pendingWork[0].items
        guard !items.isEmpty, pendingWork[0].keys.allSatisfy({ working[$0] != nil }) else { return }
        let asked = Set(pendingWork[0].people)
        let missing = lookups(ofRecordsIn: items).filter { peopleIndex[$0] == nil && !asked.contains($0) }
        guard !missing.isEmpty else { return }
        pendingWork[0].people += missing
        pendingWork[0].hasPeople = false
    }

    /// Who shares a name with a record is known, or searched for, when the record is here.
    private mutating func nameNamesakes() {
        guard !pendingWork[0].items.isEmpty, pendingWork[0].keys.allSatisfy({ working[$0] != nil }) else { return }
        let wanted = namesakes(for: pendingWork[0].items)
        let known = Set(pendingWork[0].keys)
        pendingWork[0].keys += wanted.keys.filter { !known.contains($0) }
        let asked = Set(pendingWork[0].searches)
        let missing = wanted.searches.filter { !asked.contains($0) }
        guard !missing.isEmpty else { return }
        pendingWork[0].searches += missing
        pendingWork[0].hasSearched = false
    }

    private func isLoaded(_ batch: Work) -> Bool {
        guard batch.hasSearched || batch.searches.isEmpty else { return false }
        guard batch.hasPeople || batch.people.isEmpty || batch.people.allSatisfy({ peopleIndex[$0] != nil }) else {
            return false
        }
        return batch.keys.allSatisfy { working[$0] != nil }
    }

    private mutating func apply(_ batch: Work) {
        if let person = batch.dependentsOf { planDependents(batch.keys, of: person) }
        if let person = batch.historyOf { takeHistory(batch.keys, of: person) }
        if let key = batch.plansAgain { working[key]?.isPlanningAgain = false }
        let names = batch.keys.reduce(into: [:]) { names, key in names[key] = working[key]?.names }
        var toPlan: [EntityKey] = []
        var earlier: [EntityKey: Truth] = [:]
        for item in batch.items {
            let before = item.observation.key.flatMap { working[$0]?.record.truth }
            guard apply(item), let key = item.observation.key else { continue }
            toPlan.append(key)
            earlier[key] = earlier[key] ?? before
        }
        for key in batch.missing { noteMissing(key) }
        if let command = batch.command { carryOut(command) }
        for key in toPlan { assign(key, earlier: earlier.removeValue(forKey: key)) }
        // What gives a row up is planned before what takes it.
        let others = toPlan.flatMap { noteNamesakes(of: $0, earlier: names[$0] ?? []) }
        var planned: Set<EntityKey> = []
        for key in others + toPlan + [batch.plansAgain].compactMap({ $0 }) where planned.insert(key).inserted {
            plan(key)
        }
        for key in batch.keys { queueRead(key) }
        if let position = batch.position { pending.inboxPosition = position }
        pending.consumed += batch.consumed
    }

    /// - Returns: whether the record must be planned.
    private mutating func apply(_ item: Work.Item) -> Bool {
        if let stored = item.receipt {
            guard item.isFirst || !stored.isDuplicate else { return false }
            if item.isFirst {
                effects.append(
                    .measure(
                        .receiptConsumed(
                            connection: stored.receipt.connection, topic: stored.receipt.topic,
                            isDuplicate: stored.isDuplicate)))
            }
            if stored.isDuplicate {
                trace(item, Reducer.Change(reason: .duplicate, detail: "this delivery is known"))
                return false
            }
        }
        if case .unreadable(let key, let code, let detail) = item.observation {
            let connection = item.receipt?.receipt.connection ?? key?.connection ?? "unknown"
            let topic = item.receipt?.receipt.topic ?? "read"
            raise(
                RaisedException(
                    .unreadablePayload, subject: key?.description ?? "\(connection)/\(topic)",
                    cause: "\(topic) could not be read: \(code), \(detail)"), entity: key)
            if case .read = item.origin, let key { postponeRead(key) }
        }
        if case .privacyRequest(let request) = item.observation { raise(request.exception, entity: request.customer) }
        guard let key = item.observation.key, var work = working[key] else {
            trace(item, Reducer.Change(detail: "no entity"))
            return false
        }
        let reducer = Reducer(policies: policies(for: key.connection))
        let change = reducer.apply(item.observation, from: item.origin, to: &work.record.truth, now: now)
        working[key] = work
        if change.changedTruth || change.changedMarks { markChanged(key, truth: true) }
        if change.changedTruth { indexNames(key) }
        trace(item, change)
        return change.changedTruth
    }

    private mutating func trace(_ item: Work.Item, _ change: Reducer.Change) {
        let isNews = change.changedTruth || change.changedMarks
        // A poll repeats what is known by design: that is no part of a story.
        if item.origin == .poll, !isNews { return }
        let source: String
        switch item.origin {
        case .webhook: source = item.receipt.map { "webhook \($0.receipt.topic)" } ?? "webhook"
        case .poll: source = "poll"
        case .read: source = "read"
        }
        pending.trace.append(
            TraceItem(
                at: item.receipt?.receipt.receivedAt ?? now, kind: item.receipt != nil ? .receipt : .state,
                entity: item.observation.key, reason: change.reason, detail: "\(source): \(change.detail)",
                receipt: item.receipt?.position))
    }

    /// The source does not show an entity that we were told of.
    private mutating func noteMissing(_ key: EntityKey) {
        guard var work = working[key], let dirty = work.record.truth.dirty else { return }
        let isDeleted = work.record.truth.act(.deleted) != nil
        if isDeleted || dirty.attempts + 1 >= limits.readAttemptsMax {
            work.record.truth.dirty = nil
            work.record.truth.wasRead = true
        } else {
            Reducer(policies: policies(for: key.connection)).postponeRead(&work.record.truth, now)
        }
        working[key] = work
        markChanged(key, truth: true)
        if work.record.truth.dirty == nil { settleListed(key, of: nil) }
        if !isDeleted, work.record.truth.dirty == nil {
            raise(
                RaisedException(
                    .sourceUnreadable, subject: key.description,
                    cause: "\(key.connection) announced \(key.kind.rawValue) \(key.id) but does not show it"),
                entity: key)
        }
    }

    /// Looks after a record that was loaded because something is due.
    mutating func tend(_ key: EntityKey) {
        queueRead(key)
        queueHistory(key)
        guard let work = working[key] else { return }
        let names = flows(for: key).map(\.name)
        for ledger in work.record.ledgers where names.contains(ledger.flow) {
            if let again = ledger.planAgainAt, again <= now {
                plan(key, onlyFlow: ledger.flow)
            } else if let refreshAt = ledger.refreshAt, refreshAt <= now {
                plan(key, onlyFlow: ledger.flow, isRefresh: true)
            }
            noteLag(key, flow: ledger.flow)
            queueDeliveries(key, flow: ledger.flow)
        }
    }

    // MARK: Plans

    /// - Parameter isRefresh: nothing happened but that time went by, so nothing is said where nothing changes.
    mutating func plan(_ key: EntityKey, onlyFlow: String? = nil, isRefresh: Bool = false) {
        guard hasNamesakesAtHand(key) else { return planWithNamesakes(key) }
        for flow in flows(for: key) where onlyFlow == nil || onlyFlow == flow.name {
            plan(key, for: flow, isRefresh: isRefresh)
        }
        if onlyFlow == nil { forgetFormerNamesakes(of: key) }
    }

    private mutating func plan(_ key: EntityKey, for flow: Flow, isRefresh: Bool) {
        guard let work = working[key], let desk = destinations[flow.destination],
            let history = stages[flow.name]
        else { return }
        var context = PlanContext(
            flow: flow, stages: history, now: now, person: personRecord(of: work.record),
            purchaseRules: purchaseRules[flow.name])
        addJourney(of: key, to: &context)
        addNamesakes(of: work.record, to: &context)
        var plan = desk.destination.plan(work.record, in: context)
        if context.stage == .observe {
            plan.decisions = Self.observed(plan)
            plan.waiting = plan.deliveries.map { Waiting(eventType: $0.eventType, reason: .stageObserve) }
            plan.deliveries = []
        }
        var ledger = work.record[flow: flow.name]
        let before = ledger
        if plan.awaitsAddress, let key = personKey(work.record.truth.belongsTo), var person = person(key) {
            person.await(work.record.key)
            setPerson(key, person)
        }
        if plan.wantsJourneyCurrent, let owner = personKey(work.record.truth.belongsTo), var person = person(owner) {
            person.plan([key])
            setPerson(owner, person)
        }
        merge(plan, into: &ledger)
        ledger.awaitsAddressSince = plan.awaitsAddress ? ledger.awaitsAddressSince ?? now : nil
        if ledger != before {
            working[key]?.record[flow: flow.name] = ledger
            markChanged(key)
        }
        if !isRefresh || !plan.deliveries.isEmpty {
            for decision in plan.decisions { record(decision, key, flow) }
        }
        for exception in plan.raised { raise(exception, entity: key, flow: flow.name) }
        for kind in plan.cured { cure(kind, subject: key.description) }
        pending.cured += plan.curedIDs.map { Commit.Cure(id: $0, at: now) }
        for gone in before.deliveries where before.isParked(gone.key) {
            if !ledger.deliveries.contains(where: { $0.key == gone.key }) { cureParked(key, gone.key) }
        }
        noteLag(key, flow: flow.name)
        queueDeliveries(key, flow: flow.name)
    }

    /// Whatever parked it: it is released, given up, or not planned any more.
    mutating func cureParked(_ key: EntityKey, _ effect: EventKey) {
        cure(.destinationRefused, subject: "\(key) \(effect)")
        cure(.destinationUnreachable, subject: "\(key) \(effect)")
    }

    /// What would be sent, in the words in which it would be told of.
    private static func observed(_ plan: Plan) -> [Decision] {
        return plan.deliveries.map { delivery in
            let decision = plan.decisions.first { $0.eventKey == delivery.key }
            let detail = decision?.detail.map { ": \($0)" } ?? ""
            return Decision(
                delivery.eventType, .stageObserve, eventKey: delivery.key, detail: "would be sent\(detail)")
        } + plan.decisions.filter { $0.reason != .told }
    }

    /// Everything attempted stays as it is; everything planned is replaced (DESIGN law 3).
    private func merge(_ plan: Plan, into ledger: inout Ledger) {
        let isReplaceable = { [ledger] (delivery: Delivery) in
            delivery.phase == .planned && !ledger.isFrozenWithLeader(delivery)
        }
        let earlier = ledger.deliveries.filter(isReplaceable)
        let replaced = Set(plan.deliveries.map(\.key))
        ledger.deliveries.removeAll { delivery in
            // Nothing is told of a fact that is not told itself.
            if let leader = delivery.leader, plan.superseded.contains(leader), !delivery.mayBeTold { return true }
            if case .parked = delivery.phase {
                return replaced.contains(delivery.key) || plan.superseded.contains(delivery.key)
            }
            return isReplaceable(delivery)
        }
        for var delivery in plan.deliveries {
            precondition(
                !ledger.deliveries.contains { $0.key == delivery.key },
                "\(delivery.key) is planned a second time while its first attempt is open")
            delivery.plannedAt = earlier.first { $0.key == delivery.key }?.plannedAt ?? now
            ledger.deliveries.append(delivery)
        }
        ledger.waiting = plan.waiting
        ledger.planAgainAt = plan.planAgainAt
        ledger.refreshAt = plan.refreshAt
        ledger.forget(plan.forgotten)
    }

    private mutating func record(_ decision: Decision, _ key: EntityKey, _ flow: Flow) {
        effects.append(
            .measure(.decided(flow: flow.name, eventType: decision.eventType, reason: decision.reason)))
        pending.trace.append(
            TraceItem(
                at: now, kind: .decision, entity: key, flow: flow.name, destination: flow.destination,
                eventType: decision.eventType, eventKey: decision.eventKey, reason: decision.reason,
                detail: decision.detail ?? ""))
    }
}
