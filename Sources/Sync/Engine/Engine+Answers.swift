import Commerce
import Transport

/// What became of requests.
extension Engine {
    mutating func handleAnswer(_ id: Int64, _ outcome: HTTPOutcome) {
        guard let pending = requests.removeValue(forKey: id) else { return }
        switch pending {
        case .batch(let batch): handle(batch, outcome)
        case .read(let read, let marks, let startedAt): handle(read, marks: marks, startedAt: startedAt, outcome)
        case .poll(let read): handlePoll(read, outcome)
        case .login(let connection): handleLogin(connection, id, outcome)
        case .preparation(let connection, let channel): handlePreparation(connection, channel, outcome)
        case .readBack(let key, let flow, let readBack): handle(readBack, of: key, flow: flow, outcome)
        case .history(let person, let read, let earlier): handleHistory(of: person, read, earlier: earlier, outcome)
        }
    }

    private mutating func handlePreparation(_ name: String, _ channel: String, _ outcome: HTTPOutcome) {
        connections[name]?.channels[channel]?.isAsking = false
        switch connections[name]?.destination?.prepared(outcome, for: channel) {
        case .ready:
            connections[name]?.channels[channel]?.isPrepared = true
            connections[name]?.channels[channel]?.failuresInRow = 0
            connections[name]?.channels[channel]?.restsUntil = nil
            for kind in [ExceptionKind.destinationRefused, .destinationUnauthorised, .destinationUnreachable] {
                resolve(kind, subject: name)
            }
        case .later(let after, let reason):
            // `Retry-After` is about the whole connection, whatever was asked.
            if let after { restDestination(name, for: after, isFixed: true, reason: reason) }
            restChannel(name, channel)
        case .impossible(let exception):
            raise(exception)
            restChannel(name, channel)
        case nil: break
        }
    }

    /// Asked again by itself: what a person mends is noticed within seconds.
    private mutating func restChannel(_ name: String, _ channel: String) {
        let policies = policies(for: name)
        let failures = (connections[name]?.channels[channel]?.failuresInRow ?? 0) + 1
        let most = min(policies.retryMax, limits.preparationRetryMax)
        let wait = backoff(attempt: failures, base: policies.retryBase, max: most, random: &random)
        connections[name]?.channels[channel]?.failuresInRow = failures
        connections[name]?.channels[channel]?.restsUntil = now + wait
    }

    private mutating func handle(_ batch: DeliveryBatch, _ outcome: HTTPOutcome) {
        guard let destination = connections[batch.destination]?.destination else { return }
        var result = destination.interpret(outcome, of: batch)
        if result.answers.count != batch.items.count {
            // Our own mistake about the vendor's answer: what became of each item is unknown.
            result.answers = batch.items.map { _ in .ambiguous("the answer does not say what became of each item") }
        }
        connections[batch.destination]?.requestsInFlight -= 1
        connections[batch.destination]?.channels[batch.channel]?.batchesInFlight -= 1
        recordHealth(of: batch.destination, result)
        let answers = Array(zip(batch.items, result.answers))
        var touched: [DeliveryBatch.Item] = []
        var index = 0
        while index < answers.count {
            let item = answers[index].0
            let own = answers[index...].prefix { $0.0.entity == item.entity && $0.0.flow == item.flow }
            handle(Array(own), of: item.entity, flow: item.flow, destination: batch.destination)
            touched.append(item)
            index += own.count
        }
        // What it wrote late may be another's by now.
        for item in touched where sharesNames(item.entity) { plan(item.entity, onlyFlow: item.flow, isRefresh: true) }
        for item in touched {
            recordLag(item.entity, flow: item.flow)
            queueDeliveries(item.entity, flow: item.flow)
        }
    }

