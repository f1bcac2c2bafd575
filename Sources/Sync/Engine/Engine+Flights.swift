import Commerce
import Transport

/// A destination and what is under way with it.
struct DestinationState: Sendable {
    var destination: any Destination
    var channels: [String: Channel] = [:]
    var inFlight = 0
    /// Throttled or failing: nothing leaves before. A single request then probes it.
    var restUntil: Instant?
    var failuresInRow = 0
    /// It took a request in this life of the engine.
    var hasAnswered = false
    /// When the evenly spaced requests so far would have ended (GCRA): at most a second ahead.
    var spacedUntil = Instant(microseconds: 0)
    var readBacks: [QueuedReadBack] = []

    struct Channel: Sendable {
        /// One line for each lane; a higher lane goes first (A6).
        var lines: [Lane: [QueueEntry]] = [:]
        var isAsking = false
        var isPrepared = false
        var inFlight = 0
        var lingersUntil: Instant?
        /// The number of its last batch: who waits longest goes first.
        var lastBatch: Int64 = 0
        /// It could not be prepared: the other channels go on meanwhile.
        var restUntil: Instant?
        var failuresInRow = 0

        var isEmpty: Bool { lines.values.allSatisfy(\.isEmpty) }
        var count: Int { lines.values.reduce(0) { $0 + $1.count } }
        /// The highest lane that somebody waits in.
        var lane: Lane? { lines.filter { !$0.value.isEmpty }.keys.min() }
        var oldest: QueueEntry? {
            Lane.allCases.compactMap { lines[$0]?.first }.min { $0.queuedAt < $1.queuedAt }
        }
        /// Lanes below the highest in which somebody waited for so long; highest first.
        func overdueLanes(since time: Instant) -> [Lane] {
            let overdue = lines.filter { $0.value.first.map { $0.queuedAt <= time } ?? false }.keys.sorted()
            return overdue.filter { $0 != lane }
        }
    }
    struct QueueEntry: Sendable {
        var key: EntityKey
        var flow: String
        var queuedAt: Instant
    }
    struct QueuedReadBack: Sendable {
        var key: EntityKey
        var flow: String
        var readBack: ReadBack
    }

    init(destination: any Destination) { self.destination = destination }

    func isResting(now: Instant) -> Bool { restUntil.map { $0 > now } ?? false }

    /// Whether one more request may leave, and when it may if not.
    func slot(now: Instant) -> Instant? {
        let burst = TimeSpan.seconds(1)
        return spacedUntil - now > burst ? spacedUntil - burst : nil
    }
    mutating func takeSlot(now: Instant) {
        let spacing = TimeSpan(microseconds: 60_000_000 / Int64(max(1, destination.limits.requestsPerMinute)))
        spacedUntil = max(spacedUntil, now) + spacing
    }

    func wakeTimes(now: Instant) -> [Instant] {
        let hasWork = !readBacks.isEmpty || channels.values.contains { !$0.isEmpty }
        guard hasWork else { return [] }
        var times = channels.values.compactMap { $0.isEmpty ? nil : $0.lingersUntil }
        times += channels.values.compactMap { $0.isPrepared ? nil : $0.restUntil }.filter { $0 > now }
        if let restUntil, restUntil > now { return [restUntil] }
        if let slot = slot(now: now) { times.append(slot) }
        return times
    }
}

/// Deliveries leave in pendingWork, frozen and durable before the first byte (DESIGN laws 3 and 4, A7, A8).
extension Engine {
    /// Puts a record into the queues of the channels it has something runnable for.
    mutating func queueDeliveries(_ key: EntityKey, flow name: String) {
        guard let work = working[key], let flow = self.flow(name) else { return }
        let ledger = work.record[flow: name]
        for delivery in ledger.deliveries {
            let place = Self.place(name, delivery.channel)
            // What became more urgent stands in two lines until its turn comes in the higher one.
            guard isSendable(delivery, in: ledger), working[key]?.queues[place].map({ delivery.lane < $0 }) ?? true
            else { continue }
            working[key]?.queues[place] = delivery.lane
            destinations[flow.destination]?.channels[delivery.channel, default: .init()]
                .lines[delivery.lane, default: []]
                .append(DestinationState.QueueEntry(key: key, flow: name, queuedAt: now))
        }
        for readBack in ledger.readBacks where readBack.notBefore <= now {
            let isQueued = destinations[flow.destination]?.readBacks.contains {
                $0.readBack.key == readBack.key && $0.key == key
            }
            guard isQueued == false, !isReadingBack(key, readBack.key) else { continue }
            working[key]?.inFlight += 1
            destinations[flow.destination]?.readBacks.append(.init(key: key, flow: name, readBack: readBack))
        }
    }

