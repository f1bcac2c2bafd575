import Commerce
import Sync

/// Made-up receipts and records that exercise every field.
enum Sample {
    static let start = Instant(seconds: 1_795_000_000)

    static func receipt(_ number: Int, connection: String = "shop", body: [UInt8]? = nil) -> Receipt {
        Receipt(
            connection: connection, topic: "orders/updated", deliveryID: "delivery-\(number)",
            eventID: number.isMultiple(of: 2) ? "event-\(number)" : nil,
            triggeredAt: number.isMultiple(of: 3) ? start + .seconds(Int64(number)) : nil,
            receivedAt: start + .milliseconds(Int64(number)),
            body: body ?? Array("{\"id\": \(number), \"name\": \"Zoë 🧵\"}".utf8))
    }

    static func key(_ number: Int, connection: String = "shop") -> EntityKey {
        EntityKey(connection: connection, kind: .order, id: String(5_550_000_000_000_000_000 + number))
    }

    static func money(_ text: String) -> MoneyBag {
        guard let amount = Amount(text), let pounds = Currency("GBP"), let euros = Currency("EUR") else {
            preconditionFailure("\(text) is no amount")
        }
        return MoneyBag(shop: Money(amount, pounds), presentment: Money(amount, euros))
    }

    static func line(_ number: Int, sku: String?) -> OrderLine {
        OrderLine(
            id: "line-\(number)", productID: "product-\(number)", variantID: nil, sku: sku,
            title: "Jumper \"№ \(number)\"", variantTitle: "M / náutico", orderedQuantity: 3, currentQuantity: 2,
            fulfilledQuantity: 1, refundedQuantity: 1, unitPrice: money("49.95"),
            allocatedDiscount: money("0.000001"))
    }

    /// An order with something in every kind of field, also with what is unknown and what is known to be absent.
    static func order(_ number: Int, email: String = "zoe.smith@example.test", skus: [String] = ["SKU-1"]) -> Order {
        let time = start + .seconds(Int64(number))
        return Order(
            id: String(5_550_000_000_000_000_000 + number), name: "#\(1000 + number)", sourceName: "web",
            createdAt: time, processedAt: time - .days(3), updatedAt: time + TimeSpan(microseconds: 1),
            financialStatus: .partiallyRefunded, tags: ["vip", "edit:" + String(number)], note: "line 1\nline 2\u{0}",
            attributes: [OrderAttribute(name: "gift", value: "")],
            buyer: Buyer(customerID: .known(nil), email: .known(email), phone: .unknown),
            buyerName: "Zoë Smith",
            shippingAddress: .known(PostalAddress(name: "Zoë Smith", address1: "1 Plumb Line", zip: "AB1 2CD")),
            lines: skus.enumerated().map { line($0.offset, sku: $0.element) } + [line(99, sku: nil)],
            shippingLines: [ShippingLine(id: "1", title: "Royal Mail", price: money("3.5"))],
            discountCodes: [DiscountCode(code: "ZOE10")],
            fulfillments: [
                Fulfillment(
                    id: "7", status: .success, createdAt: time, updatedAt: time, trackingNumbers: ["TN1"],
                    lines: [Fulfillment.Line(lineID: "line-0", quantity: 1)])
            ],
            refunds: [
                Refund(
                    id: "8", createdAt: time,
                    lines: [Refund.Line(lineID: "line-0", quantity: 1, value: money("-49.95"))],
                    shipping: money("0"), moneySettled: money("999999999999.999999"), moneyPending: money("0"),
                    discrepancy: money("-0.01"))
            ],
            totals: OrderTotals(
                current: money("99.9"), currentTax: money("16.65"), currentDiscounts: money("0"),
                currentShipping: money("3.5")))
    }