    private mutating func recordHealth(of name: String, _ result: DeliveryBatchResult) {
        if let cause = result.unauthorised {
            raise(RaisedException(.destinationUnauthorised, subject: name, cause: cause))
            restDestination(name, for: policies(for: name).retryMax, isFixed: false, reason: cause)
        } else if result.mustRest {
            restDestination(
                name, for: result.restFor, isFixed: result.restFor != nil, reason: Self.reason(in: result.answers))
        } else if connections[name]?.circuit.succeed(now: now) == true {
            // What an earlier session raised is resolved by the first success of this one.
            resolve(.destinationUnreachable, subject: name)
            resolve(.destinationUnauthorised, subject: name)
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

    /// Opens the circuit for so long, or without a span for longer with each failure in a row.
    /// - Returns: how many requests in a row have failed.
    mutating func openCircuit(_ name: String, for span: TimeSpan?, isFixed: Bool) -> Int {
        let failures = (connections[name]?.circuit.failuresInRow ?? 0) + 1
        let policies = policies(for: name)
        let wait = span ?? backoff(attempt: failures, base: policies.retryBase, max: policies.retryMax, random: &random)
        connections[name]?.circuit.fail(until: now + wait, isFixed: isFixed)
        return failures
    }

    mutating func restDestination(_ name: String, for span: TimeSpan?, isFixed: Bool, reason: String) {
        if openCircuit(name, for: span, isFixed: isFixed) == limits.failuresBeforeException {
            let failures = limits.failuresBeforeException
            raise(
                RaisedException(
                    .destinationUnreachable, subject: name,
                    cause: "\(failures) requests in a row failed, last: \(reason)"))
        }
    }

    // MARK: One record's answers

    /// What the answers of one batch did to one ledger.
    private struct Outcome {
        var ledger: Ledger
        var mustPlan = false
        var isAccepted = false
        var isFactSettled = false
        /// What was refused, and in which words.
        var refusals: [(eventType: String, message: String)] = []
        /// Deliveries whose attempt certainly had no effect.
        var unsent: Set<EventKey> = []
    }

    private mutating func handle(
        _ answers: [(DeliveryBatch.Item, Answer)], of key: EntityKey, flow: String, destination: String
    ) {
        guard let held = records[key] else { return }
        records[key]?.inFlight -= answers.count
        records.markIdle(key)
        var outcome = Outcome(ledger: held.record[flow: flow])
        let attempted = outcome.ledger.deliveries.indices.filter { outcome.ledger.deliveries[$0].phase == .attempted }
        var places = Dictionary(
            attempted.map { (outcome.ledger.deliveries[$0].key, $0) }, uniquingKeysWith: { first, _ in first })
        var accepted: [Delivery] = []
        for (item, answer) in answers {
            guard let index = places.removeValue(forKey: item.delivery.key) else { continue }
            if answer == .accepted { accepted.append(outcome.ledger.deliveries[index]) }
            apply(answer, at: index, item, destination, to: &outcome)
            trace(answer, item, destination)
        }
        let known = answers.filter { $0.1 == .accepted || $0.1.isUnclear }.compactMap(\.0.delivery.leader)
        outcome.ledger.recordItems(of: Set(known))
        outcome.ledger.unfreeze(outcome.unsent)
        raise(outcome.refusals, of: key, flow, destination)
        let gone = Set(accepted.map(\.key))
        outcome.ledger.deliveries.removeAll { gone.contains($0.key) && $0.phase == .attempted }
        accept(accepted, of: key, flow, &outcome)
        records[key]?.record[flow: flow] = outcome.ledger
        records.markChanged(key)
        if outcome.isAccepted { releaseAwaiting(key) }
        // What an order's chain came to is in the row of its journey's first order.
        if outcome.isFactSettled { planRoot(of: key) }
        if outcome.mustPlan { plan(key, onlyFlow: flow) }
    }

    private mutating func raise(
        _ refusals: [(eventType: String, message: String)], of key: EntityKey, _ flow: String, _ destination: String
    ) {
        guard let first = refusals.first else { return }
        let others = refusals.count > 1 ? " and \(refusals.count - 1) more" : ""
        raise(
            RaisedException(
                .destinationRefused, subject: Self.parkedSubject(key, flow),
                cause: "\(destination) refused \(first.eventType)\(others): \(first.message)"), entity: key, flow: flow)
    }

    private mutating func apply(
        _ answer: Answer, at index: Int, _ item: DeliveryBatch.Item, _ destination: String, to outcome: inout Outcome
    ) {
        switch answer {
        case .accepted: outcome.isAccepted = true
        case .refused(let message):
            outcome.ledger.deliveries[index].phase = .parked(.refused)
            outcome.ledger.deliveries[index].notBefore = nil
            outcome.mustPlan = true
            outcome.refusals.append((item.delivery.eventType, message))
        case .retry(let reason):
            outcome.unsent.insert(item.delivery.key)
            postpone(&outcome.ledger.deliveries[index], of: item, destination, reason)
        case .ambiguous(let reason):
            outcome.ledger.deliveries[index].phase = .ambiguous
            outcome.ledger.deliveries[index].wasAmbiguous = true
            postpone(&outcome.ledger.deliveries[index], of: item, destination, reason)
        }
        let isFact = item.delivery.kind == .history && item.delivery.leader == nil
        if answer.isFinal, isFact { outcome.isFactSettled = true }
    }

    private mutating func accept(_ deliveries: [Delivery], of key: EntityKey, _ flow: String, _ outcome: inout Outcome)
    {
        guard !deliveries.isEmpty else { return }
        let policies = table.flow(flow)?.policies ?? Policies()
        var told = Set(outcome.ledger.told.map(\.key))
        for delivery in deliveries {
            outcome.ledger.apply(delivery.slots)
            switch delivery.kind {
            case .history:
                guard told.insert(delivery.key).inserted else {
                    raiseContradiction("\(delivery.key) is told a second time", key, flow)
                    continue
                }
                outcome.ledger.told.append(
                    Told(
                        key: delivery.key, occurredAt: delivery.occurredAt, toldAt: now,
                        contribution: delivery.contribution))
                effects.append(
                    .measure(.told(flow: flow, eventType: delivery.eventType, lag: now - delivery.occurredAt)))
            case .present:
                // What was there before has been replaced; looking for it would find nothing, for ever.
                let name = delivery.slots.first?.name
                outcome.ledger.readBacks.removeAll { $0.channel == delivery.channel && $0.slot == name }
            }
            guard delivery.wasAmbiguous else { continue }
            outcome.ledger.readBacks.append(
                ReadBack(
                    key: delivery.key, channel: delivery.channel, body: delivery.body,
                    notBefore: now + policies.readBackDelay, slot: delivery.slots.first?.name))
        }
        // What waited for it in the plan, not in the queue, is planned now.
        if outcome.ledger.waiting.contains(where: { $0.reason == .waitsForDependency || $0.reason == .refused }) {
            outcome.mustPlan = true
        }
    }

    /// The same bytes go again, not before the destination has rested.
    private mutating func postpone(
        _ delivery: inout Delivery, of item: DeliveryBatch.Item, _ destination: String, _ reason: String
    ) {
        let policies = table.flow(item.flow)?.policies ?? Policies()
        let wait = backoff(
            attempt: delivery.attempts, base: policies.retryBase, max: policies.retryMax, random: &random)
        delivery.notBefore = max(now + wait, connections[destination]?.circuit.openUntil ?? now)
        if let first = delivery.firstAttemptAt, now - first > policies.retryMaxAge {
            // Nothing is dropped: it waits for a person from here on.
            delivery.phase = .parked(.exceptionOpen)
            raise(
                RaisedException(
                    .destinationUnreachable, subject: Self.parkedSubject(item.entity, item.flow),
                    cause: "not acknowledged within retry_max_age, last: \(reason)"), entity: item.entity,
                flow: item.flow)
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
        store.next.trace.append(
            TraceItem(
                at: now, kind: .answer, entity: item.entity, flow: item.flow, destination: destination,
                eventType: item.delivery.eventType, eventKey: item.delivery.key, reason: reason, detail: detail))
    }
}