    private static func place(_ flow: String, _ channel: String) -> String { "\(flow)\u{1F}\(channel)" }

    private func isReadingBack(_ key: EntityKey, _ effect: EventKey) -> Bool {
        exchanges.values.contains {
            if case .readBack(let entity, _, let readBack) = $0 {
                entity == key && readBack.key == effect
            } else {
                false
            }
        }
    }

    private func isSendable(_ delivery: Delivery, in ledger: Ledger) -> Bool {
        guard ledger.isRunnable(delivery), delivery.notBefore.map({ $0 <= now }) ?? true else { return false }
        return !isInFlight(delivery)
    }

    /// In this life an attempt with no time to try again is under way; after a crash it is ambiguous instead.
    private func isInFlight(_ delivery: Delivery) -> Bool { delivery.phase == .attempted && delivery.notBefore == nil }

    mutating func launchBatches() {
        for name in destinations.keys.sorted() {
            guard let desk = destinations[name] else { continue }
            for channel in turns(of: desk) { launch(name, channel) }
        }
    }

    /// Channels with the highest lane first, those of one lane in turn. After a failure all are in turn: a channel that
    /// fails again and again must not use up every probe.
    private func turns(of desk: DestinationState) -> [String] {
        let overdue = now - limits.laneWaitMax
        func rank(_ channel: DestinationState.Channel) -> Int {
            let isOverdue = channel.oldest.map { $0.queuedAt <= overdue } ?? false
            guard desk.failuresInRow == 0, !isOverdue, let lane = channel.lane else { return 0 }
            return lane.rawValue
        }
        return desk.channels.map { (rank: rank($0.value), last: $0.value.lastBatch, channel: $0.key) }
            .sorted { $0 < $1 }.map(\.channel)
    }

    private mutating func launch(_ name: String, _ channel: String) {
        destinations[name]?.channels[channel]?.lingersUntil = nil
        while let desk = destinations[name], let state = desk.channels[channel], !state.isEmpty,
            !desk.isResting(now: now), desk.inFlight < desk.destination.limits.concurrentRequestsMax,
            desk.slot(now: now) == nil
        {
            // After a failure one request probes before the rest follows.
            if desk.failuresInRow > 0, desk.inFlight > 0 { return }
            guard isPrepared(name, channel) else { return }
            let batchMax = desk.destination.batchMax(for: channel)
            if state.inFlight > 0, state.count < batchMax, let oldest = state.oldest,
                let linger = flow(oldest.flow)?.policies.batchLinger,
                oldest.queuedAt + linger > now
            {
                destinations[name]?.channels[channel]?.lingersUntil = oldest.queuedAt + linger
                return
            }
            let items = takeItems(name, channel, max: batchMax)
            guard !items.isEmpty else { continue }
            destinations[name]?.inFlight += 1
            destinations[name]?.channels[channel]?.inFlight += 1
            destinations[name]?.takeSlot(now: now)
            let id = newID()
            destinations[name]?.channels[channel]?.lastBatch = id
            batchesAwaitingCommit.append(DeliveryBatch(id: id, destination: name, channel: channel, items: items))
        }
    }

    private mutating func isPrepared(_ name: String, _ channel: String) -> Bool {
        guard let desk = destinations[name], let state = desk.channels[channel] else { return false }
        if state.isPrepared { return true }
        guard !state.isAsking, state.restUntil.map({ $0 <= now }) ?? true else { return false }
        guard let request = desk.destination.preparation(for: channel) else {
            destinations[name]?.channels[channel]?.isPrepared = true
            return true
        }
        let id = newID()
        destinations[name]?.channels[channel]?.isAsking = true
        exchanges[id] = .preparation(destination: name, channel: channel)
        effects.append(.exchange(Exchange(id: id, connection: name, request: request)))
        return false
    }

