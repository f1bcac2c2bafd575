import Commerce
import JSON

/// Who people are, what their orders sum up to, and what they wished (docs/architecture.md, What Bloomreach is told;
/// Who a person is).
extension Checkers {
    /// All that belongs to one human being.
    struct Shopper {
        var number: Int
        var orders: [ShopTruth.ShopOrder] = []
        /// As the engine knows them; one, unless a split is listed.
        var known: Set<Oracle.KnownPerson> = []
        var isSplitListed: Bool { known.contains(where: \.isSplitListed) }
    }

    /// Shoppers whose accounts the shop merged are one.
    func shoppers(_ witness: Oracle) -> [Shopper] {
        var one: [Int: Int] = [:]
        func first(_ number: Int) -> Int {
            var number = number
            while let next = one[number] { number = next }
            return number
        }
        for merge in truth.merges {
            guard let kept = witness.shoppers[Oracle.customer(merge.kept)],
                let removed = witness.shoppers[Oracle.customer(merge.removed)], first(kept) != first(removed)
            else { continue }
            one[first(removed)] = first(kept)
        }
        var found: [Int: Shopper] = [:]
        for order in truth.orders {
            guard let shopper = witness.shopper(of: order).map(first) else { continue }
            found[shopper, default: Shopper(number: shopper)].orders.append(order)
            if let known = witness.people[order.id] { found[shopper]?.known.insert(known) }
        }
        return found.values.sorted { $0.number < $1.number }
    }

    /// Everything of one shopper is on one profile, and of nobody else's; else the split is listed.
    func people() -> [String] {
        guard let witness else { return [] }
        var problems: [String] = []
        var owners: [Int64: Int] = [:]
        var persons: [String: Int] = [:]
        for shopper in shoppers(witness) {
            problems += strangers(of: shopper, &persons, witness)
            let names = shopper.orders.map(\.name).joined(separator: " ")
            let ids = Set(shopper.orders.map(purchaseID))
            let profiles = Set(snapshot.events.filter { ids.contains($0.purchaseID) }.map(\.profile)).sorted()
            if !shopper.isSplitListed, shopper.known.count > 1 {
                problems.append(
                    "person: shopper \(shopper.number) (\(names)) is \(shopper.known.map(\.key).sorted()) to the engine"
                )
            }
            if !shopper.isSplitListed, profiles.count > 1 {
                problems.append(
                    "person: shopper \(shopper.number) (\(names)) is on profiles \(profiles), which nobody is told of")
            }
            for profile in profiles {
                if let other = owners[profile], other != shopper.number {
                    problems.append(
                        "person: shoppers \(other) and \(shopper.number) (\(names)) share profile \(profile)")
                }
                owners[profile] = shopper.number
            }
        }
        return problems
    }

    /// Nobody else's orders are with the same person, told or not; and nobody is known by what nobody can have.
    private func strangers(of shopper: Shopper, _ owners: inout [String: Int], _ witness: Oracle) -> [String] {
        shopper.known.map(\.key).sorted().flatMap { key -> [String] in
            var problems: [String] = []
            if witness.nameless.contains(shopper.number) {
                problems.append("person: shopper \(shopper.number), whom nothing names, is \(key) to the engine")
            }
            if let other = owners[key], other != shopper.number {
                problems.append("person: shoppers \(other) and \(shopper.number) are both \(key) to the engine")
            }
            owners[key] = shopper.number
            return problems
        }
    }

    // MARK: Totals

    /// What a profile says about all orders of somebody is so, and is said once everything is known.
    func totals() -> [String] {
        guard let witness else { return [] }
        return shoppers(witness).flatMap { shopper -> [String] in
            guard shopper.known.count == 1, let known = shopper.known.first, !known.address.isEmpty,
                let profile = snapshot.profiles.first(where: { !Set($0.ids).isDisjoint(with: known.address) })
            else { return [] }
            let names = shopper.orders.map(\.name).joined(separator: " ")
            let standing = shopper.orders.filter(stands)
            guard let count = profile.properties["orders_count"]?.int64,
                let spent = profile.properties["total_spent"]?.decimalText.flatMap({ Amount($0) })
            else {
                return known.isHistoryComplete ? ["totals: shopper \(shopper.number) (\(names)) has none"] : []
            }
            var problems: [String] = []
            let sum = standing.reduce(Amount.zero) { $0 + $1.netValue }
            if (spent - sum).magnitude >= Amount(millionths: 5_000) {
                problems.append(
                    "totals: shopper \(shopper.number) (\(names)) spent \(sum), total_spent says \(spent)")
            }
            // Of an order that was edited to nothing both may be said: that it stands, and that it is none any more.
            let most = Int64(standing.count)
            let least = Int64(standing.count { !$0.currentTotal.isZero })
            if count < least || count > most {
                problems.append(
                    "totals: shopper \(shopper.number) (\(names)) has \(most) orders that stand, "
                        + "orders_count says \(count)")
            }
            return problems
        }
    }

