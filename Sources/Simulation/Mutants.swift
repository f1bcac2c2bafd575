import Commerce
import JSON
import Sync
import Transport

/// A shop's room that stamps each web hook with its arrival, so that the last one to arrive wins.
struct LastArrivalWins: Source {
    let inner: any Source
    var connection: String { inner.connection }
    var bodyBytesMax: Int { inner.bodyBytesMax }
    var readKeysMax: Int { inner.readKeysMax }
    var polledKinds: [EntityKind] { inner.polledKinds }

    func admit(_ request: HTTPRequest, receivedAt: Instant, authenticate: MessageAuthentication) -> Admission {
        inner.admit(request, receivedAt: receivedAt, authenticate: authenticate)
    }
    func status(for refusal: WebhookRefusal) -> Int { inner.status(for: refusal) }
    func observations(in receipt: Receipt) -> [Observation] {
        inner.observations(in: receipt).map { observation in
            guard case .snapshot(let key, let state, _, let eventID, let isPartial) = observation else {
                return observation
            }
            return .snapshot(key, state, sourceTime: receipt.receivedAt, eventID: eventID, isPartial: isPartial)
        }
    }
    func request(for read: SourceRead) -> HTTPRequest { inner.request(for: read) }
    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        inner.interpret(outcome, of: read, at: now)
    }
}

/// A destination's room with one mistake in it.
struct MistakenDestination: Destination {
    var inner: any Destination
    let mutant: Mutant
    var connection: String { inner.connection }
    var limits: DestinationLimits { inner.limits }

    func sharedNames(of record: Record) -> [NameSearch] { inner.sharedNames(of: record) }

    func plan(_ record: Record, in context: PlanContext) -> Plan {
        var context = context
        if mutant == .eachProductForItself { context.namesakes = [] }
        guard mutant == .settlementCountsTwice, case .order(var order)? = record.truth.state else {
            return inner.plan(record, in: context)
        }
        // As if every refund explained all of its money: then nothing settles an edit.
        order.refunds = order.refunds.map { refund in
            var refund = refund
            refund.discrepancy = refund.moneySettled - refund.goodsValue
            return refund
        }
        var mistaken = record
        mistaken.truth.state = .order(order)
        return inner.plan(mistaken, in: context)
    }
    func preparation(for channel: String) -> HTTPRequest? { inner.preparation(for: channel) }
    mutating func prepared(_ outcome: HTTPOutcome, for channel: String) -> Preparation {
        inner.prepared(outcome, for: channel)
    }
    func batchMax(for channel: String) -> Int { inner.batchMax(for: channel) }
    func request(for flight: Flight) -> HTTPRequest {
        guard mutant == .attemptInBody else { return inner.request(for: flight) }
        var changed = flight
        for index in changed.items.indices {
            let delivery = changed.items[index].delivery
            guard delivery.kind == .history, let body = try? JSON.parse(delivery.body), var event = body.object,
                var properties = event["properties"]?.object
            else { continue }
            properties["attempt"] = JSON(delivery.attempts)
            event["properties"] = .object(properties)
            changed.items[index].delivery.body = JSON.object(event).encoded(sortingKeys: true)
        }
        return inner.request(for: changed)
    }
    func interpret(_ outcome: HTTPOutcome, of flight: Flight) -> FlightResult { inner.interpret(outcome, of: flight) }
    func readBackRequest(for readBack: ReadBack) -> HTTPRequest { inner.readBackRequest(for: readBack) }
    func interpret(_ outcome: HTTPOutcome, of readBack: ReadBack) -> ReadBackResult {
        inner.interpret(outcome, of: readBack)
    }
}