    /// Takes what is sendable, the highest lane first, and marks it attempted. Who waited too long in a lower lane gets
    /// a twentieth of the room, so that no lane starves (A6).
    private mutating func takeItems(_ name: String, _ channel: String, max batchMax: Int) -> [DeliveryBatch.Item] {
        var items: [DeliveryBatch.Item] = []
        let oneIn = limits.lowerLanesOneIn
        let share = batchMax >= oneIn ? batchMax / oneIn : nextID % Int64(oneIn) == 0 ? 1 : 0
        let overdue = destinations[name]?.channels[channel]?.overdueLanes(since: now - limits.laneWaitMax) ?? []
        for lane in overdue { takeItems(from: lane, name, channel, max: min(share, batchMax), into: &items) }
        for lane in Lane.allCases { takeItems(from: lane, name, channel, max: batchMax, into: &items) }
        return items
    }

    /// Of one line for one request; a copy of them is made, whatever the length of the line.
    private static let entriesLookedAtMax = 256

    private mutating func takeItems(
        from lane: Lane, _ name: String, _ channel: String, max batchMax: Int, into items: inout [DeliveryBatch.Item]
    ) {
        guard items.count < batchMax, let line = destinations[name]?.channels[channel]?.lines[lane] else { return }
        var taken = 0
        for entry in Array(line.prefix(Self.entriesLookedAtMax)) {
            guard items.count < batchMax else { break }
            // It left memory, or its turn came in a higher lane.
            guard working[entry.key]?.queues[Self.place(entry.flow, channel)] == lane else {
                taken += 1
                continue
            }
            guard take(entry, channel, max: batchMax, into: &items) else { break }
            working[entry.key]?.queues[Self.place(entry.flow, channel)] = nil
            taken += 1
        }
        destinations[name]?.channels[channel]?.lines[lane]?.removeFirst(taken)
    }

    /// - Returns: whether nothing of the record is left for this channel; else the batch is full.
    private mutating func take(
        _ entry: DestinationState.QueueEntry, _ channel: String, max batchMax: Int,
        into items: inout [DeliveryBatch.Item]
    ) -> Bool {
        guard var work = working[entry.key] else { return true }
        var ledger = work.record[flow: entry.flow]
        var isExhausted = true
        for index in ledger.deliveries.indices where ledger.deliveries[index].channel == channel {
            guard isSendable(ledger.deliveries[index], in: ledger) else { continue }
            guard items.count < batchMax else {
                isExhausted = false
                break
            }
            ledger.deliveries[index].phase = .attempted
            ledger.deliveries[index].attempts += 1
            ledger.deliveries[index].notBefore = nil
            ledger.deliveries[index].firstAttemptAt = ledger.deliveries[index].firstAttemptAt ?? now
            work.inFlight += 1
            items.append(DeliveryBatch.Item(entity: entry.key, flow: entry.flow, delivery: ledger.deliveries[index]))
        }
        work.record[flow: entry.flow] = ledger
        working[entry.key] = work
        markChanged(entry.key)
        return isExhausted
    }

    /// Called when the marks `attempted` are durable.
    mutating func send(_ batch: DeliveryBatch) {
        guard let desk = destinations[batch.destination] else { return }
        exchanges[batch.id] = .batch(batch)
        effects.append(
            .exchange(
                Exchange(
                    id: batch.id, connection: batch.destination, request: desk.destination.request(for: batch))))
    }

    // MARK: Responses

    mutating func takeAnswer(_ id: Int64, _ outcome: HTTPOutcome) {
        guard let purpose = exchanges.removeValue(forKey: id) else { return }
        switch purpose {
        case .batch(let batch): handleBatch(batch, outcome)
        case .read(let read, let marks, let startedAt): takeRead(read, marks: marks, startedAt: startedAt, outcome)
        case .poll(let read, _): takePoll(read, outcome)
        case .preparation(let name, let channel): takePreparation(name, channel, outcome)
        case .readBack(let key, let flow, let readBack): takeReadBack(key, flow, readBack, outcome)
        case .history(let person, let read, let earlier): takeHistory(of: person, read, earlier: earlier, outcome)
        }
    }

