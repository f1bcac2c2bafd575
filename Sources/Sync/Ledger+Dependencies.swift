import Commerce

/// Which deliveries of a ledger may go, and which wait for what. Each answer costs one pass over the list: an order of
/// a thousand lines has as many deliveries.
///
/// A delivery waits for those that it names in ``Delivery/after`` as long as they stand in the list, and for the first
/// attempt of its leader. What was attempted once had all of them: should one of that name be planned anew, behind it,
/// the two would wait for each other for ever. A dependency is always planned before its dependents.
extension Ledger {
    /// Deliveries that could be sent now or at their time.
    var runnable: [Delivery] { runnableIndices.map { deliveries[$0] } }

    var runnableIndices: [Int] {
        guard !deliveries.isEmpty else { return [] }
        let isAttempted = isAttempted
        return deliveries.indices.filter { Self.isRunnable(deliveries[$0], isAttempted) }
    }

    /// Whether each delivery of the list was attempted.
    private var isAttempted: [EventKey: Bool] {
        Dictionary(deliveries.map { ($0.key, $0.mayBeTold) }, uniquingKeysWith: { first, _ in first })
    }

    private static func isRunnable(_ delivery: Delivery, _ isAttempted: [EventKey: Bool]) -> Bool {
        if delivery.isParked { return false }
        if delivery.mayBeTold { return true }
        if let leader = delivery.leader, isAttempted[leader] == false { return false }
        return !delivery.after.contains { isAttempted[$0] != nil }
    }

    /// Freezes what can be sent now in one request of a channel; an item leaves with its leader.
    /// - Returns: what was frozen, in order, and whether more could have been.
    mutating func freeze(channel: String, max deliveriesMax: Int, at now: Instant) -> (taken: [Delivery], hasMore: Bool)
    {
        var isAttempted = isAttempted
        var taken: [Delivery] = []
        for index in deliveries.indices where deliveries[index].channel == channel {
            guard deliveries[index].isDue(at: now), Self.isRunnable(deliveries[index], isAttempted) else { continue }
            guard taken.count < deliveriesMax else { return (taken, true) }
            deliveries[index].freeze(at: now)
            isAttempted[deliveries[index].key] = true
            taken.append(deliveries[index])
        }
        return (taken, false)
    }

    /// Deliveries that stand behind a parked one, directly or not.
    private var keysBlockedByParked: Set<EventKey> {
        var parked: Set<EventKey> = []
        var blocked: Set<EventKey> = []
        for delivery in deliveries {
            if delivery.isParked { parked.insert(delivery.key) }
            let needs = delivery.after + [delivery.leader].compactMap { $0 }
            if needs.contains(where: { parked.contains($0) || blocked.contains($0) }) { blocked.insert(delivery.key) }
        }
        return blocked
    }

    /// Deliveries that nothing parked holds up, and that are not parked themselves.
    var unhindered: [Delivery] {
        let hasParked = deliveries.contains(where: \.isParked)
        guard hasParked else { return deliveries }
        let blocked = keysBlockedByParked
        return deliveries.filter { !$0.isParked && !blocked.contains($0.key) }
    }

    /// Deliveries whose leader was attempted, so that they are part of a frozen fact.
    var keysFrozenWithLeader: Set<EventKey> {
        let leaders = Set(deliveries.compactMap(\.leader))
        guard !leaders.isEmpty else { return [] }
        var attempted = leaders.intersection(told.map(\.key))
        attempted.formUnion(deliveries.filter { $0.phase != .planned && leaders.contains($0.key) }.map(\.key))
        return Set(deliveries.filter { $0.leader.map(attempted.contains) ?? false }.map(\.key))
    }

    /// What it adds to the store's status.
    func count(into counts: inout RecordCounts) {
        let blocked = deliveries.contains(where: \.isParked) ? keysBlockedByParked : []
        for delivery in deliveries {
            if case .parked(let reason) = delivery.phase {
                counts.waiting.append(reason)
            } else if blocked.contains(delivery.key) {
                counts.waiting.append(.waitsForDependency)
            } else {
                counts.unsent += 1
                if delivery.phase == .ambiguous { counts.ambiguous += 1 }
                counts.oldestUntold = min(counts.oldestUntold ?? delivery.occurredAt, delivery.occurredAt)
            }
        }
        if let since = awaitsAddressSince { counts.oldestUntold = min(counts.oldestUntold ?? since, since) }
        counts.waiting += waiting.filter { !$0.isLasting }.map(\.reason)
        counts.readBacks += readBacks.count
        if planAgainAt != nil { counts.holds += 1 }
    }

    /// Attempts that certainly had no effect are as if they had not been: the next plan may replace them, so that five
    /// edits while a destination refuses connections are one revision (E5). What may be known there stays as it is.
    mutating func unfreeze(_ keys: Set<EventKey>) {
        let open = Set(deliveries.filter(\.mayBeTold).filter { !keys.contains($0.key) }.compactMap(\.leader))
        for index in deliveries.indices where keys.contains(deliveries[index].key) {
            let delivery = deliveries[index]
            let isKnown = delivery.wasAmbiguous || delivery.hasToldItems == true || open.contains(delivery.key)
            if delivery.phase == .attempted, !isKnown { deliveries[index].phase = .planned }
        }
    }

    /// Leaders of these are known at the destination by their items.
    mutating func recordItems(of leaders: Set<EventKey>) {
        for index in deliveries.indices where leaders.contains(deliveries[index].key) {
            deliveries[index].hasToldItems = true
        }
    }

    /// Attempts that were under way when the engine ended: nobody knows their outcome.
    mutating func markLostAttempts() {
        for index in deliveries.indices
        where deliveries[index].phase == .attempted && deliveries[index].notBefore == nil {
            deliveries[index].phase = .ambiguous
            deliveries[index].wasAmbiguous = true
        }
    }
}

extension Delivery {
    public var isParked: Bool { if case .parked = phase { true } else { false } }

    /// Its time has come, and no attempt of this session is under way; after a crash it is ambiguous instead.
    func isDue(at now: Instant) -> Bool {
        if phase == .attempted, notBefore == nil { return false }
        return notBefore.map { $0 <= now } ?? true
    }

    /// From here on its bytes stay as they are.
    fileprivate mutating func freeze(at now: Instant) {
        phase = .attempted
        attempts += 1
        notBefore = nil
        firstAttemptAt = firstAttemptAt ?? now
    }
}