    /// Half-way: whatever is said of somebody's orders already counts those from before the connector began (E6).
    func totalsSoFar() -> [String] {
        guard let witness else { return [] }
        return snapshot.profiles.compactMap { profile in
            guard let count = profile.properties["orders_count"]?.int64 else { return nil }
            let kept = truth.orders.filter { order in
                guard let ids = witness.earlierOrders[order.id], stands(order), !order.currentTotal.isZero else {
                    return false
                }
                return !ids.isDisjoint(with: profile.ids)
            }
            guard count < Int64(kept.count) else { return nil }
            // Their orders may be counted with those of whom they were merged with.
            let merged = truth.merges.flatMap { [Oracle.customer($0.kept), Oracle.customer($0.removed)] }
            guard count > 0 || Set(merged).isDisjoint(with: profile.ids) else { return nil }
            // Until the shop tells whose it is, a new e-mail is that of a buyer without earlier orders.
            guard count > 0 || !profile.ids.contains(where: { $0.contains(Shoppers.movedPrefix) }) else { return nil }
            return
                "totals: profile \(profile.number) was told to have \(count) orders, "
                + "while \(kept.map(\.name)) were not known"
        }
    }

    // MARK: Consent

    private struct ToldConsent {
        var profile: Int64
        var category: String
        var at: Amount
        var isGranted: Bool
    }

    private func told(_ customerID: String, _ channel: ConsentChannel) -> [ToldConsent] {
        let prefix = "\(idPrefix)-consent:\(customerID):\(channel.rawValue):"
        return snapshot.events.filter { $0.type == "consent" && $0.key.hasPrefix(prefix) }.map { event in
            ToldConsent(
                profile: event.profile, category: event.properties["category"]?.string ?? "",
                at: event.properties["timestamp"]?.decimalText.flatMap { Amount($0) } ?? .zero,
                isGranted: event.properties["action"] == "accept")
        }
    }

    /// The newest wish of each customer is what Bloomreach believes, and nobody is granted what they took back later.
    func consents() -> [String] {
        guard let witness else { return [] }
        let everything = snapshot.events.filter { $0.type == "consent" }
        return truth.customers.flatMap { customer in
            ConsentChannel.allCases.flatMap { channel -> [String] in
                guard let wish = witness.latest(customer.id, channel) else { return [] }
                let who = "consent: customer \(customer.id), \(channel.rawValue)"
                let told = told(customer.id, channel)
                guard let latest = told.max(by: { $0.at < $1.at }) else {
                    // What was wished before we began is learned when the record is read, and not before.
                    let isKnown = witness.knownCustomers.contains(customer.id) && wish.at >= witness.began
                    return isKnown ? ["\(who) was never told"] : []
                }
                var problems: [String] = []
                if latest.isGranted != wish.isGranted {
                    problems.append("\(who) is \(wish.isGranted) since \(wish.at), told was \(latest.isGranted)")
                }
                // Others of a profile may have wished otherwise, but not earlier than an opt-out; and it holds on each
                // profile where they were told anything.
                let isHeld = Set(told.map(\.profile)).contains { profile in
                    let newest = everything.filter {
                        $0.profile == profile && $0.properties["category"]?.string == latest.category
                    }.max { Self.time($0) < Self.time($1) }
                    return newest.map {
                        $0.properties["action"] == "accept" && Self.time($0) <= Amount(units: wish.at.wholeSeconds)
                    } ?? false
                }
                if !wish.isGranted, isHeld {
                    problems.append("\(who) was taken back at \(wish.at), and Bloomreach holds an older grant")
                }
                return problems
            }
        }
    }

    private static func time(_ event: BloomreachSnapshot.Event) -> Amount {
        event.properties["timestamp"]?.decimalText.flatMap { Amount($0) } ?? .zero
    }
}
