import Commerce

/// Receipts and reads become truth, truth becomes plans.
extension Engine {
    /// What a page of the inbox tells, and that it is consumed with that.
    func consuming(_ receipts: [StoredReceipt]) -> Work {
        var observations = Work.Observations(items: [], position: receipts.last?.position)
        var seen: Set<Commit.ConsumedReceipt> = []
        for stored in receipts {
            let id = Commit.ConsumedReceipt(
                connection: stored.receipt.connection, deliveryID: stored.receipt.deliveryID)
            var stored = stored
            stored.isDuplicate = stored.isDuplicate || !seen.insert(id).inserted
            if !stored.isDuplicate { observations.consumed.append(id) }
            // The mapping is pure, so a duplicate is mapped again only to find whose story it belongs to.
            let found = connections[stored.receipt.connection]?.source?.observations(in: stored.receipt) ?? []
            for (index, observation) in found.enumerated() {
                observations.items.append(
                    Work.Item(observation: observation, origin: .webhook, receipt: stored, isFirst: index == 0))
            }
        }
        return Work(observations, people: lookups(for: observations.items))
    }

    mutating func enqueue(_ observations: Work.Observations) {
        work.append(Work(observations, people: lookups(for: observations.items)))
    }

    /// Does all work whose records are here.
    mutating func applyWork() {
        while !work.isEmpty {
            namePeople()
            nameNamesakes()
            guard let next = work.first, isLoaded(next) else { return }
            work.removeFirst()
            apply(next)
            records.idle += next.keys
        }
    }

    /// What a payload lacks and its record has, may name people too: they are asked for when the record is here.
    private mutating func namePeople() {
        let items = work[0].items
        guard !items.isEmpty, work[0].keys.allSatisfy({ records.contains($0) }) else { return }
        let asked = Set(work[0].people)
        let missing = lookups(ofRecordsIn: items).filter { records.owner(of: $0) == nil && !asked.contains($0) }
        guard !missing.isEmpty else { return }
        work[0].people += missing
        work[0].hasPeople = false
    }

    /// Who shares a name with a record is known, or searched for, when the record is here.
    private mutating func nameNamesakes() {
        guard !work[0].items.isEmpty, work[0].keys.allSatisfy({ records.contains($0) }) else { return }
        let wanted = namesakes(for: work[0].items)
        let known = Set(work[0].keys)
        work[0].keys += wanted.keys.filter { !known.contains($0) }
        let asked = Set(work[0].searches)
        let missing = wanted.searches.filter { !asked.contains($0) }
        guard !missing.isEmpty else { return }
        work[0].searches += missing
        work[0].hasSearched = false
    }

    private func isLoaded(_ work: Work) -> Bool {
        guard work.hasSearched || work.searches.isEmpty else { return false }
        guard work.hasPeople || work.people.isEmpty || work.people.allSatisfy({ records.owner(of: $0) != nil }) else {
            return false
        }
        return work.keys.allSatisfy { records.contains($0) }
    }

    private mutating func apply(_ work: Work) {
        switch work.task {
        case .observations(let observations): apply(observations, with: work.keys)
        case .command(let command): carryOut(command)
        case .planDependents(let person): planDependents(work.keys, of: person)
        case .planWithNamesakes(let key):
            records[key]?.reasons.remove(.planningAgain)
            plan(key)
        case .settleHistory(let person): settleHistory(work.keys, of: person)
        }
        for key in work.keys { queueRead(key) }
    }

