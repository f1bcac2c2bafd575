import Commerce
import JSON

/// Units are kept as money is: what Bloomreach was told of each line adds up to what is on it, and each refund is told
/// once, whole, by itself, and not before its money moved.
extension Checkers {
    /// What was told of one order since it last became void; everything else was taken back.
    private struct Told {
        var events: [BloomreachSnapshot.Event]
        var wasCancelled: Bool

        func items(_ type: String, of line: String) -> [BloomreachSnapshot.Event] {
            events.filter { $0.type == type && $0.properties["line_id"]?.string == line }
        }
        func units(_ type: String, of line: String) -> Int64 {
            items(type, of: line).reduce(0) { $0 + ($1.properties["quantity"]?.int64 ?? 0) }
        }
        func value(_ type: String, of line: String) -> Amount {
            items(type, of: line).reduce(.zero) { $0 + amount($1.properties["total_price"]) }
        }
    }

    func refunds() -> [String] {
        truth.orders.flatMap { order -> [String] in
            guard isTold(order), isStandingAsTold(order) else { return [] }
            let told = told(of: order)
            return units(order, told) + itemSums(order, told) + delivery(order, told) + returns(order, told)
                + revisions(order)
        }
    }

    /// Of an order that was edited to nothing both may be told: that it stands, and that it is none any more.
    private func isStandingAsTold(_ order: ShopTruth.ShopOrder) -> Bool {
        let reinstatements = snapshot.events.count {
            $0.purchaseID == purchaseID(order) && $0.properties["is_reinstatement"] == true
        }
        return count("purchase", of: order) + reinstatements - count("purchase_cancellation", of: order) > 0
    }

    /// The chain and the returns are told in order. Their items may come later, and belong to where their revision or
    /// their return does.
    private func told(of order: ShopTruth.ShopOrder) -> Told {
        let events = snapshot.events.filter { $0.purchaseID == purchaseID(order) }.sorted { $0.sequence < $1.sequence }
        guard let last = events.lastIndex(where: { $0.type == "purchase_cancellation" }) else {
            return Told(events: events, wasCancelled: false)
        }
        let later = events[(last + 1)...]
        let revision = later.first { $0.type == "purchase_update" }?.properties["revision"]?.int64
        let returns = Set(later.filter { $0.type == "return" }.map { $0.properties["return_id"]?.string })
        let counted = events.enumerated().filter { index, event in
            switch event.type {
            case "purchase_item", "purchase_item_removed":
                guard let revision, let own = event.properties["revision"]?.int64 else { return false }
                return own >= revision
            case "return_item": return returns.contains(event.properties["return_id"]?.string)
            default: return index > last
            }
        }
        return Told(events: counted.map(\.element), wasCancelled: true)
    }

    /// Told units of each line: bought, less removed, less returned, are what is on it. Units whose money is on its way
    /// are off the order and not told yet.
    private func units(_ order: ShopTruth.ShopOrder, _ told: Told) -> [String] {
        order.lines.compactMap { line in
            let sum =
                told.units("purchase_item", of: line.id) - told.units("purchase_item_removed", of: line.id)
                - told.units("return_item", of: line.id)
            let waiting = order.pendingRefunds.flatMap(\.lines).filter { $0.line == line.id }.map(\.units).reduce(0, +)
            guard sum != line.units + waiting else { return nil }
            return "units: line \(line.id) of order \(order.name) has \(line.units) units"
                + (waiting > 0 ? " and \(waiting) whose money is on its way" : "") + ", told were \(sum)"
        }
    }

    /// Told values of each line, as the shop prices it. A new price of old units is told in `changes` alone, so lines
    /// that an edit repriced are left out.
    private func itemSums(_ order: ShopTruth.ShopOrder, _ told: Told) -> [String] {
        order.lines.filter { !$0.isRepriced }.compactMap { line -> String? in
            var sum = told.value("purchase_item", of: line.id)
            sum = sum - told.value("purchase_item_removed", of: line.id) - told.value("return_item", of: line.id)
            let waiting = order.pendingRefunds.flatMap(\.lines).filter { $0.line == line.id }
                .reduce(Amount.zero) { $0 + $1.value }
            let difference = (sum - line.value - waiting).magnitude
            if difference < allowance(line, told) { return nil }
            return "items: line \(line.id) of order \(order.name) is worth \(line.value + waiting), told were \(sum)"
        }
    }

