import Commerce

/// What goes to the store, and what leaves memory behind it.
extension Engine {
    mutating func flush() {
        if store.hasFailed, let commit = store.commit, !store.isResting(now: now) {
            store.hasFailed = false
            effects.append(.commit(commit))
            return
        }
        guard store.commit == nil, !records.changed.isEmpty || !store.next.isEmpty else { return }
        var commit = store.next
        commit.id = newID()
        for key in records.takeChanged() {
            guard var held = records[key] else { continue }
            held.record.generation += 1
            let waiting = waitingWork(of: held.record)
            commit.records.append(
                RecordChange(
                    record: held.record, truthChanged: held.truthChanged, work: waiting, counts: counts(of: held.record)
                ))
            held.storedWork = waiting
            held.truthChanged = false
            held.reasons.remove(.changed)
            held.reasons.insert(.committing)
            records[key] = held
        }
        store.next = Commit(id: 0)
        store.commit = commit
        store.batchesInCommit = store.batchesForNext
        store.batchesForNext = []
        effects.append(.commit(commit))
    }

    mutating func handleCommitted(_ id: Int64) {
        guard let commit = store.commit, commit.id == id else { return }
        store.commit = nil
        store.hasFailed = false
        for change in commit.records {
            records[change.record.key]?.reasons.remove(.committing)
            records.markIdle(change.record.key)
        }
        let ready = store.batchesInCommit
        store.batchesInCommit = []
        for batch in ready { send(batch) }
    }

    /// A store that cannot be written now is asked again with the same commit; nothing was sent for it.
    mutating func handleCommitFailure(_ id: Int64, _ failure: StoreFailure) {
        guard store.commit?.id == id else { return }
        precondition(
            failure.code == .unavailable,
            "the store and the engine disagree (\(failure)); restart to load from the store")
        store.hasFailed = true
        store.restsUntil = now + limits.storeRetry
    }

    // MARK: Out of memory

    /// Records that nothing is under way for leave memory; the store brings them back when they are due at a station
    /// with room.
    mutating func releaseIdle() {
        guard !records.idle.isEmpty else { return }
        let needed = Set(keysAhead())
        var kept: [EntityKey] = []
        // A record that leaves may be the last that kept its person, who then stands at the end of the list.
        var index = 0
        while index < records.idle.count {
            let key = records.idle[index]
            index += 1
            guard let held = records[key] else { continue }
            if held.isIdle, isAboutToBePlanned(held.record) {
                // It is idle again with the next answer about its person.
                queueWake(key, held)
                continue
            }
            // A claim under way may bring it as it was before the last commit, or not find it: what is held is newer.
            guard held.isIdle, !records.isPinned(key), !needed.contains(key), store.claim == nil else {
                if held.isIdle, !records.isPinned(key) { kept.append(key) }
                queueWake(key, held)
                continue
            }
            for work in held.storedWork ?? waitingWork(of: held.record) { store.record(work) }
            records.release(key)
        }
        records.idle = kept
    }

    /// A record that is held, for example in the queue of a channel that rests, is not brought back by the store.
    /// What is due already stands in a queue and must not hide what becomes due later.
    private mutating func queueWake(_ key: EntityKey, _ held: HeldRecord) {
        let waiting = held.isChanged ? waitingWork(of: held.record) : held.storedWork ?? waitingWork(of: held.record)
        guard let wakeAt = waiting.map(\.dueAt).filter({ $0 > now }).min(),
            held.queuedWake.map({ wakeAt < $0 || $0 <= now }) ?? true
        else { return }
        records[key]?.queuedWake = wakeAt
        records.wakes.add(key, at: wakeAt)
    }

    /// Its destination is being told who its person is: with the answer it is planned again, so it need not be loaded
    /// for that. Persons on their way are as few as requests; those in a queue are not, so theirs stay while there is
    /// room.
    private func isAboutToBePlanned(_ record: EntityRecord) -> Bool {
        guard record.ledgers.contains(where: { $0.awaitsAddressSince != nil }),
            let owner = personKey(record.truth.belongsTo), let person = records[owner]
        else { return false }
        return person.inFlight > 0 || (!person.queues.isEmpty && records.count < limits.recordsHeldMax)
    }

    mutating func reevaluateHeldRecords() {
        while let key = records.wakes.takeDue(at: now) {
            guard records.contains(key) else { continue }
            records[key]?.queuedWake = nil
            reevaluate(key)
            records.markIdle(key)
        }
    }

    /// A record that comes into memory.
    mutating func hold(_ held: HeldRecord) {
        let key = held.record.key
        records.hold(held)
        indexNames(key)
        if held.record.truth.person?.toPlan.isEmpty == false { dependents.insert(key) }
    }
}