    static func ledger(_ flow: String, number: Int) -> Ledger {
        var ledger = Ledger(flow: flow)
        let time = start + .seconds(Int64(number))
        ledger.told = [
            Told(
                key: "shop-\(number):purchase", occurredAt: time, toldAt: time + .seconds(2),
                contribution: Amount(units: 9))
        ]
        ledger.slots = [AcknowledgedValue("edited_state", "digest-\(number)"), AcknowledgedValue("row", "")]
        let phases: [Delivery.Phase] = [.planned, .attempted, .ambiguous, .parked(.refused)]
        for (index, phase) in phases.enumerated() {
            var delivery = Delivery(
                key: "shop-\(number):purchase_update:\(index)", kind: index == 0 ? .present : .history,
                channel: "events", eventType: "purchase_update", lane: .orders, occurredAt: time,
                after: index == 0 ? [] : ["shop-\(number):purchase_update:\(index - 1)"],
                body: Array("{\"customer_ids\":{\"email_id\":\"zoe.smith@example.test\"}}".utf8),
                contribution: -Amount(units: 1), slots: [AcknowledgedValue("row", "x")])
            delivery.phase = phase
            delivery.attempts = index
            delivery.leader = index == 3 ? "shop-\(number):purchase_update:2" : nil
            delivery.firstAttemptAt = index == 1 ? time : nil
            delivery.notBefore = index == 2 ? time : nil
            delivery.wasAmbiguous = index == 2
            delivery.plannedAt = time
            ledger.deliveries.append(delivery)
        }
        ledger.readBacks = [
            ReadBack(
                key: "shop-\(number):purchase", channel: "events", body: [0, 255, 10], notBefore: time, attempts: 2)
        ]
        ledger.planAgainAt = time + .seconds(120)
        ledger.waiting = [Waiting(eventType: "row", reason: .rateMissing)]
        ledger.isLagging = true
        return ledger
    }

    /// At generation 1.
    static func record(
        _ number: Int, email: String = "zoe.smith@example.test", skus: [String] = ["SKU-1"]
    ) -> EntityRecord {
        var record = EntityRecord(key: key(number))
        record.generation = 1
        record.truth.state = .order(order(number, email: email, skus: skus))
        record.truth.version = Version(sourceTime: start + .seconds(Int64(number)), readSequence: Int64(number))
        record.truth.acts = [Act(id: "act-\(number)", kind: .paid, at: start)]
        record.truth.dirty = Dirty(reason: .hint, notBefore: start, mark: 3, eventID: "e", floor: start, attempts: 1)
        record.truth.wasRead = true
        record.ledgers = [ledger("edits", number: number), ledger("other", number: number)]
        return record
    }

    /// - Parameter wakeAt: from when on it waits for its plan to be asked again, in `lane`.
    static func change(
        _ record: EntityRecord, truthChanged: Bool = true, wakeAt: Instant? = nil, lane: Lane = .orders,
        counts: RecordCounts = RecordCounts()
    ) -> RecordChange {
        let work = wakeAt.map { [WaitingWork(Station(.plan, lane: lane), dueAt: $0)] } ?? []
        return RecordChange(record: record, truthChanged: truthChanged, work: work, counts: counts)
    }

    /// At the stations of ``change(_:truthChanged:wakeAt:lane:counts:)``, at most so many of each.
    static func demands(_ recordsMax: Int) -> [StationDemand] {
        Lane.allCases.map { StationDemand(Station(.plan, lane: $0), recordsMax: recordsMax) }
    }

    static func commit(_ id: Int64, _ fill: (inout Commit) -> Void) -> Commit {
        var commit = Commit(id: id)
        fill(&commit)
        return commit
    }

    static func trace(_ detail: String, at offset: Int64, of number: Int?) -> TraceItem {
        TraceItem(
            at: start + .seconds(offset), kind: .decision, entity: number.map { key($0) }, flow: "edits",
            destination: "crm", eventType: "purchase", eventKey: "shop-1:purchase", reason: .noChange, detail: detail,
            receipt: 7)
    }

    static func consumed(_ number: Int, connection: String = "shop") -> Commit.ConsumedReceipt {
        Commit.ConsumedReceipt(connection: connection, deliveryID: "delivery-\(number)")
    }
}