    /// Each amount is rounded by itself, the shop's too; where a read tells an approximate unit price, each unit is.
    private func allowance(_ line: ShopTruth.ShopLine, _ told: Told) -> Amount {
        let types = ["purchase_item", "purchase_item_removed", "return_item"]
        let events = types.reduce(0) { $0 + told.items($1, of: line.id).count }
        let units = types.reduce(0) { $0 + told.units($1, of: line.id) }
        let halfUnit = Amount(millionths: 5_000)
        if line.isUnscaled { return halfUnit * (Int(units) + events) + Amount(millionths: 1) }
        return events > 1 ? halfUnit * (events + 1) + Amount(millionths: 1) : halfUnit
    }

    /// What delivery costs, less what of it was given back, is what is left of it.
    private func delivery(_ order: ShopTruth.ShopOrder, _ told: Told) -> [String] {
        // A delivery that an edit took off was perhaps given back in part before; and an order that stands again is
        // told whole.
        guard !order.hasLostShipping, !told.wasCancelled,
            let newest = told.events.last(where: { ["purchase", "purchase_update"].contains($0.type) })
        else { return [] }
        let returned = told.events.filter { $0.type == "return" }
            .reduce(Amount.zero) { $0 + amount($1.properties["shipping_value"]) }
        let sum = amount(newest.properties["shipping_cost"]) - returned
        let left = order.pendingRefunds.reduce(order.shipping) { $0 + $1.shipping }
        guard (sum - left).magnitude >= Amount(millionths: 5_000) else { return [] }
        return ["delivery: that of order \(order.name) costs \(left), told was \(sum)"]
    }

    /// Each return is worth what its record took off, and is told when its money has moved.
    private func returns(_ order: ShopTruth.ShopOrder, _ told: Told) -> [String] {
        let returns = snapshot.events.filter { $0.type == "return" && $0.purchaseID == purchaseID(order) }
        var problems: [String] = []
        for event in returns {
            let id = event.properties["return_id"]?.string ?? ""
            guard let refund = order.refunds.first(where: { $0.id == id }) else {
                problems.append("returns: order \(order.name) has no refund \(id)")
                continue
            }
            if !refund.pending.isZero {
                problems.append("returns: refund \(id) of order \(order.name) was told, and its money is on its way")
                continue
            }
            let total = amount(event.properties["total_price"])
            if (total - refund.value).magnitude >= Amount(millionths: 5_000) {
                problems.append(
                    "returns: refund \(id) of order \(order.name) took \(refund.value) off, told was \(total)")
            }
        }
        for refund in order.refunds where refund.pending.isZero && !refund.isEdit && !refund.isWithoutMoney {
            guard !refund.value.isZero, !told.wasCancelled else { continue }
            if !returns.contains(where: { $0.properties["return_id"]?.string == refund.id }) {
                problems.append("returns: refund \(refund.id) of order \(order.name) was never told")
            }
        }
        return problems
    }

    /// A refund alone makes no revision: there are no more than the shop made edits, of which a record without any
    /// money is one, and changes of the buyer or the address.
    private func revisions(_ order: ShopTruth.ShopOrder) -> [String] {
        let updates = snapshot.events.filter { $0.purchaseID == purchaseID(order) && $0.type == "purchase_update" }
            .filter { $0.properties["is_reinstatement"] != true && !isLink($0) }
        let records = order.refunds.count { $0.isWithoutMoney && !$0.isEdit }
        let most = order.edits + records + order.contactChanges
        guard updates.count > most else { return [] }
        return ["revisions: order \(order.name) has \(updates.count), and was edited \(most) times"]
    }

    /// It says whom the order replaces, and nothing else.
    private func isLink(_ event: BloomreachSnapshot.Event) -> Bool {
        event.properties["replaces"] != nil && amount(event.properties["total_delta"]).isZero
            && event.properties["changes"]?.array?.isEmpty == true
    }
}

extension World {
    /// Bloomreach is being told something now: nothing of a refund whose money is still on its way.
    mutating func watchReturns(_ text: String) {
        guard text.contains("\"return_id\"") else { return }
        for order in shopTruth.orders {
            for refund in order.pendingRefunds where text.contains("\"return_id\":\"\(refund.id)\"") {
                saidTooSoon.insert(
                    "returns: refund \(refund.id) of order \(order.name) was told while its money was on its way")
            }
        }
    }
}
