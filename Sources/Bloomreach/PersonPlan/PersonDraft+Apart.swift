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
        let waiting = Waiting(eventType: Self.linkKey(of: name, to: entry), reason: .refused)
        plan.waiting.append(waiting)
        decide("customer_link", .refused, nil, "two profiles stay split: both have a \(entry.type)")
        guard !ledger.waiting.contains(waiting) else { return }
        plan.raised.append(
            RaisedException(
                .identityConflict, subject: "\(name) \(entry.type) at \(context.flow.destination)",
                cause: "one person has two profiles at \(context.flow.destination), each with its own \(entry.type); "
                    + "Bloomreach cannot join them. Earlier events stay where they are, new ones go to the first"))
    }
}