    private mutating func takePreparation(_ name: String, _ channel: String, _ outcome: HTTPOutcome) {
        destinations[name]?.channels[channel]?.isAsking = false
        switch destinations[name]?.destination.prepared(outcome, for: channel) {
        case .ready:
            destinations[name]?.channels[channel]?.isPrepared = true
            destinations[name]?.channels[channel]?.failuresInRow = 0
            destinations[name]?.channels[channel]?.restUntil = nil
            for kind in [ExceptionKind.destinationRefused, .destinationUnauthorised, .destinationUnreachable] {
                cure(kind, subject: name)
            }
        case .later: restChannel(name, channel)
        case .impossible(let exception):
            raise(exception)
            restChannel(name, channel)
        case nil: break
        }
    }

    /// Asked again by itself: what a person mends is noticed within seconds.
    private mutating func restChannel(_ name: String, _ channel: String) {
        let policies = flows.first { $0.destination == name }?.policies ?? Policies()
        let failures = (destinations[name]?.channels[channel]?.failuresInRow ?? 0) + 1
        let most = min(policies.retryMax, limits.preparationRetryMax)
        let wait = backoff(attempt: failures, base: policies.retryBase, max: most, random: &random)
        destinations[name]?.channels[channel]?.failuresInRow = failures
        destinations[name]?.channels[channel]?.restUntil = now + wait
    }

    private mutating func handleBatch(_ batch: DeliveryBatch, _ outcome: HTTPOutcome) {
        guard let desk = destinations[batch.destination] else { return }
        let result = desk.destination.interpret(outcome, of: batch)
        precondition(result.answers.count == batch.items.count, "one answer for each delivery")
        destinations[batch.destination]?.inFlight -= 1
        destinations[batch.destination]?.channels[batch.channel]?.inFlight -= 1
        noteHealth(of: batch.destination, result)
        var touched: [DeliveryBatch.Item] = []
        for (item, answer) in zip(batch.items, result.answers) {
            take(answer, for: item, destination: batch.destination)
            if touched.last?.entity != item.entity || touched.last?.flow != item.flow { touched.append(item) }
        }
        // What it wrote late may be another's by now.
        for item in touched where sharesNames(item.entity) {
            plan(item.entity, onlyFlow: item.flow, isRefresh: true)
        }
        for item in touched {
            noteLag(item.entity, flow: item.flow)
            queueDeliveries(item.entity, flow: item.flow)
        }
    }

    private mutating func noteHealth(of name: String, _ result: DeliveryBatchResult) {
        if let cause = result.unauthorised {
            raise(RaisedException(.destinationUnauthorised, subject: name, cause: cause))
            rest(name, for: flows.first { $0.destination == name }?.policies.retryMax, reason: cause)
        } else if result.mustRest {
            rest(name, for: result.restFor, reason: Self.reason(in: result.answers))
        } else {
            // What an earlier life raised is cured by the first success of this one.
            if let desk = destinations[name], desk.failuresInRow > 0 || !desk.hasAnswered {
                cure(.destinationUnreachable, subject: name)
                cure(.destinationUnauthorised, subject: name)
            }
            destinations[name]?.hasAnswered = true
            destinations[name]?.failuresInRow = 0
            destinations[name]?.restUntil = nil
        }
    }

    private static func reason(in answers: [Answer]) -> String {
        for answer in answers {
            switch answer {
            case .retry(let reason), .ambiguous(let reason), .refused(let reason): return reason
            case .accepted: continue
            }
        }
        return "no reason given"
    }

    private mutating func rest(_ name: String, for span: TimeSpan?, reason: String) {
        guard let desk = destinations[name] else { return }
        let policies = flows.first { $0.destination == name }?.policies ?? Policies()
        let failures = desk.failuresInRow + 1
        let wait = span ?? backoff(attempt: failures, base: policies.retryBase, max: policies.retryMax, random: &random)
        destinations[name]?.failuresInRow = failures
        destinations[name]?.restUntil = max(desk.restUntil ?? now, now + wait)
        if failures == limits.failuresBeforeException {
            raise(
                RaisedException(
                    .destinationUnreachable, subject: name,
                    cause: "\(failures) requests in a row failed, last: \(reason)"))
        }
    }

