/// Why an order that the shop did not cancel is not taken for replaced, although another order names it.
///
/// Naming is not replacing: a free reshipment, an exchange, the parts of a split order and a shopper's note name an
/// order too. An original that stands is replaced only where nothing of it was sent out or refunded, the other order
/// has its goods, and is itself told. For an original that the shop cancelled none of this is asked.
public enum JourneyObstacle: String, Sendable, Hashable {
    /// The other order is never told, for example because it is free: with it the sale would disappear.
    case neverTold
    /// It is free itself, as a reshipment is: there is nothing to take back.
    case free
    /// Goods of it were sent out before the other order was made.
    case sentBefore
    /// Goods of it were sent out after the other order was made.
    case sentSince
    /// Money was given back on it before the other order was made.
    case refunded
    /// The other order lacks most of its goods.
    case otherGoods
    /// The other order was made long after it.
    case longAgo
    /// More than one order that counts names it, as after a split.
    case namedTwice

    /// There is nothing to ask a data steward.
    var isFinal: Bool { [.free, .neverTold, .sentBefore].contains(self) }
}

extension JourneyObstacle: CustomStringConvertible {
    public var description: String {
        switch self {
        case .neverTold: "the other order is never told"
        case .free: "it is free"
        case .sentBefore: "its goods were sent out before"
        case .sentSince: "its goods were sent out all the same"
        case .refunded: "money was given back on it before"
        case .otherGoods: "the other order lacks most of its goods"
        case .longAgo: "the other order was made much later"
        case .namedTwice: "more than one order names it"
        }
    }
}

extension JourneyRules {
    /// What speaks against a replacement of an original that stands; `nil` where nothing does, or where the shop
    /// cancelled the original.
    func obstacle(
        _ original: JourneyOrder, _ replacement: JourneyOrder, marks: [JourneyEvidence]
    ) -> JourneyObstacle? {
        guard original.stands else { return nil }
        if replacement.isFree == true || replacement.isNeverTold { return .neverTold }
        if original.isFree == true { return .free }
        if let sentAt = original.sentAt { return sentAt <= replacement.createdAt ? .sentBefore : .sentSince }
        if let refundedAt = original.refundedAt, refundedAt <= replacement.createdAt { return .refunded }
        if !hasMostGoods(of: original, replacement, marks: marks) { return .otherGoods }
        return isWithinWindow(original, replacement) ? nil : .longAgo
    }

    /// An app that puts a letter behind the name copies orders and does nothing else, so there half of the goods are
    /// enough; any app can write an attribute.
    private func hasMostGoods(
        of original: JourneyOrder, _ replacement: JourneyOrder, marks: [JourneyEvidence]
    ) -> Bool {
        let units = Self.keptUnits(of: original, in: replacement)
        guard units.all > 0 else {
            // Nothing is left of it, or nothing is known of the goods of either.
            return !original.skus.isEmpty || replacement.skus.isEmpty
        }
        if units.shared * 2 == units.all { return marks.contains(.nameFollows) }
        return units.shared * 2 > units.all
    }

    /// Whether an original that stands has goods that its replacement lacks: another order may bring the rest.
    func isPart(_ replacement: JourneyOrder, of original: JourneyOrder) -> Bool {
        let units = Self.keptUnits(of: original, in: replacement)
        return original.stands && units.shared < units.all
    }

    /// Units on the original after edits, and how many of them were ever on the other order. Edits of the other order
    /// never lower the share, so what replaced once goes on to.
    static func keptUnits(of original: JourneyOrder, in other: JourneyOrder) -> (shared: Int, all: Int) {
        let available = Dictionary(
            zip(other.skus, other.orderedUnits).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
        return zip(original.skus, original.keptUnits).reduce(into: (shared: 0, all: 0)) { sums, goods in
            sums.shared += min(goods.1, available[goods.0] ?? 0)
            sums.all += goods.1
        }
    }
}
