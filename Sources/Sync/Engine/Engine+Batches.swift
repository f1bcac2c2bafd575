import Commerce
import Transport

/// Deliveries leave in batches, frozen and durable before the first byte (docs/architecture.md, law 3; law 4).
extension Engine {
    /// Puts a record into the queues of the channels that it has something for, as far as their stations have room.
    mutating func queueDeliveries(_ key: EntityKey, flow name: String, isClaimed: Bool = false) {
        guard let held = records[key], let flow = table.flow(name) else { return }
        let ledger = held.record[flow: name]
        guard !ledger.deliveries.isEmpty || !ledger.readBacks.isEmpty else { return }
        var waiting: [Station: Int] = [:]
        for delivery in ledger.runnable where delivery.isDue(at: now) {
            let station = Station(.deliver, at: flow.destination, channel: delivery.channel, lane: delivery.lane)
            waiting[station, default: 0] += delivery.body.count
        }
        for (station, bytes) in waiting.sorted(by: { $0.key < $1.key }) {
            enter(station, key, flow: name, bytes: bytes, isClaimed: isClaimed)
        }
        for readBack in ledger.readBacks where readBack.notBefore <= now {
            queue(readBack, of: key, flow: name, at: flow.destination, isClaimed: isClaimed)
        }
    }

    private mutating func enter(_ station: Station, _ key: EntityKey, flow: String, bytes: Int, isClaimed: Bool) {
        let place = Self.place(flow, station.channel)
        // What became more urgent stands in two queues until its turn comes in the higher one.
        guard records[key]?.queues[place].map({ station.lane < $0 }) ?? true else { return }
        guard mayEnter(station, isClaimed: isClaimed) else { return records.deferRecord(key, at: station) }
        records[key]?.queues[place] = station.lane
        connections[station.connection]?.channels[station.channel, default: ChannelState()]
            .append(.init(key: key, flow: flow, queuedAt: now, bytes: bytes), in: station.lane)
    }

    private static func place(_ flow: String, _ channel: String) -> String { "\(flow)\u{1F}\(channel)" }

    mutating func sendBatches() {
        for name in connections.keys.sorted() {
            guard let connection = connections[name], connection.destination != nil else { continue }
            for channel in turns(of: connection) { fillBatches(name, channel) }
        }
    }

    /// Channels with the highest lane first, those of one lane in turn. After a failure all are in turn: a channel that
    /// fails again and again must not use up every probe.
    private func turns(of connection: ConnectionState) -> [String] {
        let overdue = now - limits.laneWaitMax
        func rank(_ channel: ChannelState) -> Int {
            let isOverdue = channel.oldest.map { $0.queuedAt <= overdue } ?? false
            guard !connection.circuit.isProbing, !isOverdue, let lane = channel.lane else { return 0 }
            return lane.rawValue
        }
        return connection.channels.map { (rank: rank($0.value), last: $0.value.lastBatch, channel: $0.key) }
            .sorted { $0 < $1 }.map(\.channel)
    }

    private mutating func fillBatches(_ name: String, _ channel: String) {
        connections[name]?.channels[channel]?.lingersUntil = nil
        while let connection = connections[name], let state = connection.channels[channel], !state.isEmpty,
            connection.maySend(now: now)
        {
            // After a failure one request probes before the rest follows.
            if connection.circuit.isProbing, connection.requestsInFlight > 0 { return }
            guard isPrepared(name, channel) else { return }
            let batchMax = connection.destination?.batchMax(for: channel) ?? 1
            if let until = linger(of: state, batchMax) {
                connections[name]?.channels[channel]?.lingersUntil = until
                return
            }
            let items = takeItems(name, channel, max: batchMax)
            guard !items.isEmpty else { continue }
            let id = newID()
            connections[name]?.requestsInFlight += 1
            connections[name]?.budget.spend(now: now)
            connections[name]?.channels[channel]?.batchesInFlight += 1
            connections[name]?.channels[channel]?.lastBatch = id
            store.batchesForNext.append(DeliveryBatch(id: id, destination: name, channel: channel, items: items))
        }
    }