    private mutating func take(_ answer: Answer, for item: DeliveryBatch.Item, destination: String) {
        guard var work = working[item.entity] else { return }
        var ledger = work.record[flow: item.flow]
        work.inFlight -= 1
        idle.append(item.entity)
        guard let index = ledger.deliveries.firstIndex(where: { $0.key == item.delivery.key && $0.phase == .attempted })
        else {
            working[item.entity] = work
            return
        }
        let policies = flow(item.flow)?.policies ?? Policies()
        var mustPlan = false
        switch answer {
        case .accepted:
            accept(ledger.deliveries.remove(at: index), in: &ledger, item, policies)
            // What waited for it in the plan, not in the queue, is planned now.
            mustPlan = ledger.waiting.contains { $0.reason == .waitsForDependency || $0.reason == .refused }
        case .refused(let message):
            ledger.deliveries[index].phase = .parked(.refused)
            ledger.deliveries[index].notBefore = nil
            mustPlan = true
            raise(
                RaisedException(
                    .destinationRefused, subject: "\(item.entity) \(item.delivery.key)",
                    cause: "\(destination) refused \(item.delivery.eventType): \(message)"),
                entity: item.entity, flow: item.flow)
        case .retry(let reason):
            postpone(&ledger.deliveries[index], of: item.entity, destination, policies, reason)
        case .ambiguous(let reason):
            ledger.deliveries[index].phase = .ambiguous
            ledger.deliveries[index].wasAmbiguous = true
            postpone(&ledger.deliveries[index], of: item.entity, destination, policies, reason)
        }
        work.record[flow: item.flow] = ledger
        working[item.entity] = work
        markChanged(item.entity)
        trace(answer, item, destination)
        if answer == .accepted { releaseAwaiting(item.entity) }
        // What an order's chain came to is in the row of its journey's first order.
        if answer.isFinal, item.delivery.kind == .history, item.delivery.leader == nil { planRoot(of: item.entity) }
        if mustPlan { plan(item.entity, onlyFlow: item.flow) }
    }

    private mutating func accept(
        _ delivery: Delivery, in ledger: inout Ledger, _ item: DeliveryBatch.Item, _ policies: Policies
    ) {
        ledger.apply(delivery.slots)
        if delivery.kind == .history {
            precondition(!ledger.told.contains { $0.key == delivery.key }, "\(delivery.key) is told a second time")
            ledger.told.append(
                Told(
                    key: delivery.key, occurredAt: delivery.occurredAt, toldAt: now, contribution: delivery.contribution
                ))
            effects.append(
                .measure(.told(flow: item.flow, eventType: delivery.eventType, lag: now - delivery.occurredAt)))
        }
        if delivery.kind == .present {
            // What was there before has been replaced; looking for it would find nothing, for ever.
            let slot = delivery.slots.first?.name
            ledger.readBacks.removeAll { $0.channel == delivery.channel && $0.slot == slot }
        }
        if delivery.wasAmbiguous {
            ledger.readBacks.append(
                ReadBack(
                    key: delivery.key, channel: delivery.channel, body: delivery.body,
                    notBefore: now + policies.readBackDelay, slot: delivery.slots.first?.name))
        }
    }

    /// The same bytes go again, not before the destination has rested.
    private mutating func postpone(
        _ delivery: inout Delivery, of entity: EntityKey, _ destination: String, _ policies: Policies, _ reason: String
    ) {
        let wait = backoff(
            attempt: delivery.attempts, base: policies.retryBase, max: policies.retryMax, random: &random)
        delivery.notBefore = max(now + wait, destinations[destination]?.restUntil ?? now)
        if let first = delivery.firstAttemptAt, now - first > policies.retryMaxAge {
            // Nothing is dropped: it waits for a person from here on.
            delivery.phase = .parked(.exceptionOpen)
            raise(
                RaisedException(
                    .destinationUnreachable, subject: "\(entity) \(delivery.key)",
                    cause: "not acknowledged within retry_max_age, last: \(reason)"))
        }
    }

