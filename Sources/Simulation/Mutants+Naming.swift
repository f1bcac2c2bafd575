import Commerce
import Sync
import Transport

/// A destination's room in which naming is replacing: each order that names another takes its place, whatever was sent,
/// returned or paid.
struct NamingIsReplacing: Destination {
    var inner: any Destination
    var connection: String { inner.connection }
    var limits: DestinationLimits { inner.limits }

    func plan(_ record: Record, in context: PlanContext) -> Plan {
        var (record, context) = (record, context)
        if case .person(let person)? = record.truth.state { record.truth.state = .person(mistaken(person)) }
        if case .person(let person)? = context.person?.truth.state {
            context.person?.truth.state = .person(mistaken(person))
        }
        return inner.plan(record, in: context)
    }

    private func mistaken(_ person: Person) -> Person {
        var changed = person
        for (index, order) in person.orders.enumerated() {
            let original = person.orders.firstIndex { other in
                order.journey.originals.contains { "#\($0)" == other.name } && other.key != order.key
            }
            guard let original else { continue }
            changed.journeyDecisions.append(
                JourneyDecision(
                    original: person.orders[original].key.description, replacement: order.key.description,
                    isJoined: true))
            // And whatever it is worth.
            if order.editedTotal.isZero { changed.orders[index].editedTotal = person.orders[original].editedTotal }
        }
        return changed
    }

    func preparation(for channel: String) -> HTTPRequest? { inner.preparation(for: channel) }
    mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation {
        inner.prepared(outcome, for: channel)
    }
    func batchMax(for channel: String) -> Int { inner.batchMax(for: channel) }
    func request(for flight: Flight) -> HTTPRequest { inner.request(for: flight) }
    func interpret(_ outcome: HTTPOutcome, of flight: Flight) -> FlightResult { inner.interpret(outcome, of: flight) }
    func readBackRequest(for readBack: ReadBack) -> HTTPRequest { inner.readBackRequest(for: readBack) }
    func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult {
        inner.interpret(outcome, of: readBack)
    }
}
