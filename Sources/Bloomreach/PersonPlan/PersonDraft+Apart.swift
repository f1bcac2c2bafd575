import Commerce
import JSON
import Sync

/// Profiles of one person that Bloomreach has not joined, or never can.
extension PersonDraft {
    /// What is summed up under the address must not be counted a second time on a profile that stays apart. Just before
    /// the time of the sums: should the two be joined after all, those win.
    mutating func planTotalsElsewhere() {
        guard let totalsTime else { return }
        for text in ledger.otherAddresses {
            guard let other = ExternalIDs(text: text), other.entries.contains(where: split.contains),
                wasToldTotals(text)
            else { continue }
            let key = key("zeros:\(StableDigest.of(text).prefix(12))")
            if ledger.isToldOrAttempted(key) { continue }
            if ledger.isParked(key) {
                wait(Self.zerosType, .refused, "a profile that stays apart keeps its sums; `plumbline exceptions`")
                continue
            }
            plan.deliveries.append(
                Delivery(
                    key: key, kind: .history, channel: BloomreachDestination.customersChannel,
                    eventType: Self.zerosType, lane: .identity, occurredAt: newest,
                    after: openPresentKeys + plannedKeys,
                    body: CustomerCommand.body(
                        other, properties: CustomerTotals.zeros, updatedAt: totalsTime - .milliseconds(1))))
            decide(Self.zerosType, .told, key, "its orders are counted with the person's others")
        }
    }

    private static let zerosType = "customer_zeros"

    /// Or may have been: what was told under an old address need not be at hand.
    private func wasToldTotals(_ other: String) -> Bool {
        updateTime(of: other) == nil || ledger.slot(Ledger.carriedSlot(Self.totalsSlot, of: other)) != nil
    }

    /// Said once; what stays split is listed as waiting.
    mutating func splitOff(_ entry: ExternalIDs.Entry) {
        let isOldAddress = ledger.otherAddresses.contains { ExternalIDs(text: $0)?.entries.contains(entry) == true }
        guard isOldAddress else {
            // A changed e-mail moves the property, not the id.
            decide("customer_link", .noChange, nil, "a second \(entry.type) is a property, no further id")
            return
        }
        split.insert(entry)
        // Each split is a waiting of its own, so that no other hides that it is news.
        let waiting = Waiting(eventType: Self.linkKey(of: name, to: entry), reason: .refused, isLasting: true)
        plan.waiting.append(waiting)
        decide("customer_link", .refused, nil, "two profiles stay split: both have a \(entry.type)")
        guard !ledger.waiting.contains(waiting) else { return }
        let destination = context.flow.destination
        let bearer = bearer(of: entry)
        let subject = bearer?.description ?? waiting.eventType
        let second =
            bearer.map { "the second profile has that of \($0)" }
            ?? "no order or customer has that of the second profile any more; the trace of \(personKey) shows the merge"
        plan.raised.append(
            RaisedException(
                .identityConflict,
                subject: "\(personKey) \(subject) \(entry.type) at \(destination)",
                cause: "one person (\(personKey)) has two profiles at \(destination), each with its own \(entry.type); "
                    + "\(second). Bloomreach cannot join them. Earlier events stay where they are, new ones go to the "
                    + "first"))
    }

    private var personKey: EntityKey { EntityKey(connection: context.flow.brand, kind: .person, id: name) }

    /// The customer or order that has this id. It identifies the other profile without personal data.
    private func bearer(of entry: ExternalIDs.Entry) -> EntityKey? {
        switch identity.first(where: { $0.name == entry.type })?.source {
        case .customerID(let connection): return EntityKey(connection: connection, kind: .customer, id: entry.value)
        case .email:
            func bears(_ text: String?) -> Bool {
                text.flatMap { PersonIdentifier.email($0) }?.value == entry.value
            }
            return person.customers.first { bears($0.email) }?.key ?? person.orders.first { bears($0.email) }?.key
        case .phone:
            func bears(_ text: String?) -> Bool {
                text.flatMap { PersonIdentifier.phone($0) }?.value == entry.value
            }
            return person.customers.first { bears($0.phone) }?.key ?? person.orders.first { bears($0.phone) }?.key
        case .cart, .cookie, nil: return nil
        }
    }
}
