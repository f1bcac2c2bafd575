import Commerce
import JSON

extension ShopTruth {
    /// Facts of an order by which it takes the place of another, or does not.
    struct JourneyFacts: Sendable {
        enum Origin: String {
            case exchange, reshipment, split
        }
        /// Times are texts of one form, so they compare as times do.
        var createdAt = ""
        var cancelledAt: String?
        /// Something left in a parcel.
        var isSent = false
        /// When something of its worth first went back, for goods or as an appeasement.
        var returnedAt: String?
        /// Units of each SKU, as ever ordered, and after edits; what came back for money was not edited away.
        var ordered: [String: Int64] = [:]
        var kept: [String: Int64] = [:]
        /// Edits took everything off, so it is no purchase any more, or never was one.
        var isEmptied = false
        /// Why it names another order that it does not replace, and which.
        var origin: Origin?
        var named: String?

        init() {}

        init(_ order: JSON) {
            createdAt = order["created_at"]?.string ?? ""
            cancelledAt = order["cancelled_at"]?.string
            let refunds = (order["refunds"]?.array ?? []).filter(Self.movesMoney)
            var returned: [Int64: Int64] = [:]
            for line in refunds.flatMap({ $0["lines"]?.array ?? [] }) {
                returned[line["line"]?.int64 ?? 0, default: 0] += line["quantity"]?.int64 ?? 0
            }
            for line in order["lines"]?.array ?? [] {
                isSent = isSent || line["fulfilled"]?.int64 ?? 0 > 0
                guard let sku = line["sku"]?.string else { continue }
                ordered[sku, default: 0] += line["quantity"]?.int64 ?? 0
                let left = line["current_quantity"]?.int64 ?? 0
                kept[sku, default: 0] += left + (returned[line["id"]?.int64 ?? 0] ?? 0)
            }
            let returns = refunds.filter { !Self.settlesAnEdit($0) }
            // One that only settles an edit has no value; money on its way is not back yet.
            returnedAt = refunds.filter { !Self.isZero($0["money"]) && !Self.isZero($0["value"]) }
                .compactMap { $0["created_at"]?.string }.min()
            isEmptied = Self.isZero(order["current_total"]) && returns.isEmpty
            origin = order["origin"]?["kind"]?.string.flatMap(Origin.init)
            named = order["origin"]?["order"]?.int64.map { String($0) }
        }

        private static func isZero(_ json: JSON?) -> Bool {
            (json?.decimalText.flatMap { Amount($0) } ?? .zero).isZero
        }
        private static func movesMoney(_ refund: JSON) -> Bool {
            ["money", "pending", "discrepancy"].contains { !isZero(refund[$0]) }
        }
        private static func settlesAnEdit(_ refund: JSON) -> Bool {
            refund["lines"]?.array?.isEmpty ?? true
                && ["discrepancy", "shipping", "duties", "fees"].allSatisfy { isZero(refund[$0]) }
        }
    }

    // MARK: Who replaces whom

    /// It is told as a purchase and not void.
    func counts(_ order: ShopOrder) -> Bool { order.wasPaid && !order.isVoid && !order.journey.isEmptied }

    /// Whether an order that an app made of another takes its place. One that the shop did not cancel goes on where
    /// something of it was sent or returned, and where it has other goods.
    func replaces(_ order: ShopOrder, _ original: ShopOrder) -> Bool {
        guard order.recreatedFrom == original.id else { return false }
        if original.isVoid { return true }
        return !original.journey.isSent && !(original.journey.returnedAt.map { $0 <= order.journey.createdAt } ?? false)
            && hasMostGoods(of: original, order)
    }

    /// It was split. Histories do not make it anew as well: nobody could tell which of them took its place.
    func isSplit(_ order: ShopOrder) -> Bool {
        orders.contains { $0.journey.named == order.id && $0.journey.origin == .split }
    }

    /// More than half of what stands of the one was on the other; half of it behind the next letter of its name.
    func hasMostGoods(of original: ShopOrder, _ order: ShopOrder) -> Bool {
        let all = original.journey.kept.values.reduce(0, +)
        let shared = original.journey.kept.map { min($0.value, order.journey.ordered[$0.key] ?? 0) }.reduce(0, +)
        if shared * 2 == all { return all == 0 || Self.follows(order.name, original.name) }
        return shared * 2 > all
    }

    /// `#1A` behind `#1`, and `#1B` behind `#1A`.
    private static func follows(_ name: String, _ earlier: String) -> Bool {
        if name == earlier + "A" { return true }
        guard let last = name.utf8.last, let before = earlier.utf8.last, name.dropLast() == earlier.dropLast() else {
            return false
        }
        return (0x42...0x5A).contains(last) && before == last - 1
    }

    func original(of order: ShopOrder) -> ShopOrder? {
        orders.first { $0.id == order.recreatedFrom }.flatMap { replaces(order, $0) ? $0 : nil }
    }

    func replacement(of order: ShopOrder) -> ShopOrder? { orders.last { replaces($0, order) } }

    /// The first order of a journey.
    func root(of order: ShopOrder) -> ShopOrder {
        var root = order
        while let before = original(of: root) { root = before }
        return root
    }

    /// What an order was made of by an app, and that of which, whether or not it took their place.
    func forerunners(of order: ShopOrder) -> [ShopOrder] {
        guard let before = orders.first(where: { $0.id == order.recreatedFrom }) else { return [] }
        return forerunners(of: before) + [before]
    }

    /// An order that took its place, or that one's, counts.
    func isReplaced(_ order: ShopOrder) -> Bool {
        replacement(of: order).map { counts($0) || isReplaced($0) } ?? false
    }

    /// The last order of a journey that counts, else the last that is not void, else the last.
    func standing(for order: ShopOrder) -> ShopOrder {
        var chain = [root(of: order)]
        while let last = chain.last, let next = replacement(of: last) { chain.append(next) }
        return chain.last(where: counts) ?? chain.last { !$0.isVoid } ?? chain[chain.count - 1]
    }

    /// It may have been taken for a replacement while the shop's news were on their way.
    func mayLookLikeReplacement(_ order: ShopOrder) -> Bool {
        if order.recreatedFrom != nil { return true }
        guard let kind = order.journey.origin, kind != .reshipment,
            let original = orders.first(where: { $0.id == order.journey.named })
        else { return false }
        return kind == .split || hasMostGoods(of: original, order)
    }
}
