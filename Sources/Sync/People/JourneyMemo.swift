import Commerce
import Synchronization

/// Remembers how a person's orders were put into journeys, for as long as those orders stay as they are: one change of
/// a buyer's order asks for it half a dozen times, and the cost grows with the number of their orders.
///
/// It is no part of what a person is: two persons are equal whatever is remembered, and it is not stored.
final class JourneyMemo: Sendable, Hashable {
    private struct Entry: Sendable {
        var flow: Flow
        var journeys: Journeys
    }
    /// By name; flows are few.
    private let entries = Mutex<[String: Entry]>([:])

    func journeys(of flow: Flow, _ make: () -> Journeys) -> Journeys {
        if let known = entries.withLock({ $0[flow.name] }), known.flow.sourcePolicies == flow.sourcePolicies,
            known.flow.policies == flow.policies
        {
            return known.journeys
        }
        let journeys = make()
        entries.withLock { $0[flow.name] = Entry(flow: flow, journeys: journeys) }
        return journeys
    }

    static func == (left: JourneyMemo, right: JourneyMemo) -> Bool { true }
    func hash(into hasher: inout Hasher) {}
}
