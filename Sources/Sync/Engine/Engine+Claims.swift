import Commerce

/// What comes from the store: receipts always, records that work needs by name, and due records by the free capacity of
/// each station.
extension Engine {
    mutating func claim() {
        guard store.claim == nil, !store.isResting(now: now) else { return }
        store.restsUntil = nil
        let isConsumed = work.isEmpty && store.next.inboxPosition == nil && store.commit?.inboxPosition == nil
        let takesReceipts = store.hasReceipts && isConsumed && receiptsDueAt <= now
        let keys = keysAhead().filter { !records.contains($0) }
        let people = work.first.map { $0.hasPeople ? [] : $0.people } ?? []
        let searches = work.first.map { $0.hasSearched ? [] : $0.searches } ?? []
        let demands = demands()
        guard takesReceipts || !demands.isEmpty || !keys.isEmpty || !people.isEmpty || !searches.isEmpty else { return }
        store.claim = StoreState.ClaimUnderWay(
            stations: demands.map(\.station), keys: keys, hasPeople: !people.isEmpty, searches: Set(searches))
        if takesReceipts {
            store.hasReceipts = false
            store.receiptsClaimedAt = now
        }
        for demand in demands { store.forgetDue(at: demand.station) }
        effects.append(
            .claim(
                ClaimRequest(
                    id: newID(), receiptsMax: takesReceipts ? limits.receiptsPerClaim : 0, stations: demands, now: now,
                    excluding: demands.isEmpty ? [] : records.keys, keys: keys, people: people, searches: searches,
                    // Beside itself, and one more, which says that they are too many.
                    matchesMax: limits.namesakesMax + 2)))
    }

    /// Receipts are always consumed. While much is in memory and all of it moves, what is being sent goes first.
    private var receiptsDueAt: Instant {
        guard records.count >= limits.recordsHeldMax, !isAnythingSick else { return now }
        return store.receiptsClaimedAt + limits.receiptsWaitMax
    }

    /// Stations where something is due and that have room. Every one gets its share of a claim, so that a lower lane is
    /// claimed even when higher ones fill it (A6).
    private func demands() -> [StationDemand] {
        let share = max(1, limits.recordsPerClaim / limits.lowerLanesOneIn)
        var left = limits.recordsPerClaim
        return store.dueStations(now: now).compactMap { station in
            let room = room(at: station)
            guard room > 0 else { return nil }
            let recordsMax = min(room, max(share, left))
            left -= recordsMax
            return StationDemand(station, recordsMax: recordsMax)
        }
    }

    /// The records that the work in front needs: of the first all, of that behind it as many as fit. A surge of
    /// persons is thousands of small pieces of work, and a claim for each would be a commit for each.
    func keysAhead() -> [EntityKey] {
        guard var keys = work.first?.keys else { return [] }
        var seen = Set(keys)
        for work in work.dropFirst() {
            guard keys.count + work.keys.count <= limits.keysPerClaim else { break }
            keys += work.keys.filter { seen.insert($0).inserted }
        }
        return keys
    }

    mutating func handle(_ claim: Claim) {
        guard let asked = store.claim else { return }
        store.claim = nil
        if claim.moreReceipts { store.hasReceipts = true }
        for backlog in claim.backlogs {
            if let dueAt = backlog.nextDueAt { store.record(WaitingWork(backlog.station, dueAt: dueAt)) }
        }
        var due: [EntityKey] = []
        for record in claim.records where !records.contains(record.key) {
            var held = HeldRecord(record: Self.afterLoading(record))
            held.storedWork = claim.work[record.key]
            hold(held)
            due.append(record.key)
        }
        // Planned only now: a record is planned with its person, who may stand behind it in the claim.
        for key in due {
            let isDue = claim.work[key] != nil
            reevaluate(key, isClaimed: isDue)
            // What waits for a flow that the configuration no longer has would be claimed for ever.
            if isDue, let held = records[key], waitingWork(of: held.record) != held.storedWork {
                records.markChanged(key)
            }
        }
        for key in asked.keys where !records.contains(key) { hold(HeldRecord(record: EntityRecord(key: key))) }
        if asked.hasPeople, !work.isEmpty { work[0].hasPeople = true }
        if !asked.searches.isEmpty, !work.isEmpty {
            work[0].hasSearched = asked.searches.isSuperset(of: work[0].searches)
        }
        if !claim.receipts.isEmpty { work.append(consuming(claim.receipts)) }
    }

    /// An attempt that was under way when the engine ended: nobody knows its outcome.
    private static func afterLoading(_ record: EntityRecord) -> EntityRecord {
        var record = record
        for ledger in record.ledgers.indices { record.ledgers[ledger].markLostAttempts() }
        return record
    }

    mutating func handleClaimFailure() {
        guard let asked = store.claim else { return }
        store.claim = nil
        // What it asked for is asked for again.
        store.hasReceipts = true
        for station in asked.stations { store.record(WaitingWork(station, dueAt: now)) }
        store.restsUntil = now + limits.storeRetry
    }

    /// When the next claim is worth it, if nothing else happens.
    func claimTimes() -> [Instant] {
        // One that has passed waits for the claim under way, whose answer is what wakes us.
        var times = [store.restsUntil].compactMap { $0 }.filter { $0 > now }
        guard store.claim == nil else { return times }
        // A store that rests after a failed commit is not claimed from before, whatever is due in it.
        let earliest = store.restsUntil ?? now
        if store.hasReceipts, receiptsDueAt > now { times.append(max(receiptsDueAt, earliest)) }
        for (station, dueAt) in store.dueAt.sorted(by: { $0.key < $1.key }) {
            if dueAt > now {
                times.append(max(dueAt, earliest))
            } else if let opens = opening(of: station) {
                times.append(max(opens, earliest))
            }
        }
        return times
    }
}
