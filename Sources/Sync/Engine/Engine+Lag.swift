import Commerce

/// Facts that are not acknowledged within the objective (E9).
extension Engine {
    /// When the oldest untold fact will be over the objective; `nil` when nothing waits or it was said already.
    func lagTime(of ledger: Ledger) -> Instant? { ledger.isLagging ? nil : firstLagTime(of: ledger) }

    /// When the first untold fact will be over the objective. What is parked has an exception of its own.
    private func firstLagTime(of ledger: Ledger) -> Instant? {
        guard let objective = table.flow(ledger.flow)?.policies.freshnessObjective else { return nil }
        var first = ledger.awaitsAddressSince
        for delivery in ledger.unhindered where delivery.kind == .history {
            let since = max(delivery.occurredAt, delivery.plannedAt ?? delivery.occurredAt)
            first = min(first ?? since, since)
        }
        return first.map { $0 + objective }
    }

    mutating func recordLag(_ key: EntityKey, flow: String) {
        guard var ledger = records[key]?.record[flow: flow] else { return }
        let lagAt = firstLagTime(of: ledger)
        if ledger.isLagging, lagAt == nil {
            ledger.isLagging = false
            resolve(.lagOverObjective, subject: "\(key) \(flow)")
        } else if !ledger.isLagging, let lagAt, lagAt <= now {
            ledger.isLagging = true
            raise(
                RaisedException(.lagOverObjective, subject: "\(key) \(flow)", cause: lagCause(ledger, flow)),
                entity: key,
                flow: flow)
        } else {
            return
        }
        records[key]?.record[flow: flow] = ledger
        records.markChanged(key)
    }

    private func lagCause(_ ledger: Ledger, _ flowName: String) -> String {
        let first = ledger.deliveries.first { $0.kind == .history }
        let what =
            first.map { "\($0.eventType) \($0.key)" }
            ?? (ledger.awaitsAddressSince == nil ? "an event" : "who the buyer is")
        let destination = table.flow(flowName)?.destination ?? "the destination"
        if let until = connections[destination]?.circuit.openUntil, until > now {
            return "\(what) is not acknowledged: \(destination) is throttled or failing until \(until)"
        }
        if first?.phase == .ambiguous { return "\(what) is not acknowledged: its last attempt had no clear outcome" }
        return "\(what) is not acknowledged: it waits for its turn at \(destination)"
    }
}
