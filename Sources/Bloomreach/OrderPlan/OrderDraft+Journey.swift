import Commerce
import JSON
import Sync

/// Where an order stands in its journey, in the destination's words (docs/architecture.md, Journeys).
struct JourneyPlace: Hashable {
    /// The first order's `purchase_id`.
    var journeyID: String?
    var replaces: String?
    var replacedBy: String?
    /// When the order that counts in its place came to count; `nil` while none does.
    var outlivedAt: Instant?
    /// The order that stands for the journey: the last that counts, else the last that is not void.
    var current: EntityKey?
    /// Its pair is worth waiting for.
    var waitsForPair = false

    init() {}

    init(_ key: EntityKey, in context: PlanContext) {
        guard let person = context.person?.truth.person else { return }
        let flow = context.flow
        let journeys = person.journeys(flow)
        let role = journeys.role(of: key.description)
        func called(_ text: String?) -> String? { text.flatMap { EntityKey($0) }.map(flow.purchaseID) }
        journeyID = called(role?.root)
        replaces = called(role?.replaces)
        replacedBy = called(role?.replacedBy)
        outlivedAt = person.successor(of: key, in: journeys, flow).map { successor in
            let toldSince = successor.toldSince(flow.policies(of: successor.key.connection))
            return max(successor.journey.createdAt, toldSince ?? successor.journey.createdAt)
        }
        current = person.current(ofJourneyOf: key, journeys, flow)
        waitsForPair = journeys.waitsForPair(key.description)
    }
}

/// One purchase in the shopper's eyes, though the shop holds several orders.
extension OrderDraft {
    static let replacesSlot = "replaces"

    /// What is said of its place: the order before it, and the name of its journey. Both may become known late.
    var placeText: String? { role.replaces.map { "\($0) \(role.journeyID ?? purchaseID)" } }
    var replacementSlots: [AcknowledgedValue] {
        if let placeText { return [AcknowledgedValue(Self.replacesSlot, placeText)] }
        // While its original belongs to another person, it is not told as a replacement.
        return ledger.slot(Self.replacesSlot) == nil ? [] : [AcknowledgedValue(Self.replacesSlot, "")]
    }

    /// Only an order with a strong mark waits to be told until its pair is known, and no longer than
    /// `replacement_hold`.
    mutating func isHeldForPair(since time: Instant, _ eventType: String) -> Bool {
        guard role.replaces == nil, role.replacedBy == nil else { return false }
        return isHeld(since: time, eventType, "an editing app's mark: its pair is waited for")
    }

    /// The cancellation of an order that may have been replaced waits until its replacement is known. One that stands
    /// waits where its replacement lacks a part of its goods: another order may bring them, as after a split.
    mutating func isHeldForReplacement(since time: Instant, _ eventType: String) -> Bool {
        let part = role.replacedBy.map { "\($0) has only a part of its goods: an order with the rest is waited for" }
        return isHeld(since: time, eventType, part ?? "it may have been replaced: its replacement is waited for")
    }

    private mutating func isHeld(since time: Instant, _ eventType: String, _ cause: String) -> Bool {
        let until = time + context.flow.policies.replacementHold
        guard role.waitsForPair, context.now < until else { return false }
        wait(eventType, .heldForPair, "\(cause) until \(until)")
        plan.planAgainAt = [plan.planAgainAt, until].compactMap { $0 }.min()
        return true
    }

    func addReplacement(to properties: inout JSONObject) {
        guard let replaces = role.replaces else { return }
        properties["is_replacement"] = true
        properties["replaces"] = .string(replaces)
    }

    /// The key of a refused revision that says the same place.
    private func refusedLink(saying place: String) -> EventKey? {
        ledger.deliveries.first { delivery in
            guard case .parked = delivery.phase, delivery.eventType == "purchase_update" else { return false }
            return delivery.slots.contains(AcknowledgedValue(Self.replacesSlot, place))
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
            after: openValueKeys, slots: [AcknowledgedValue(ChainState.slotName, state.slotText)] + replacementSlots,
            named: isLadder ? "purchase" : nil)
        chainAfter = state
        decide(type, .told, key, "takes the place of \(role.replaces ?? "another order")")
    }
}
