import Commerce

/// What operators want.
extension Engine {
    mutating func carryOut(_ command: Command) {
        switch command {
        case .retry(let key, let event, let flow): release(key, event, of: flow, skipping: false)
        case .skip(let key, let event, let flow): release(key, event, of: flow, skipping: true)
        case .planAgain(let key):
            plan(key)
            // The person's totals may have waited for the same thing.
            if let owner = personKey(records[key]?.record.truth.belongsTo) { plan(owner) }
        case .resolve(let id): resolve(exception: id)
        case .mergePeople(let one, let other): decide(one, other, isMerged: true)
        case .keepPeopleApart(let one, let other): decide(one, other, isMerged: false)
        case .joinOrders(let original, let replacement):
            decide(original: original, replacement: replacement, isJoined: true)
        case .keepOrdersApart(let original, let replacement):
            decide(original: original, replacement: replacement, isJoined: false)
        }
    }

    private mutating func traceRelease(of delivery: Delivery, _ key: EntityKey, _ flow: String, skipping: Bool) {
        store.next.trace.append(
            TraceItem(
                at: now, kind: .state, entity: key, flow: flow, destination: table.flow(flow)?.destination,
                eventType: delivery.eventType, eventKey: delivery.key,
                detail: skipping
                    ? "a person gave it up (resolve --skip): it is never told" : "a person let it be sent again (retry)"
            ))
    }

    private mutating func release(_ key: EntityKey, _ event: EventKey, of flow: String?, skipping: Bool) {
        guard let held = records[key] else { return }
        for var ledger in held.record.ledgers where ledger.isParked(event) && (flow ?? ledger.flow) == ledger.flow {
            guard let index = ledger.deliveries.firstIndex(where: { $0.key == event }) else { continue }
            traceRelease(of: ledger.deliveries[index], key, ledger.flow, skipping: skipping)
            if skipping {
                ledger.giveUp(ledger.deliveries[index], at: now)
            } else {
                ledger.deliveries[index].phase = .attempted
                ledger.deliveries[index].notBefore = now
            }
            records[key]?.record[flow: ledger.flow] = ledger
            records.markChanged(key)
            // Decided by a person; a new refusal opens it again by itself.
            resolveParked(key, ledger, released: [event])
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
