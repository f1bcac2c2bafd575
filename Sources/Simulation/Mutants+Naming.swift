import Commerce
import Sync
import Transport

/// A destination's room in which naming is replacing: each order that names another takes its place, whatever was sent,
/// returned or paid.
struct NamingIsReplacing: DestinationMutant {
    var inner: any Destination

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
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
}