    private mutating func trace(_ answer: Answer, _ item: DeliveryBatch.Item, _ destination: String) {
        let reason: Reason?
        let detail: String
        let outcome: String
        switch answer {
        case .accepted:
            (reason, outcome) = (.told, "accepted")
            detail = "acknowledged \(now - item.delivery.occurredAt) after the fact, attempt \(item.delivery.attempts)"
        case .refused(let message): (reason, outcome, detail) = (.refused, "refused", message)
        case .retry(let message): (reason, outcome, detail) = (nil, "retry", "will be sent again: \(message)")
        case .ambiguous(let message):
            (reason, outcome, detail) = (nil, "ambiguous", "outcome unknown, the same bytes go again: \(message)")
        }
        effects.append(
            .measure(.answered(destination: destination, eventType: item.delivery.eventType, outcome: outcome)))
        pending.trace.append(
            TraceItem(
                at: now, kind: .answer, entity: item.entity, flow: item.flow, destination: destination,
                eventType: item.delivery.eventType, eventKey: item.delivery.key, reason: reason, detail: detail))
    }

    // MARK: Lag (E9)

    /// When the oldest untold fact will be over the objective; `nil` when nothing waits or it was said already.
    func lagTime(of ledger: Ledger) -> Instant? { ledger.isLagging ? nil : lagTimes(of: ledger).min() }

    /// When each untold fact will be over the objective. What is parked has an exception of its own.
    private func lagTimes(of ledger: Ledger) -> [Instant] {
        guard let objective = flow(ledger.flow)?.policies.freshnessObjective else { return [] }
        var times = ledger.deliveries.compactMap { delivery -> Instant? in
            if case .parked = delivery.phase { return nil }
            guard delivery.kind == .history, !ledger.isBlockedByParked(delivery) else { return nil }
            return max(delivery.occurredAt, delivery.plannedAt ?? delivery.occurredAt) + objective
        }
        if let since = ledger.awaitsAddressSince { times.append(since + objective) }
        return times
    }

    mutating func noteLag(_ key: EntityKey, flow: String) {
        guard var ledger = working[key]?.record[flow: flow] else { return }
        if ledger.isLagging, lagTimes(of: ledger).isEmpty {
            ledger.isLagging = false
            cure(.lagOverObjective, subject: "\(key) \(flow)")
        } else if let lagAt = lagTime(of: ledger), lagAt <= now {
            ledger.isLagging = true
            raise(
                RaisedException(.lagOverObjective, subject: "\(key) \(flow)", cause: lagCause(ledger, flow)),
                entity: key,
                flow: flow)
        } else {
            return
        }
        working[key]?.record[flow: flow] = ledger
        markChanged(key)
    }

    private func lagCause(_ ledger: Ledger, _ flowName: String) -> String {
        let first = ledger.deliveries.first { $0.kind == .history }
        let what =
            first.map { "\($0.eventType) \($0.key)" }
            ?? (ledger.awaitsAddressSince == nil ? "an event" : "who the buyer is")
        let destination = flow(flowName)?.destination ?? "the destination"
        if let rest = destinations[destination]?.restUntil, rest > now {
            return "\(what) is not acknowledged: \(destination) is throttled or failing until \(rest)"
        }
        if first?.phase == .ambiguous { return "\(what) is not acknowledged: its last attempt had no clear outcome" }
        return "\(what) is not acknowledged: it waits for its turn at \(destination)"
    }

    // MARK: Read-back (A8)

    mutating func startReadBacks() {
        for name in destinations.keys.sorted() {
            while let next = destinations[name]?.readBacks.first {
                destinations[name]?.channels[next.readBack.channel, default: .init()].lingersUntil = nil
                guard isPrepared(name, next.readBack.channel), var desk = destinations[name],
                    !desk.isResting(now: now), desk.inFlight < desk.destination.limits.concurrentRequestsMax,
                    desk.slot(now: now) == nil
                else { break }
                desk.readBacks.removeFirst()
                desk.inFlight += 1
                desk.takeSlot(now: now)
                destinations[name] = desk
                let id = newID()
                exchanges[id] = .readBack(next.key, flow: next.flow, next.readBack)
                effects.append(
                    .exchange(
                        Exchange(
                            id: id, connection: name, request: desk.destination.readBackRequest(for: next.readBack))))
            }
        }
    }

