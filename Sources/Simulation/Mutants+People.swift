import Commerce
import JSON
import Sync
import Transport

/// A shop's room that takes an e-mail for the customer number, so that a new e-mail makes a new person.
struct RankIgnored: SourceMutant {
    var inner: any Source

    func request(for read: SourceRead) -> HTTPRequest {
        // What it calls a number is an e-mail, and the shop lists orders by either.
        guard case .orders(.customerID(let email), let cursor) = read.wanted, email.contains("@") else {
            return inner.request(for: read)
        }
        let asked = SourceRead(
            id: read.id, connection: read.connection, wanted: .orders(of: .email(email), cursor: cursor))
        return inner.request(for: asked)
    }

    func mistaken(_ observation: Observation) -> Observation {
        guard case .snapshot(let key, let state, let time, let eventID, let isPartial) = observation else {
            return observation
        }
        var changed = state
        switch state {
        case .order(var order):
            guard case .known(let email?) = order.buyer.email else { return observation }
            order.buyer.customerID = .known(email)
            changed = .order(order)
        case .customer(var customer):
            guard case .known(let email?) = customer.email else { return observation }
            customer.id = email
            changed = .customer(customer)
        case .cart, .person, .product: break
        }
        return .snapshot(key, changed, sourceTime: time, eventID: eventID, isPartial: isPartial)
    }
}

/// A shop's room that does not know placeholders: as if each were a contact that somebody has.
struct PlaceholdersBelieved: SourceMutant {
    var inner: any Source

    func mistaken(_ observation: Observation) -> Observation {
        guard case .snapshot(let key, .order(var order), let time, let eventID, let isPartial) = observation else {
            return observation
        }
        if order.buyer.phone == .known(Shoppers.placeholderPhone) { order.buyer.phone = .known("+447700900000") }
        if order.buyer.email == .known(Shoppers.placeholderEmail) { order.buyer.email = .known("somebody@acme.test") }
        return .snapshot(key, .order(order), sourceTime: time, eventID: eventID, isPartial: isPartial)
    }
}

/// A destination's room with one mistake about people in it.
struct MistakenAboutPeople: DestinationMutant {
    var inner: any Destination
    let mutant: Mutant

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        switch mutant {
        case .totalsWithIncompleteHistory:
            guard case .person(var person)? = record.truth.state else { break }
            person.histories = []
            var mistaken = record
            mistaken.truth.state = .person(person)
            return inner.plan(mistaken, in: context)
        case .addressNotKept: return withAddressOfToday(inner.plan(record, in: context), of: record)
        case .staleUpdateTimestamp: return withoutGrowingTime(inner.plan(record, in: context))
        default: break
        }
        return inner.plan(record, in: context)
    }

    /// Events go where the order's customer number of the day says: after a merge, to the other profile.
    private func withAddressOfToday(_ plan: Plan, of record: EntityRecord) -> Plan {
        guard case .known(let number?)? = record.truth.order?.buyer.customerID else { return plan }
        return plan.rewriting(where: { $0.kind == .history && $0.channel == "tracking" }) { body in
            body["customer_ids"] = ["shopify_id": .string(number)]
        }
    }

    /// The later a change, the older it says it is.
    private func withoutGrowingTime(_ plan: Plan) -> Plan {
        plan.rewriting(where: { $0.eventType == "customer" }) { body in
            guard let text = body["update_timestamp"]?.decimalText, let told = Amount(text) else { return }
            let mirrored = Amount(units: 3_000_000_000) - told
            body["update_timestamp"] = .number(JSONNumber(exactly: mirrored.description))
        }
    }
}
