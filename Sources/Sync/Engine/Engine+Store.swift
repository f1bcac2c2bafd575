import Commerce

/// Claims and commits: one of each under way at a time, so that what piles up meanwhile goes together.
extension Engine {
    // MARK: Claims

    mutating func claim() {
        guard !claimInFlight, storeRestsUntil.map({ $0 <= now }) ?? true else { return }
        storeRestsUntil = nil
        if let storeWake, storeWake <= now { wantsDue = true }
        let hasRoom = working.count < limits.recordsHeldMax
        let isConsumed = pendingWork.isEmpty && pending.inboxPosition == nil && commitInFlight?.inboxPosition == nil
        let keys = keysAhead(max: hasRoom ? limits.keysPerClaim : 0).filter { working[$0] == nil }
        let people = pendingWork.first.map { $0.hasPeople ? [] : $0.people } ?? []
        let searches = pendingWork.first.map { $0.hasSearched ? [] : $0.searches } ?? []
        let takesReceipts = wantsReceipts && hasRoom && isConsumed
        let takesDue = wantsDue && hasRoom
        guard takesReceipts || takesDue || !keys.isEmpty || !people.isEmpty || !searches.isEmpty else { return }
        claimInFlight = true
        claimedKeys = keys
        claimedPeople = !people.isEmpty
        claimedSearches = Set(searches)
        if takesReceipts { wantsReceipts = false }
        if takesDue {
            wantsDue = false
            // The answer says what comes next; what is committed meanwhile adds its own time.
            storeWake = nil
        }
        let request = ClaimRequest(
            id: newID(), receiptsMax: takesReceipts ? limits.receiptsPerClaim : 0,
            dueMax: takesDue ? min(limits.duePerClaim, limits.recordsHeldMax - working.count) : 0, now: now,
            excluding: takesDue ? Set(working.keys) : [], keys: keys, people: people, searches: searches,
            // Beside itself, and one more, which says that they are too many.
            matchesMax: limits.namesakesMax + 2)
        effects.append(.claim(request))
    }

    /// The records that the pendingWork in front need: of the first all, of those behind it as many as fit. A surge of
    /// persons is thousands of small pendingWork, and a claim for each would be a commit for each.
    private func keysAhead(max keysMax: Int) -> [EntityKey] {
        guard var keys = pendingWork.first?.keys else { return [] }
        var seen = Set(keys)
        for batch in pendingWork.dropFirst() {
            guard keys.count + batch.keys.count <= keysMax else { break }
            keys += batch.keys.filter { seen.insert($0).inserted }
        }
        return keys
    }

    mutating func takeClaim(_ claim: Claim) {
        claimInFlight = false
        if claim.moreReceipts { wantsReceipts = true }
        if claim.moreDue { wantsDue = true }
        storeWake = [storeWake, claim.nextWake].compactMap { $0 }.min()
        var loaded: [EntityKey] = []
        for record in claim.records where working[record.key] == nil {
            var work = HeldRecord(record: Self.afterLoading(record))
            work.wakeAt = wakeAt(of: work)
            hold(work)
            loaded.append(record.key)
        }
        // Planned only now: a record is planned with its person, who may stand behind it in the claim.
        for key in loaded {
            tend(key)
            // What is due for a flow that the configuration no longer has would be claimed for ever.
            if let record = working[key]?.record, hasLeftovers(record) { markChanged(key) }
        }
        for key in claimedKeys where working[key] == nil { hold(HeldRecord(record: EntityRecord(key: key))) }
        if claimedPeople, !pendingWork.isEmpty { pendingWork[0].hasPeople = true }
        claimedPeople = false
        if !claimedSearches.isEmpty, !pendingWork.isEmpty {
            pendingWork[0].hasSearched = claimedSearches.isSuperset(of: pendingWork[0].searches)
        }
        claimedSearches = []
        if !claim.receipts.isEmpty { pendingWork.append(batch(of: claim.receipts)) }
    }

    /// An attempt that was under way when the engine ended: nobody knows its outcome.
    private static func afterLoading(_ record: EntityRecord) -> EntityRecord {
        var record = record
        for ledger in record.ledgers.indices {
            for index in record.ledgers[ledger].deliveries.indices
            where record.ledgers[ledger].deliveries[index].phase == .attempted
                && record.ledgers[ledger].deliveries[index].notBefore == nil
            {
                record.ledgers[ledger].deliveries[index].phase = .ambiguous
                record.ledgers[ledger].deliveries[index].wasAmbiguous = true
            }
        }
        return record
    }

    mutating func takeClaimFailure(_ failure: StoreFailure) {
        claimInFlight = false
        wantsReceipts = true
        wantsDue = true
        storeRestsUntil = now + limits.storeRetry
    }

    // MARK: Commits

