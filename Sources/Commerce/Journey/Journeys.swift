/// Which orders of one person are one journey: the chain of orders that the shopper thinks of as one (E3).
///
/// ```
/// #1031 ──► #1031A ──► #1031B        each order replaces at most one and is replaced by at most one
/// ```
///
/// A value of its orders and decisions alone: in whatever order they arrived, the journeys are equal. The best pair is
/// joined first; a pair whose end could as well be another order's is left to the data steward.
public struct Journeys: Sendable, Hashable {
    /// Joined and doubtful pairs, by their originals' time of making.
    public let links: [JourneyLink]
    /// Keys of orders beyond ``JourneyRules/ordersMax``: they stand alone, unless a data steward joined them.
    public let notCompared: [String]
    private let replaces: [String: String]
    private let replacedBy: [String: String]
    private let ids: [String: String]
    private let waiting: Set<String>

    /// - Complexity: the sort, and one comparison for each pair of marked or cancelled orders within the window.
    public init(orders: [JourneyOrder], rules: JourneyRules = JourneyRules(), decisions: [JourneyDecision] = []) {
        let sorted = Self.distinct(orders).sorted(by: JourneyRules.isMadeBefore)
        var matching = JourneyMatching(
            orders: sorted, rules: rules, comparedFrom: max(0, sorted.count - rules.ordersMax))
        matching.follow(decisions)
        matching.join()
        links = matching.links()
        notCompared = sorted.prefix(matching.comparedFrom).map(\.key)
        let joined = links.filter { $0.verdict == .joined }
        replaces = Dictionary(joined.map { ($0.replacement, $0.original) }, uniquingKeysWith: { first, _ in first })
        replacedBy = Dictionary(joined.map { ($0.original, $0.replacement) }, uniquingKeysWith: { first, _ in first })
        ids = Dictionary(sorted.map { ($0.key, $0.id) }, uniquingKeysWith: { first, _ in first })
        let known = Dictionary(sorted.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let (earlier, later) = (replaces, replacedBy)
        waiting = Set(
            sorted.filter { order in
                rules.waitsForPair(
                    order, replaces: earlier[order.key].flatMap { known[$0] },
                    replacedBy: later[order.key].flatMap { known[$0] })
            }.map(\.key))
    }

    /// Whether an order is to wait for its pair, at most `replacement_hold`: a replacement whose original is unknown
    /// or not cancelled yet; a cancelled order that an app marked, or that replaced another, and whose replacement is
    /// unknown; an original that stands and of whose goods its replacement has only a part.
    ///
    /// An order without a mark, and in no journey, never waits.
    public func waitsForPair(_ key: String) -> Bool { waiting.contains(key) }

    /// What an order is within its journey. `nil` for an order that was not given.
    public func role(of key: String) -> JourneyRole? {
        guard ids[key] != nil else { return nil }
        let (root, position) = place(of: key)
        let doubtful = links.filter { $0.verdict == .doubtful }.compactMap { link in
            link.original == key ? link.replacement : link.replacement == key ? link.original : nil
        }
        return JourneyRole(
            root: root, rootID: ids[root] ?? root, position: position, replaces: replaces[key],
            replacedBy: replacedBy[key], doubtfulWith: doubtful)
    }

    /// Keys of the journey that an order belongs to, first to last; empty for an order that was not given.
    public func chain(of key: String) -> [String] {
        guard ids[key] != nil else { return [] }
        var chain = [place(of: key).root]
        while let last = chain.last, let next = replacedBy[last] { chain.append(next) }
        return chain
    }

    /// The first order of its journey, and where this one stands in it, counted from 1.
    private func place(of key: String) -> (root: String, position: Int) {
        var root = key
        var position = 1
        while let earlier = replaces[root] {
            root = earlier
            position += 1
        }
        return (root, position)
    }

    /// One order of each key. A key given twice is one order read at two times: the one that is cancelled is later.
    private static func distinct(_ orders: [JourneyOrder]) -> [JourneyOrder] {
        var later: [String: JourneyOrder] = [:]
        for order in orders {
            guard let held = later[order.key] else {
                later[order.key] = order
                continue
            }
            let isLater =
                (held.cancelledAt ?? .distantPast, "\(held)") < (order.cancelledAt ?? .distantPast, "\(order)")
            later[order.key] = isLater ? order : held
        }
        return Array(later.values)
    }
}

extension JourneyRules {
    /// See ``Journeys/waitsForPair(_:)``.
    fileprivate func waitsForPair(
        _ order: JourneyOrder, replaces original: JourneyOrder?, replacedBy replacement: JourneyOrder?
    ) -> Bool {
        if let replacement { return isPart(replacement, of: order) }
        if cancelledTag(in: order.tags) != nil { return true }
        // What replaced another is edited by an app: its own replacement may be on its way.
        guard order.stands else { return hasStrongMark(order) || original != nil }
        return hasStrongMark(order) && original.map(\.stands) ?? true
    }
}

/// An order's place in its journey.
public struct JourneyRole: Sendable, Hashable {
    /// Key of the journey's first order: what the journey is known by.
    public let root: String
    /// The shop's own id of that order.
    public let rootID: String
    /// 1 for the first order.
    public let position: Int
    public let replaces: String?
    public let replacedBy: String?
    /// Keys of orders that may or may not belong to it: an exception for the data steward.
    public let doubtfulWith: [String]

    /// Nothing replaced it.
    public var isCurrent: Bool { replacedBy == nil }
    public var isReplacement: Bool { replaces != nil }
}

extension Instant {
    fileprivate static let distantPast = Instant(microseconds: .min)
}