    /// A batch that is not full waits a little for more while others of its channel are under way.
    private func linger(of channel: ChannelState, _ batchMax: Int) -> Instant? {
        guard channel.batchesInFlight > 0, channel.count < batchMax, let oldest = channel.oldest,
            let linger = table.flow(oldest.flow)?.policies.batchLinger, oldest.queuedAt + linger > now
        else { return nil }
        return oldest.queuedAt + linger
    }

    mutating func isPrepared(_ name: String, _ channel: String) -> Bool {
        guard let connection = connections[name], let state = connection.channels[channel] else { return false }
        if state.isPrepared { return true }
        guard !state.isAsking, state.restsUntil.map({ $0 <= now }) ?? true else { return false }
        guard let request = connection.destination?.preparation(for: channel) else {
            connections[name]?.channels[channel]?.isPrepared = true
            return true
        }
        connections[name]?.channels[channel]?.isAsking = true
        begin(request, at: name, as: .preparation(connection: name, channel: channel), id: newID())
        return false
    }

    /// Takes what is sendable, the highest lane first, and marks it attempted. Who waited too long in a lower lane gets
    /// a twentieth of the batch, so that no lane starves (A6).
    private mutating func takeItems(_ name: String, _ channel: String, max batchMax: Int) -> [DeliveryBatch.Item] {
        var items: [DeliveryBatch.Item] = []
        let oneIn = limits.lowerLanesOneIn
        let share = batchMax >= oneIn ? batchMax / oneIn : newID() % Int64(oneIn) == 0 ? 1 : 0
        let overdue = connections[name]?.channels[channel]?.overdueLanes(since: now - limits.laneWaitMax) ?? []
        for lane in overdue { takeItems(from: lane, name, channel, max: min(share, batchMax), into: &items) }
        for lane in Lane.allCases { takeItems(from: lane, name, channel, max: batchMax, into: &items) }
        return items
    }

    private mutating func takeItems(
        from lane: Lane, _ name: String, _ channel: String, max batchMax: Int, into items: inout [DeliveryBatch.Item]
    ) {
        guard items.count < batchMax, let queue = connections[name]?.channels[channel]?.queues[lane] else { return }
        var taken = 0
        for entry in queue {
            guard items.count < batchMax else { break }
            let place = Self.place(entry.flow, channel)
            // It left memory, or its turn came in a higher lane.
            guard records[entry.key]?.queues[place] == lane else {
                taken += 1
                continue
            }
            guard take(entry, channel, max: batchMax, into: &items) else { break }
            records[entry.key]?.queues[place] = nil
            records.markIdle(entry.key)
            taken += 1
        }
        connections[name]?.channels[channel]?.removeFirst(taken, in: lane)
    }

    /// - Returns: whether nothing of the record is left for this channel; else the batch is full.
    private mutating func take(
        _ entry: ChannelState.QueueEntry, _ channel: String, max batchMax: Int, into items: inout [DeliveryBatch.Item]
    ) -> Bool {
        guard var ledger = records[entry.key]?.record[flow: entry.flow] else { return true }
        let (taken, hasMore) = ledger.freeze(channel: channel, max: batchMax - items.count, at: now)
        guard !taken.isEmpty else { return true }
        items += taken.map { DeliveryBatch.Item(entity: entry.key, flow: entry.flow, delivery: $0) }
        records[entry.key]?.inFlight += taken.count
        records[entry.key]?.record[flow: entry.flow] = ledger
        records.markChanged(entry.key)
        return !hasMore
    }

    /// Called when the marks `attempted` are durable.
    mutating func send(_ batch: DeliveryBatch) {
        guard let destination = connections[batch.destination]?.destination else { return }
        begin(destination.request(for: batch), at: batch.destination, as: .batch(batch), id: batch.id)
    }
}
