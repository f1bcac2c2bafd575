/// What is believed of two orders.
public enum JourneyVerdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// One journey.
    case joined
    /// Told as separate, with an exception for the data steward.
    case doubtful
    case separate
}

/// A data steward's answer, remembered: two orders belong together, or are kept apart.
///
/// It is about the pair; which one is the original, the orders themselves tell. Of two answers on one pair the later
/// counts.
public struct JourneyDecision: Sendable, Hashable, Codable {
    /// Keys of orders.
    public var original: String
    public var replacement: String
    public var isJoined: Bool

    public init(original: String, replacement: String, isJoined: Bool) {
        self.original = original
        self.replacement = replacement
        self.isJoined = isJoined
    }
}

/// Two orders, what is believed of them, and why.
public struct JourneyLink: Sendable, Hashable {
    /// Keys of orders.
    public var original: String
    public var replacement: String
    public var verdict: JourneyVerdict
    public var score: Int
    /// A data steward's answer first, then strong marks.
    public var evidence: [JourneyEvidence]
}

extension JourneyRules {
    /// Judges two orders alone, in either order; ``Journeys`` decides between several candidates.
    public func link(between one: JourneyOrder, and other: JourneyOrder) -> JourneyLink {
        let isFirst = precedes(one, other)
        let (original, replacement) = isFirst ? (one, other) : (other, one)
        let marks = marks(original, replacement)
        let obstacle = obstacle(original, replacement, marks: marks)
        let evidence =
            marks + circumstances(original, replacement) + [obstacle].compactMap { $0 }.map(JourneyEvidence.standing)
        let score = evidence.reduce(0) { $0 + weights.points(of: $1) }
        let verdict = verdict(original, replacement, evidence: evidence, score: score, obstacle: obstacle)
        return JourneyLink(
            original: original.key, replacement: replacement.key, verdict: verdict, score: score, evidence: evidence)
    }

    /// Which of two orders would be the original: the one the other names as such, the one with the earlier letter,
    /// the one made first.
    func precedes(_ one: JourneyOrder, _ other: JourneyOrder) -> Bool {
        let (forth, back) = (isNamed(one, by: other, in: other.originals), isNamed(other, by: one, in: one.originals))
        if forth != back { return forth }
        if one.connection == other.connection, let name = JourneyName(one.name), let second = JourneyName(other.name) {
            if name.step(to: second) != nil { return true }
            if second.step(to: name) != nil { return false }
        }
        return Self.isMadeBefore(one, other)
    }

    /// A total order of orders. Ids of one shop grow, so of two made in one second the longer or greater id is later.
    static func isMadeBefore(_ one: JourneyOrder, _ other: JourneyOrder) -> Bool {
        if one.createdAt != other.createdAt { return one.createdAt < other.createdAt }
        return (one.id.utf8.count, one.id, one.key) < (other.id.utf8.count, other.id, other.key)
    }

    private func marks(_ original: JourneyOrder, _ replacement: JourneyOrder) -> [JourneyEvidence] {
        var marks: [JourneyEvidence] = []
        if isNamed(original, by: replacement, in: replacement.originals) {
            marks.append(.namedByAttribute)
        } else if isNamed(original, by: replacement, in: replacement.mentions)
            || isNamed(replacement, by: original, in: original.mentions)
        {
            marks.append(.mentioned)
        }
        if original.connection == replacement.connection, let name = JourneyName(original.name),
            let step = JourneyName(replacement.name).flatMap(name.step)
        {
            marks.append(step == .next ? .nameFollows : .nameOfSameFamily)
        }
        if let tag = replacementTag(in: replacement.tags) { marks.append(.replacementTag(tag)) }
        if let tag = cancelledTag(in: original.tags) { marks.append(.cancelledTag(tag)) }
        if let app = replacement.appID, isEditor(app) { marks.append(.editorApp(app)) }
        return marks
    }

