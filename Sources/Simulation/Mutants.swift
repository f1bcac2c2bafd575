import Commerce
import JSON
import Sync
import Transport

/// A shop's room that stamps each webhook with its arrival, so that the last one to arrive wins.
struct LastArrivalWins: SourceMutant {
    var inner: any Source

    func observations(in receipt: Receipt) -> [Observation] {
        inner.observations(in: receipt).map { observation in
            guard case .snapshot(let key, let state, _, let eventID, let isPartial) = observation else {
                return observation
            }
            return .snapshot(key, state, sourceTime: receipt.receivedAt, eventID: eventID, isPartial: isPartial)
        }
    }
}

/// A destination's room with one mistake in it.
struct MistakenDestination: DestinationMutant {
    var inner: any Destination
    let mutant: Mutant

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
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

    func request(for batch: DeliveryBatch) -> HTTPRequest {
        guard mutant == .attemptInBody else { return inner.request(for: batch) }
        var changed = batch
        for index in changed.items.indices {
            let delivery = changed.items[index].delivery
            guard delivery.kind == .history else { continue }
            changed.items[index].delivery.rewriteBody { event in
                guard var properties = event["properties"]?.object else { return }
                properties["attempt"] = JSON(delivery.attempts)
                event["properties"] = .object(properties)
            }
        }
        return inner.request(for: changed)
    }
}
