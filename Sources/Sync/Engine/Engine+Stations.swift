import Commerce

/// Where a record waits, and how much of what waits may be in memory (docs/architecture.md, law 5).
extension Engine {
    // MARK: What waits of a record

    /// What the store is told to bring the record back for. It depends on the record alone, so that it stays true while
    /// time passes. Sorted.
    func waitingWork(of record: EntityRecord) -> [WaitingWork] {
        var earliest: [Station: Instant] = [:]
        func add(_ station: Station, _ time: Instant) { earliest[station] = min(earliest[station] ?? time, time) }
        let lane = Self.lane(of: record)
        if let dirty = readableMark(of: record) {
            add(Station(.read, at: record.key.connection, lane: lane), dirty.notBefore)
        }
        if let person = record.truth.person {
            if !person.toPlan.isEmpty { add(Station(.plan, lane: lane), Instant(microseconds: 0)) }
            for history in openHistories(of: person) {
                add(Station(.list, at: history.connection, lane: .history), history.notBefore)
            }
        }
        for ledger in configuredLedgers(of: record) {
            guard let flow = table.flow(ledger.flow) else { continue }
            for delivery in ledger.runnable {
                add(
                    Station(.deliver, at: flow.destination, channel: delivery.channel, lane: delivery.lane),
                    delivery.notBefore ?? delivery.plannedAt ?? delivery.occurredAt)
            }
            let times = [lagTime(of: ledger), ledger.planAgainAt, ledger.refreshAt].compactMap { $0 }
            for time in times { add(Station(.plan, lane: lane), time) }
            for readBack in ledger.readBacks {
                add(
                    Station(.readBack, at: flow.destination, channel: readBack.channel, lane: .history),
                    readBack.notBefore)
            }
        }
        return earliest.map { WaitingWork($0.key, dueAt: $0.value) }.sorted()
    }

    /// Which records come first when much is due (A6): what people are waiting for before who they are.
    static func lane(of record: EntityRecord) -> Lane {
        switch record.key.kind {
        case .order, .customer: .orders
        case .person: record.truth.person?.awaitingAddress.isEmpty == false ? .orders : .identity
        case .cart: .identity
        case .product: .stock
        }
    }

    func readableMark(of record: EntityRecord) -> Dirty? {
        connections[record.key.connection]?.source == nil ? nil : record.truth.dirty
    }

    func openHistories(of person: Person) -> [BuyerHistory] {
        person.histories.filter {
            !$0.isComplete && connections[$0.connection]?.source != nil && Self.isListable(person, $0.connection)
        }
    }

    func configuredLedgers(of record: EntityRecord) -> [Ledger] {
        let flows = table.flows(for: record.key)
        return record.ledgers.filter { ledger in flows.contains { $0.name == ledger.flow } }
    }

    // MARK: Room

    /// Records of a station in memory at most: its own quota, and what others leave free while it works.
    private func quota(of station: Station) -> Int {
        let own = station.task == .list ? limits.historiesQueuedMax : limits.stationRecordsMax
        guard station.task == .deliver, let connection = connections[station.connection],
            !connection.isSick(station.channel, now: now), records.count < limits.recordsHeldMax
        else { return own }
        return max(own, limits.recordsHeldMax)
    }

    /// Records of a station in memory, in its queue.
    private func count(at station: Station) -> Int {
        guard let connection = connections[station.connection] else { return 0 }
        switch station.task {
        case .deliver: return connection.channels[station.channel]?.count(in: station.lane) ?? 0
        case .list: return connection.reads.listings.count
        case .plan: return 0
        case .read: return connection.reads.count(in: station.lane)
        case .readBack: return connection.readBacks(of: station.channel)
        }
    }

    private func hasBytesLeft(_ station: Station) -> Bool {
        guard station.task == .deliver else { return true }
        let bytes = connections[station.connection]?.channels[station.channel]?.bytes[station.lane] ?? 0
        return bytes < limits.stationBytesMax
    }

    /// How many more records of the station may come into memory now; 0 also while nothing could be done with them.
    func room(at station: Station) -> Int {
        guard station.task != .plan else { return limits.stationRecordsMax }
        guard let connection = connections[station.connection], !connection.isResting(now: now),
            hasBytesLeft(station)
        else { return 0 }
        // A channel that cannot be prepared needs one record in its queue, which asks for it again.
        let channel = connection.channels[station.channel]
        if station.task == .deliver, let until = channel?.restsUntil, until > now, channel?.isEmpty == false {
            return 0
        }
        let quota = quota(of: station)
        let room = quota - count(at: station)
        // A few at a time would be a claim for each.
        return room * 2 >= min(quota, limits.stationRecordsMax) ? room : 0
    }

    /// Something is failing, so that what waits for it may wait long.
    var isAnythingSick: Bool {
        connections.values.contains { connection in
            connection.isSick(nil, now: now) || connection.channels.keys.contains { connection.isSick($0, now: now) }
        }
    }

    /// When a station that has something due and no room will have some, if no answer says so before.
    func opening(of station: Station) -> Instant? {
        guard let connection = connections[station.connection] else { return nil }
        let channel = connection.channels[station.channel]
        return [connection.circuit.openUntil, station.task == .deliver ? channel?.restsUntil : nil]
            .compactMap { $0 }.filter { $0 > now }.max()
    }

    /// Whether a record may enter the queue of a station. Who was not claimed for it stands behind what waits in the
    /// store.
    func mayEnter(_ station: Station, isClaimed: Bool) -> Bool {
        // Most of the room is kept for those that wait longer; while they come, a nearly empty queue need not be idle.
        let hasOlder = !isClaimed && store.hasBacklog(at: station, now: now)
        let quota = hasOlder ? limits.stationRecordsMax / limits.newWorkOneIn : quota(of: station)
        return count(at: station) < quota && hasBytesLeft(station)
    }

    // MARK: Held records that found no room

    /// They are excluded from claims while something else keeps them in memory, so they enter here.
    mutating func admitDeferred() {
        for station in records.deferredStations where room(at: station) > 0 {
            for key in records.takeDeferred(at: station, limit: room(at: station)) {
                guard let held = records[key] else { continue }
                switch station.task {
                case .read: queueRead(key, isClaimed: true)
                case .list: queueHistory(key)
                case .deliver, .readBack:
                    for ledger in held.record.ledgers where table.flow(ledger.flow) != nil {
                        queueDeliveries(key, flow: ledger.flow, isClaimed: true)
                    }
                case .plan: reevaluate(key)
                }
            }
        }
    }

    // MARK: What a record counts

    func counts(of record: EntityRecord) -> RecordCounts {
        var counts = RecordCounts()
        counts.dirty = readableMark(of: record) == nil ? 0 : 1
        if let person = record.truth.person {
            // Somebody's history that is on its way is no peace yet; one that cannot be had is an exception instead.
            let isListing = openHistories(of: person).contains { $0.attempts < limits.historyAttemptsMax }
            counts.dirty += !person.toPlan.isEmpty || isListing ? 1 : 0
        }
        let configured = configuredLedgers(of: record)
        for ledger in configured { ledger.count(into: &counts) }
        // Nothing is dropped: it waits until its flow is there again.
        for ledger in record.ledgers where !configured.contains(where: { $0.flow == ledger.flow }) {
            counts.waiting += ledger.deliveries.map { _ in .stageObserve }
        }
        counts.waiting.sort { $0.rawValue < $1.rawValue }
        return counts
    }
}