    private mutating func takeReadBack(
        _ key: EntityKey, _ flowName: String, _ readBack: ReadBack, _ outcome: HTTPOutcome
    ) {
        guard let flow = self.flow(flowName), let desk = destinations[flow.destination],
            var ledger = working[key]?.record[flow: flowName]
        else { return }
        destinations[flow.destination]?.inFlight -= 1
        working[key]?.inFlight -= 1
        idle.append(key)
        let result = desk.destination.interpret(outcome, of: readBack)
        guard let index = ledger.readBacks.firstIndex(where: { $0.key == readBack.key }) else { return }
        var detail: String
        switch result {
        case .found(let copies) where copies == 1:
            ledger.readBacks.remove(at: index)
            detail = "read back: it is there once"
        case .found(let copies) where copies > 1:
            ledger.readBacks.remove(at: index)
            detail = "read back: it is there \(copies) times; event_key tells the copies apart"
            raise(
                RaisedException(
                    .ambiguousDuplicate, subject: "\(key) \(readBack.key)", cause: "\(flow.destination): \(detail)"),
                entity: key, flow: flowName)
        case .found, .later:
            ledger.readBacks[index].attempts += 1
            let wait = backoff(
                attempt: ledger.readBacks[index].attempts, base: flow.policies.readBackDelay,
                max: flow.policies.retryMax, random: &random)
            ledger.readBacks[index].notBefore = now + wait
            detail = "read back: not visible yet"
            if ledger.readBacks[index].attempts >= limits.readBackAttemptsMax {
                ledger.readBacks.remove(at: index)
                detail = "read back: acknowledged but not visible after \(limits.readBackAttemptsMax) looks"
                raise(
                    RaisedException(
                        .driftFound, subject: "\(key) \(readBack.key)", cause: "\(flow.destination): \(detail)"),
                    entity: key, flow: flowName)
            }
        case .impossible(let reason):
            ledger.readBacks.remove(at: index)
            detail = "read back not possible: \(reason)"
        }
        working[key]?.record[flow: flowName] = ledger
        markChanged(key)
        pending.trace.append(
            TraceItem(
                at: now, kind: .readback, entity: key, flow: flowName, destination: flow.destination,
                eventKey: readBack.key, detail: detail))
    }

    // MARK: What people want

    mutating func carryOut(_ command: Command) {
        switch command {
        case .retry(let key, let effect): release(key, effect, skipping: false)
        case .skip(let key, let effect): release(key, effect, skipping: true)
        case .planAgain(let key):
            plan(key)
            // The person's totals may have waited for the same thing.
            if let owner = personKey(working[key]?.record.truth.belongsTo) { plan(owner) }
        case .close(let id): close(exception: id)
        case .mergePeople(let one, let other): decide(one, other, isMerged: true)
        case .keepPeopleApart(let one, let other): decide(one, other, isMerged: false)
        case .joinOrders(let original, let replacement):
            decide(original: original, replacement: replacement, isJoined: true)
        case .keepOrdersApart(let original, let replacement):
            decide(original: original, replacement: replacement, isJoined: false)
        }
    }

    private mutating func traceRelease(
        of delivery: Delivery, _ key: EntityKey, _ flowName: String, skipping: Bool
    ) {
        pending.trace.append(
            TraceItem(
                at: now, kind: .state, entity: key, flow: flowName, destination: flow(flowName)?.destination,
                eventType: delivery.eventType, eventKey: delivery.key,
                detail: skipping
                    ? "a person gave it up (resolve --skip): it is never told" : "a person let it be sent again (retry)"
            ))
    }

    private mutating func release(_ key: EntityKey, _ effect: EventKey, skipping: Bool) {
        guard let work = working[key] else { return }
        for var ledger in work.record.ledgers where ledger.isParked(effect) {
            guard let index = ledger.deliveries.firstIndex(where: { $0.key == effect }) else { continue }
            traceRelease(of: ledger.deliveries[index], key, ledger.flow, skipping: skipping)
            if skipping {
                ledger.giveUp(ledger.deliveries[index], at: now)
            } else {
                ledger.deliveries[index].phase = .attempted
                ledger.deliveries[index].notBefore = now
            }
            working[key]?.record[flow: ledger.flow] = ledger
            markChanged(key)
            // Decided by a person; a new refusal opens it again by itself.
            cureParked(key, effect)
            if skipping {
                // Who was to be told first counts as told: what waited for it goes on.
                releaseAwaiting(key)
                plan(key, onlyFlow: ledger.flow)
                planRoot(of: key)
            }
            queueDeliveries(key, flow: ledger.flow)
        }
    }
}