    private mutating func apply(_ observations: Work.Observations, with keys: [EntityKey]) {
        let names = keys.reduce(into: [:]) { names, key in names[key] = records[key]?.names }
        var toPlan: [EntityKey] = []
        var earlier: [EntityKey: Truth] = [:]
        for item in observations.items {
            let before = item.observation.key.flatMap { records[$0]?.record.truth }
            guard apply(item), let key = item.observation.key else { continue }
            toPlan.append(key)
            earlier[key] = earlier[key] ?? before
        }
        for key in observations.missing { recordMissing(key) }
        for key in toPlan { assign(key, earlier: earlier.removeValue(forKey: key)) }
        // What gives a row up is planned before what takes it.
        let others = toPlan.flatMap { recordNamesakes(of: $0, earlier: names[$0] ?? []) }
        var planned: Set<EntityKey> = []
        for key in others + toPlan where planned.insert(key).inserted { plan(key) }
        if let position = observations.position { store.next.inboxPosition = position }
        store.next.consumed += observations.consumed
        store.next.settings += observations.settings
    }

    /// - Returns: whether the record must be planned.
    private mutating func apply(_ item: Work.Item) -> Bool {
        if let stored = item.receipt, !isNews(stored, item) { return false }
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
        guard let key = item.observation.key, var held = records[key] else {
            trace(item, Reducer.Change(detail: "no entity"))
            return false
        }
        let reducer = Reducer(policies: policies(for: key.connection))
        let change = reducer.apply(item.observation, from: item.origin, to: &held.record.truth, now: now)
        records[key] = held
        if change.changedTruth || change.changedMarks { records.markChanged(key, truth: true) }
        if change.changedTruth { indexNames(key) }
        trace(item, change)
        return change.changedTruth
    }

    /// Counts a receipt, and says whether it is a new one.
    private mutating func isNews(_ stored: StoredReceipt, _ item: Work.Item) -> Bool {
        guard item.isFirst || !stored.isDuplicate else { return false }
        if item.isFirst {
            effects.append(
                .measure(
                    .receiptConsumed(
                        connection: stored.receipt.connection, topic: stored.receipt.topic,
                        isDuplicate: stored.isDuplicate)))
        }
        guard stored.isDuplicate else { return true }
        trace(item, Reducer.Change(reason: .duplicate, detail: "this delivery is known"))
        return false
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
        store.next.trace.append(
            TraceItem(
                at: item.receipt?.receipt.receivedAt ?? now, kind: item.receipt != nil ? .receipt : .state,
                entity: item.observation.key, reason: change.reason, detail: "\(source): \(change.detail)",
                receipt: item.receipt?.position))
    }

    /// The source does not show an entity that we were told of.
    private mutating func recordMissing(_ key: EntityKey) {
        guard var held = records[key], let dirty = held.record.truth.dirty else { return }
        let isDeleted = held.record.truth.act(.deleted) != nil
        if isDeleted || dirty.attempts + 1 >= limits.readAttemptsMax {
            held.record.truth.dirty = nil
            held.record.truth.wasRead = true
        } else {
            Reducer(policies: policies(for: key.connection)).postponeRead(&held.record.truth, now)
        }
        records[key] = held
        records.markChanged(key, truth: true)
        if held.record.truth.dirty == nil { settleListed(key, of: nil) }
        if !isDeleted, held.record.truth.dirty == nil {
            raise(
                RaisedException(
                    .sourceUnreadable, subject: key.description,
                    cause: "\(key.connection) announced \(key.kind.rawValue) \(key.id) but does not show it"),
                entity: key)
        }
    }

    /// Looks after a record that was loaded, or is held, because something is due.
    /// - Parameter isClaimed: it was claimed for a station, so it need not stand behind what waits in the store.
    mutating func reevaluate(_ key: EntityKey, isClaimed: Bool = false) {
        queueRead(key, isClaimed: isClaimed)
        queueHistory(key)
        guard let held = records[key] else { return }
        for ledger in configuredLedgers(of: held.record) {
            if let again = ledger.planAgainAt, again <= now {
                plan(key, onlyFlow: ledger.flow)
            } else if let refreshAt = ledger.refreshAt, refreshAt <= now {
                plan(key, onlyFlow: ledger.flow, isRefresh: true)
            }
            recordLag(key, flow: ledger.flow)
            queueDeliveries(key, flow: ledger.flow, isClaimed: isClaimed)
        }
    }
}
