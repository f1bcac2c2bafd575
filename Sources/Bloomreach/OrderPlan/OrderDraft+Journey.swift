import Commerce
import JSON
import Sync

/// Where an order stands in its journey, in the destination's words (DESIGN section 6).
struct JourneyPlace: Hashable {
    /// The first order's `purchase_id`.
    var journeyID: String?
    var replaces: String?
    var replacedBy: String?
    /// When its replacement was placed.
    var replacedAt: Instant?
    /// A later order of the journey counts in its place; it may be unpaid yet, but it is not void.
    var isOutlived = false
    /// The order that stands for the journey: the last that is not void, else the last.
    var current: EntityKey?
    /// It carries a mark of an editing app, so its pair is worth waiting for.
    var isMarked = false

    init() {}

    init(_ key: EntityKey, in context: PlanContext) {
        guard let person = context.person?.truth.person else { return }
        let rules = context.flow.policies.journeys
        let journeys = person.journeys(rules)
        let role = journeys.role(of: key.description)
        func called(_ text: String?) -> String? { text.flatMap { EntityKey($0) }.map(context.flow.purchaseID) }
        journeyID = called(role?.root)
        replaces = called(role?.replaces)
        replacedBy = called(role?.replacedBy)
        replacedAt = person.orders.first { $0.key.description == role?.replacedBy }?.journey.createdAt
        isOutlived = person.isOutlived(key, in: journeys)
        current = person.current(ofJourneyOf: key, journeys)
        isMarked = journeys.waitsForPair(key.description)
    }
}

extension Person {
    /// A replacement that became void replaces nothing: an original that was left open stands again (E3).
    func isOutlived(_ order: EntityKey, in journeys: Journeys) -> Bool {
        journeys.chain(of: order.description).drop { $0 != order.description }.dropFirst().contains { !isVoid($0) }
    }
}

/// One purchase in the shopper's eyes, though the shop holds several orders.
extension OrderDraft {
    static let replacesSlot = "replaces"

    /// What is said of its place: the order before it, and the name of its journey. Both may become known late.
    var placeText: String? { role.replaces.map { "\($0) \(role.journeyID ?? purchaseID)" } }
    var replacementSlots: [Slot] {
        if let placeText { return [Slot(Self.replacesSlot, placeText)] }
        // While its original is another person's it is told as nobody's replacement.
        return ledger.slot(Self.replacesSlot) == nil ? [] : [Slot(Self.replacesSlot, "")]
    }

    /// Only an order with a strong mark waits for its pair, and no longer than `replacement_hold`.
    mutating func isHeldForPair(since time: Instant, _ eventType: String) -> Bool {
        let until = time + context.flow.policies.replacementHold
        guard role.isMarked, role.replaces == nil, role.replacedBy == nil, context.now < until else { return false }
        wait(eventType, .heldForPair, "an editing app's mark: its pair is waited for until \(until)")
        plan.planAgainAt = [plan.planAgainAt, until].compactMap { $0 }.min()
        return true
    }

    func addReplacement(to properties: inout JSONObject) {
        guard let replaces = role.replaces else { return }
        properties["is_replacement"] = true
        properties["replaces"] = .string(replaces)
    }

    /// The key of a refused revision that says the same place.
    private func refusedLink(saying place: String) -> EffectKey? {
        ledger.deliveries.first { delivery in
            guard case .parked = delivery.phase, delivery.eventType == "purchase_update" else { return false }
            return delivery.slots.contains(Slot(Self.replacesSlot, place))
        }?.key
    }

    /// It was told before its pair, or its journey's first order, was known: one revision of no value says so.
    mutating func planLink(saying place: String, after chain: ChainState) {
        let type = "purchase_update"
        if let refused = refusedLink(saying: place) {
            wait(type, .refused, "refused before (\(refused)); `plumbline exceptions` says why")
            return
        }
        let number = nextRevision(after: chain)
        let key = "\(purchaseID):revision:\(number)"
        let time = max(order.updatedAt, chain.at)
        var state = chain
        state.revision = number
        state.at = time
        let isLadder = context.flow.policies.purchasePattern == .statusLadder
        tell(
            type, key: key, at: time,
            properties: revisionProperties(
                OrderRevision(unchanged: edited), number: number, value: .zero, chain: chain, isLadder: isLadder),
            after: openValueKeys, slots: [Slot(ChainState.slotName, state.slotText)] + replacementSlots,
            named: isLadder ? "purchase" : nil)
        chainAfter = state
        decide(type, .told, key, "takes the place of \(role.replaces ?? "another order")")
    }
}