    /// Names and ids mean something within one shop only.
    private func isNamed(_ order: JourneyOrder, by other: JourneyOrder, in references: [String]) -> Bool {
        guard !references.isEmpty, order.connection == other.connection else { return false }
        return references.contains(JourneyReference.normalized(order.name))
            || references.contains(JourneyReference.normalized(order.id))
    }

    private func circumstances(_ original: JourneyOrder, _ replacement: JourneyOrder) -> [JourneyEvidence] {
        var found: [JourneyEvidence] = []
        if let customer = original.customerID, customer == replacement.customerID,
            original.connection == replacement.connection
        {
            found.append(.sameCustomer)
        } else if let buyer = original.buyerDigest, buyer == replacement.buyerDigest {
            found.append(.sameBuyer)
        }
        if let address = original.addressDigest, address == replacement.addressDigest { found.append(.sameAddress) }
        let goods = Self.sharedGoods(original, replacement)
        if goods.shared > 0 { found.append(.sharedGoods(goods.shared, of: goods.all)) }
        let apart = Self.distance(replacement.createdAt, original.cancelledAt ?? original.createdAt)
        if apart <= window { found.append(.close(minutes: apart.microseconds / TimeSpan.minutes(1).microseconds)) }
        if original.cancelledAt != nil {
            found.append(.cancelled)
            if let reason = original.cancelReason?.lowercased(), fittingReasons.contains(reason) {
                found.append(.fittingReason(reason))
            }
        }
        return found
    }

    private func verdict(
        _ original: JourneyOrder, _ replacement: JourneyOrder, evidence: [JourneyEvidence], score: Int,
        obstacle: JourneyObstacle?
    ) -> JourneyVerdict {
        guard score >= doubtAt else { return .separate }
        let strong = evidence.count(where: \.isStrong)
        guard strong > 0 else { return isUnmarkedDoubt(original, replacement) ? .doubtful : .separate }
        let isNamed = evidence.contains(where: \.namesOriginal)
        guard isNamed || isWithinWindow(original, replacement) else { return .separate }
        if let obstacle {
            let isPointedAt = isNamed || (evidence.contains(.mentioned) && strong >= 2)
            return isPointedAt && !obstacle.isFinal ? .doubtful : .separate
        }
        // An app edits within its shop.
        guard score >= joinAt, original.connection == replacement.connection else { return .doubtful }
        if isNamed { return .joined }
        // A shopper's note may name an earlier order too ("send it with #1031"), so where both orders stand a mention
        // needs an app's mark beside it. A tag on the original alone would make a replacement of any later order.
        if evidence.contains(.mentioned) { return original.cancelledAt != nil || strong >= 2 ? .joined : .doubtful }
        return original.cancelledAt != nil && evidence.contains { $0.marksReplacement } ? .joined : .doubtful
    }

    /// The shopper cancelled and at once ordered much the same again: by hand, or with an app that leaves no mark.
    private func isUnmarkedDoubt(_ original: JourneyOrder, _ replacement: JourneyOrder) -> Bool {
        guard let cancelledAt = original.cancelledAt else { return false }
        let goods = Self.sharedGoods(original, replacement)
        return Self.distance(replacement.createdAt, cancelledAt) <= unmarkedWindow && goods.all > 0
            && goods.shared * 100 >= goods.all * unmarkedSharedPercent
    }

    func isWithinWindow(_ original: JourneyOrder, _ replacement: JourneyOrder) -> Bool {
        Self.distance(replacement.createdAt, original.createdAt) <= window
            || original.cancelledAt.map { Self.distance(replacement.createdAt, $0) <= window } ?? false
    }

    private static func distance(_ one: Instant, _ other: Instant) -> TimeSpan {
        one < other ? other - one : one - other
    }

    /// Of all goods of the smaller order, so that an edit that adds much still shares all.
    private static func sharedGoods(_ one: JourneyOrder, _ other: JourneyOrder) -> (shared: Int, all: Int) {
        let goods = Set(one.skus)
        return (other.skus.count(where: goods.contains), min(one.skus.count, other.skus.count))
    }
}
