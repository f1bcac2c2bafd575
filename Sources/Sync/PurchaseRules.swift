public import Commerce
import JSON

/// Which orders count as a purchase, and from when: the part of ``Policies`` that decides about history.
public struct PurchaseRules: Sendable, Hashable {
    public var purchaseWhen: Policies.PurchaseGate
    public var tellZeroValue: Bool
    public var tellTestOrders: Bool
    public var migratedTags: [String]
    public var migratedAppIDs: [String]

    public init(_ policies: Policies) {
        purchaseWhen = policies.purchaseWhen
        tellZeroValue = policies.tellZeroValue
        tellTestOrders = policies.tellTestOrders
        migratedTags = policies.migratedTags.sorted()
        migratedAppIDs = policies.migratedAppIDs.sorted()
    }
}

/// The purchase rules of a flow over time. A changed file counts for facts after the change: what was no purchase under
/// the old rules is not told as one because a file changed (A21).
public struct PurchaseRulesHistory: Sendable, Hashable {
    public struct Change: Sendable, Hashable {
        public var rules: PurchaseRules
        /// The first rules also count for everything before this.
        public var at: Instant
    }

    /// Oldest first; never empty.
    public private(set) var changes: [Change]

    public init(_ rules: PurchaseRules, at time: Instant) { changes = [Change(rules: rules, at: time)] }

    public var current: PurchaseRules { changes[changes.count - 1].rules }

    public func rules(at time: Instant) -> PurchaseRules {
        (changes.last { $0.at <= time } ?? changes[0]).rules
    }

    /// Adds what the file says now, where it differs from what counted so far.
    public mutating func note(_ rules: PurchaseRules, at now: Instant) {
        guard rules != current else { return }
        changes.append(Change(rules: rules, at: max(now, changes[changes.count - 1].at)))
        // The oldest rules go first: they are about orders that are history by then.
        if changes.count > Self.changesMax { changes.removeFirst(changes.count - Self.changesMax) }
    }

    /// A file that changes more often than this is being tried out.
    static let changesMax = 100

    /// When an order became a purchase: by the rules of the time it was placed, or by a fact that happened under later
    /// ones.
    /// - Parameter times: when an order was placed, authorised or paid; `nil` for what has not happened.
    /// - Returns: `nil` while it is none.
    public func opening(placedAt: Instant, _ times: (Policies.PurchaseGate) -> Instant?) -> Instant? {
        var found = [times(rules(at: placedAt).purchaseWhen)]
        for (index, change) in changes.enumerated() {
            guard let time = times(change.rules.purchaseWhen), index == 0 || time >= change.at else { continue }
            let end = index + 1 < changes.count ? changes[index + 1].at : nil
            if end.map({ time < $0 }) ?? true { found.append(time) }
        }
        return found.compactMap { $0 }.min()
    }
}

// MARK: As it is stored

extension PurchaseRulesHistory {
    public static func settingName(_ flow: String) -> String { "purchase-rules:\(flow)" }

    public var text: String {
        let entries = changes.map { change -> JSON in
            [
                "at": JSON(change.at.microseconds),
                "migrated_app_ids": .array(change.rules.migratedAppIDs.map(JSON.string)),
                "migrated_tags": .array(change.rules.migratedTags.map(JSON.string)),
                "purchase_when": .string(change.rules.purchaseWhen.rawValue),
                "tell_test_orders": .bool(change.rules.tellTestOrders),
                "tell_zero_value": .bool(change.rules.tellZeroValue),
            ]
        }
        return JSON.array(entries).text(sortingKeys: true)
    }

    /// `nil` for a text that ``text`` did not write.
    public init?(text: String) {
        guard let entries = (try? JSON.parse(text))?.array, !entries.isEmpty else { return nil }
        var changes: [Change] = []
        for entry in entries {
            guard let at = entry["at"]?.int64,
                let gate = entry["purchase_when"]?.string.flatMap(Policies.PurchaseGate.init(rawValue:)),
                let zero = entry["tell_zero_value"]?.bool, let test = entry["tell_test_orders"]?.bool,
                let tags = entry["migrated_tags"]?.array, let apps = entry["migrated_app_ids"]?.array
            else { return nil }
            var policies = Policies()
            policies.purchaseWhen = gate
            policies.tellZeroValue = zero
            policies.tellTestOrders = test
            policies.migratedTags = tags.compactMap(\.string)
            policies.migratedAppIDs = apps.compactMap(\.string)
            changes.append(Change(rules: PurchaseRules(policies), at: Instant(microseconds: at)))
        }
        self.changes = changes
    }
}
