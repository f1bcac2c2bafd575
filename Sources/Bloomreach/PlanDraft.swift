import Commerce
import Sync

/// A plan in the making: what every area says about its decisions, and what holds a fact of the past back.
protocol PlanDraft {
    var context: PlanContext { get }
    var plan: Plan { get set }
}

extension PlanDraft {
    mutating func decide(_ eventType: String, _ reason: Reason, _ key: EventKey? = nil, _ detail: String? = nil) {
        plan.decisions.append(Decision(eventType, reason, eventKey: key, detail: detail))
    }

    /// - Parameter isLasting: nothing will end it; see ``Waiting/isLasting``.
    mutating func wait(_ eventType: String, _ reason: Reason, _ detail: String? = nil, isLasting: Bool = false) {
        plan.waiting.append(Waiting(eventType: eventType, reason: reason, isLasting: isLasting))
        decide(eventType, reason, nil, detail)
    }

    /// What goes back to an older content, while that one's write is still open, needs another key.
    func freeKey(_ key: EventKey, among open: [EventKey]) -> EventKey {
        var key = key
        while open.contains(key) { key += ":again" }
        return key
    }

    /// Whether a fact is from before the flow began, or older than anything that is told (docs/architecture.md, law 7);
    /// says so.
    mutating func isPast(_ eventType: String, factAt time: Instant) -> Bool {
        if time < context.baseline {
            decide(eventType, .beforeBaseline, nil, "happened before this flow began at \(context.baseline)")
            return true
        }
        guard time < context.now - context.flow.policies.horizon else { return false }
        decide(eventType, .historyHorizon)
        return true
    }
}