    mutating func markChanged(_ key: EntityKey, truth: Bool = false) {
        guard working[key] != nil else { return }
        if truth { working[key]?.truthChanged = true }
        guard working[key]?.isChanged == false else { return }
        working[key]?.isChanged = true
        changed.append(key)
    }

    mutating func flush() {
        if commitFailed, let commit = commitInFlight, storeRestsUntil.map({ $0 <= now }) ?? true {
            commitFailed = false
            effects.append(.commit(commit))
            return
        }
        guard commitInFlight == nil, !changed.isEmpty || !pending.isEmpty else { return }
        var commit = pending
        commit.id = newID()
        for key in changed {
            guard var work = working[key] else { continue }
            work.record.generation += 1
            commit.records.append(
                RecordChange(
                    record: work.record, truthChanged: work.truthChanged, wakeAt: wakeAt(of: work),
                    lane: Self.lane(of: work.record),
                    counts: counts(of: work.record)))
            work.isChanged = false
            work.truthChanged = false
            work.isCommitting = true
            working[key] = work
        }
        changed = []
        pending = Commit(id: 0)
        commitInFlight = commit
        batchesInCommit = batchesAwaitingCommit
        batchesAwaitingCommit = []
        effects.append(.commit(commit))
    }

    mutating func takeCommitted(_ id: Int64) {
        guard let commit = commitInFlight, commit.id == id else { return }
        commitInFlight = nil
        commitFailed = false
        for change in commit.records {
            working[change.record.key]?.isCommitting = false
            idle.append(change.record.key)
            working[change.record.key]?.wakeAt = change.wakeAt
        }
        let ready = batchesInCommit
        batchesInCommit = []
        for batch in ready { send(batch) }
    }

    /// A store that cannot be written now is asked again with the same commit; nothing was sent for it.
    mutating func takeCommitFailure(_ id: Int64, _ failure: StoreFailure) {
        guard commitInFlight?.id == id else { return }
        precondition(
            failure.code == .unavailable,
            "the store and the engine disagree (\(failure)); restart to load from the store")
        commitFailed = true
        storeRestsUntil = now + limits.storeRetry
    }

    /// Records that nothing is under way for leave memory; the store brings them back when they are due.
    mutating func releaseIdle() {
        let needed = Set(keysAhead(max: limits.keysPerClaim))
        var kept: [EntityKey] = []
        // A record that leaves may be the last that kept its person, who then stands at the end of the list.
        var index = 0
        while index < idle.count {
            let key = idle[index]
            index += 1
            guard let work = working[key] else { continue }
            // A claim under way may bring it as it was before the last commit, or not find it: what is held is newer.
            let mayComeBackOlder = claimInFlight && Self.kindsFoundByName.contains(key.kind)
            guard work.isIdle, pins[key] == nil, !needed.contains(key), !mayComeBackOlder else {
                if work.isIdle, pins[key] == nil { kept.append(key) }
                queueWake(key, work)
                continue
            }
            if let wakeAt = work.wakeAt { storeWake = min(storeWake ?? wakeAt, wakeAt) }
            letGo(key)
        }
        idle = kept
    }

    /// A record that is held, for example in the queue of a channel that rests, is not brought back by the store.
    /// What is due already stands in a queue and must not hide what becomes due later.
    private mutating func queueWake(_ key: EntityKey, _ work: HeldRecord) {
        guard let wakeAt = wakeTimes(of: work).filter({ $0 > now }).min(),
            work.queuedWake.map({ wakeAt < $0 || $0 <= now }) ?? true
        else { return }
        working[key]?.queuedWake = wakeAt
        wakes.add(key, at: wakeAt)
    }

    mutating func tendHeldRecords() {
        while let key = wakes.takeDue(at: now) {
            guard working[key] != nil else { continue }
            working[key]?.queuedWake = nil
            tend(key)
            idle.append(key)
        }
    }

    /// Which records come first when much is due (A6): what people are waiting for before who they are.
    private static func lane(of record: EntityRecord) -> Lane {
        switch record.key.kind {
        case .order, .customer: .orders
        case .person: record.truth.person?.awaitingAddress.isEmpty == false ? .orders : .identity
        case .cart: .identity
        case .product: .stock
        }
    }

    // MARK: When a record wants to be back, and what it counts

    private func wakeAt(of work: HeldRecord) -> Instant? { wakeTimes(of: work).min() }

    private func wakeTimes(of work: HeldRecord) -> [Instant] {
        var times: [Instant] = []
        if let dirty = readableMark(of: work.record) { times.append(dirty.notBefore) }
        if let person = work.record.truth.person {
            if !person.toPlan.isEmpty { times.append(now) }
            times += openHistories(of: person).map(\.notBefore)
        }
        for ledger in configuredLedgers(of: work.record) {
            let rest = flow(ledger.flow).flatMap { destinations[$0.destination]?.restUntil } ?? now
            for delivery in ledger.deliveries where ledger.isRunnable(delivery) {
                times.append(max(delivery.notBefore ?? now, rest))
            }
            if let lagAt = lagTime(of: ledger) { times.append(lagAt) }
            if let again = ledger.planAgainAt { times.append(again) }
            if let refreshAt = ledger.refreshAt { times.append(refreshAt) }
            times += ledger.readBacks.map(\.notBefore)
        }
        return times
    }

