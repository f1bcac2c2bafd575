import Commerce
import Transport

/// After an unclear outcome was acknowledged: whether the destination holds the delivery once (A8).
extension Engine {
    mutating func queue(
        _ readBack: ReadBack, of key: EntityKey, flow: String, at destination: String, isClaimed: Bool
    ) {
        let isQueued = connections[destination]?.readBacks.contains {
            $0.readBack.key == readBack.key && $0.key == key
        }
        guard isQueued == false, !isUnderWay(readBack, of: key) else { return }
        let station = Station(.readBack, at: destination, channel: readBack.channel, lane: .history)
        guard mayEnter(station, isClaimed: isClaimed) else { return records.deferRecord(key, at: station) }
        records[key]?.inFlight += 1
        connections[destination]?.readBacks.append(.init(key: key, flow: flow, readBack: readBack))
    }

    private func isUnderWay(_ readBack: ReadBack, of key: EntityKey) -> Bool {
        requests.values.contains {
            if case .readBack(let entity, _, let own) = $0 { entity == key && own.key == readBack.key } else { false }
        }
    }

    mutating func startReadBacks() {
        for name in connections.keys.sorted() {
            // A channel that cannot be prepared must not hold up the others.
            var unprepared: Set<String> = []
            while let index = connections[name]?.readBacks.firstIndex(where: {
                !unprepared.contains($0.readBack.channel)
            }), let next = connections[name]?.readBacks[index] {
                let channel = next.readBack.channel
                connections[name]?.channels[channel, default: ChannelState()].lingersUntil = nil
                // To be prepared is a request too: it must not leave while the connection rests.
                guard connections[name]?.maySend(now: now) == true else { break }
                guard isPrepared(name, channel), var connection = connections[name],
                    let destination = connection.destination
                else {
                    unprepared.insert(channel)
                    continue
                }
                connection.readBacks.remove(at: index)
                connection.requestsInFlight += 1
                connection.budget.spend(now: now)
                connections[name] = connection
                begin(
                    destination.readBackRequest(for: next.readBack), at: name,
                    as: .readBack(next.key, flow: next.flow, next.readBack), id: newID())
            }
        }
    }

    mutating func handle(_ readBack: ReadBack, of key: EntityKey, flow name: String, _ outcome: HTTPOutcome) {
        guard let flow = table.flow(name), let destination = connections[flow.destination]?.destination else { return }
        connections[flow.destination]?.requestsInFlight -= 1
        records[key]?.inFlight -= 1
        records.markIdle(key)
        let result = destination.interpret(outcome, of: readBack)
        if case .later(let reason, let after?) = result {
            restDestination(flow.destination, for: after, isFixed: true, reason: reason)
        }
        guard var ledger = records[key]?.record[flow: name],
            let index = ledger.readBacks.firstIndex(where: { $0.key == readBack.key })
        else { return }
        let detail = settle(result, at: index, in: &ledger, of: key, flow)
        records[key]?.record[flow: name] = ledger
        records.markChanged(key)
        store.next.trace.append(
            TraceItem(
                at: now, kind: .readback, entity: key, flow: name, destination: flow.destination,
                eventKey: readBack.key, detail: detail))
        // Another one may have become due meanwhile. A record that is held, for a source that rests for example, comes
        // back by no claim.
        queueDeliveries(key, flow: name)
    }

    /// - Returns: what it came to, for the trace.
    private mutating func settle(
        _ result: ReadBackResult, at index: Int, in ledger: inout Ledger, of key: EntityKey, _ flow: Flow
    ) -> String {
        /// The last word about it.
        func end(_ detail: String, _ kind: ExceptionKind? = nil) -> String {
            let gone = ledger.readBacks.remove(at: index)
            guard let kind else { return detail }
            raise(
                RaisedException(kind, subject: "\(key) \(gone.key)", cause: "\(flow.destination): \(detail)"),
                entity: key, flow: flow.name)
            return detail
        }
        switch result {
        case .found(let copies) where copies == 1: return end("read back: it is there once")
        case .found(let copies) where copies > 1:
            return end(
                "read back: it is there \(copies) times; event_key tells the copies apart", .ambiguousDuplicate)
        case .found, .later:
            ledger.readBacks[index].attempts += 1
            let wait = backoff(
                attempt: ledger.readBacks[index].attempts, base: flow.policies.readBackDelay,
                max: flow.policies.retryMax, random: &random)
            ledger.readBacks[index].notBefore = now + wait
            guard ledger.readBacks[index].attempts >= limits.readBackAttemptsMax else {
                return "read back: not visible yet"
            }
            return end(
                "read back: acknowledged but not visible after \(limits.readBackAttemptsMax) looks", .driftFound)
        case .impossible(let reason): return end("read back not possible: \(reason)")
        }
    }
}