    private func readableMark(of record: EntityRecord) -> Dirty? {
        sources[record.key.connection] == nil ? nil : record.truth.dirty
    }

    private func openHistories(of person: Person) -> [BuyerHistory] {
        person.histories.filter {
            !$0.isComplete && sources[$0.connection] != nil && Self.isListable(person, $0.connection)
        }
    }

    private func configuredLedgers(of record: EntityRecord) -> [Ledger] {
        let names = flows(for: record.key).map(\.name)
        return record.ledgers.filter { names.contains($0.flow) }
    }

    /// Something waits here for a flow or a connection that is not configured.
    private func hasLeftovers(_ record: EntityRecord) -> Bool {
        configuredLedgers(of: record).count < record.ledgers.count
            || (record.truth.dirty != nil && sources[record.key.connection] == nil)
            || record.truth.person.map { $0.histories.contains { sources[$0.connection] == nil } } == true
    }

    private func counts(of record: EntityRecord) -> RecordCounts {
        var counts = RecordCounts()
        counts.dirty = readableMark(of: record) == nil ? 0 : 1
        if let person = record.truth.person {
            // Somebody's history that is on its way is no peace yet; one that cannot be had is an exception instead.
            let isListing = openHistories(of: person).contains { $0.attempts < limits.historyAttemptsMax }
            counts.dirty += !person.toPlan.isEmpty || isListing ? 1 : 0
        }
        let configured = configuredLedgers(of: record)
        for ledger in configured { count(ledger, into: &counts) }
        // Nothing is dropped: it waits until its flow is there again.
        for ledger in record.ledgers where !configured.contains(where: { $0.flow == ledger.flow }) {
            counts.waiting += ledger.deliveries.map { _ in .stageObserve }
        }
        counts.waiting.sort { $0.rawValue < $1.rawValue }
        return counts
    }

    private func count(_ ledger: Ledger, into counts: inout RecordCounts) {
        for delivery in ledger.deliveries {
            if case .parked(let reason) = delivery.phase {
                counts.waiting.append(reason)
            } else if ledger.isBlockedByParked(delivery) {
                counts.waiting.append(.waitsForDependency)
            } else {
                counts.unsent += 1
                if delivery.phase == .ambiguous { counts.ambiguous += 1 }
                counts.oldestUntold = min(counts.oldestUntold ?? delivery.occurredAt, delivery.occurredAt)
            }
        }
        if let since = ledger.awaitsAddressSince { counts.oldestUntold = min(counts.oldestUntold ?? since, since) }
        counts.waiting += ledger.waiting.filter { !$0.isLasting }.map(\.reason)
        counts.readBacks += ledger.readBacks.count
        if ledger.planAgainAt != nil { counts.holds += 1 }
    }
}

extension Ledger {
    /// A prerequisite that is still in the list has not been told; a leader need only be on its way.
    ///
    /// What was attempted once had all of them: should one of that name be planned anew, behind it, the two would wait
    /// for each other for ever.
    func isBlocked(_ delivery: Delivery) -> Bool {
        if delivery.mayBeTold { return false }
        if let leader = delivery.leader, deliveries.contains(where: { $0.key == leader && !$0.mayBeTold }) {
            return true
        }
        return !delivery.after.isEmpty && deliveries.contains { delivery.after.contains($0.key) }
    }

    /// Its leader was attempted, so this delivery is part of a frozen fact.
    func isFrozenWithLeader(_ delivery: Delivery) -> Bool {
        guard let leader = delivery.leader else { return false }
        return told.contains { $0.key == leader } || deliveries.contains { $0.key == leader && $0.phase != .planned }
    }

    /// Follows the chain: behind something parked, directly or not.
    func isBlockedByParked(_ delivery: Delivery) -> Bool {
        var waitsFor = Set(delivery.after + [delivery.leader].compactMap { $0 })
        // A dependency is always planned before its dependents, so one backward pass follows the chain.
        for earlier in deliveries.reversed() where waitsFor.contains(earlier.key) {
            if case .parked = earlier.phase { return true }
            waitsFor.formUnion(earlier.after + [earlier.leader].compactMap { $0 })
        }
        return false
    }

    /// Could be sent now or at its time.
    func isRunnable(_ delivery: Delivery) -> Bool {
        if case .parked = delivery.phase { return false }
        return !isBlocked(delivery)
    }
}
