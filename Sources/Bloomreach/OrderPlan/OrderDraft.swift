import Commerce
import JSON
import Sync

/// A plan in the making for one order. Each area (chain, returns, fulfilments, row) adds to it.
struct OrderDraft: PlanDraft {
    let record: EntityRecord
    let order: Order
    let ledger: Ledger
    let context: PlanContext
    let gate: PurchaseGate
    let side: ReferenceSide
    let role: JourneyPlace
    let configuration: BloomreachConfiguration
    /// What the destination calls the order.
    let purchaseID: String
    /// The refund records that are returns; those of all others are part of an edit.
    let refunds: ReturnedRefunds
    /// What the order is, before anything of it was given back.
    var edited: EditedState { refunds.edited }
    /// What the lines of ``edited`` come to by a rate; `nil` where the source tells the reference currency itself.
    let convertedParts: ReferenceSide.ConvertedParts?
    /// The chain as told or attempted.
    let chain: ChainState?
    let address: PersonAddress.Choice

    var plan = Plan()
    /// The chain as it will be when everything planned here is told.
    var chainAfter: ChainState?

    init(
        record: EntityRecord, order: Order, ledger: Ledger, context: PlanContext, gate: PurchaseGate,
        side: ReferenceSide,
        role: JourneyPlace, configuration: BloomreachConfiguration
    ) {
        self.record = record
        self.order = order
        self.ledger = ledger
        self.context = context
        self.gate = gate
        self.side = side
        self.role = role
        self.configuration = configuration
        chain = ChainState(slot: ledger.slot(ChainState.slotName))
        chainAfter = chain
        purchaseID = "\(context.flow.idPrefix)-\(order.id)"
        refunds = ReturnedRefunds(of: order, ledger: ledger, purchaseID: purchaseID, chain: chain)
        convertedParts = side.convertedParts(of: refunds.edited)
        address = PersonAddress.choose(
            for: record, ledger: ledger, in: context, identity: configuration.identity)
    }

    var purchaseKey: EventKey { "\(purchaseID):purchase" }

    /// The sum of what was told or may have been: what a cancellation has to zero.
    var toldValue: Amount {
        let told = ledger.told.reduce(Amount.zero) { $0 + $1.contribution }
        return ledger.deliveries.filter(\.mayBeTold).reduce(told) { $0 + $1.contribution }
    }

    /// Events that carry value. A revision is one even when its delta is nothing: a swap at the same price.
    static let valueTypes: Set<String> = ["purchase", "purchase_update", "purchase_cancellation", "return"]

    /// Keys of chain and return deliveries under way: what later value must wait for.
    var openValueKeys: [EventKey] {
        let attempted = ledger.deliveries.filter { $0.mayBeTold && Self.valueTypes.contains($0.eventType) }.map(\.key)
        return attempted + plan.deliveries.filter { Self.valueTypes.contains($0.eventType) }.map(\.key)
    }

    /// Adds an event. The first event of an order freezes its address and its reference currency.
    mutating func tell(
        _ type: String, key: EventKey, at time: Instant, properties: JSONObject, after: [EventKey] = [],
        leader: EventKey? = nil, contribution: Amount = .zero, slots: [AcknowledgedValue] = [],
        named eventType: String? = nil
    ) {
        guard case .address(let address) = address else { return }
        var all = JSONObject([(key: "event_key", value: .string(key))])
        for member in commonProperties(at: time).members { all[member.key] = member.value }
        for member in properties.members { all[member.key] = member.value }
        let sortedProperties = JSON.object(all).encoded(sortingKeys: true)
        var body = Array("{\"customer_ids\":\(address.text),\"event_type\":".utf8)
        JSON.string(eventType ?? type).append(to: &body)
        body.append(contentsOf: ",\"properties\":".utf8)
        body.append(contentsOf: sortedProperties)
        body.append(contentsOf: ",\"timestamp\":\(EventTime.text(time, for: type, key: key))}".utf8)
        plan.deliveries.append(
            Delivery(
                key: key, kind: .history, channel: BloomreachDestination.trackingChannel, eventType: type,
                lane: .orders,
                occurredAt: time, after: after, leader: leader, body: body, contribution: contribution,
                slots: slots + [
                    AcknowledgedValue(Ledger.addressSlot, address.text),
                    AcknowledgedValue(ReferenceSide.slotName, side.text),
                ]))
    }

    private func commonProperties(at time: Instant) -> JSONObject {
        [
            "journey_id": .string(role.journeyID ?? purchaseID),
            "live": .bool(context.stage(at: time) == .live),
            "local_currency": .string(order.totals.presentmentCurrency.code),
            "purchase_id": .string(purchaseID),
            "purchase_source_name": .string(context.flow.sourceName),
            "purchase_source_type": .string(order.purchaseSourceType),
            "reference_currency": .string(context.flow.referenceCurrency.code),
        ]
    }

    // MARK: Money as Bloomreach reads it: plain numbers

    func reference(_ bag: MoneyBag) -> JSON { Self.number(side.money(bag).amount) }
    func local(_ bag: MoneyBag) -> JSON { Self.number(bag.presentment.rounded.amount) }
    static func number(_ amount: Amount) -> JSON { .number(JSONNumber(exactly: amount.description)) }
}

/// Event times as Bloomreach takes them: seconds since 1970 with a fraction (docs/vendors/bloomreach.md, Tracking:
/// commands).
enum EventTime {
    /// Sources tell whole seconds, and two facts of one order often share one. The fraction is the fact's place in
    /// the chain, so it is the same at every resend and sorts the events as they happened.
    static func text(_ time: Instant, for type: String, key: EventKey) -> String {
        let seconds = time.wholeSeconds
        let given = time.microseconds - seconds * 1_000_000
        let fraction = given != 0 ? given / 1_000 : place(of: type, key: key)
        guard fraction != 0 else { return String(seconds) }
        let digits = String(fraction)
        return "\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// Milliseconds: purchase first, then revisions by number, fulfilments, returns, the cancellation last.
    private static func place(of type: String, key: EventKey) -> Int64 {
        switch type {
        case "purchase", "purchase_item": return 0
        case "purchase_update", "purchase_item_removed":
            let parts = key.split(separator: ":")
            let index = parts.firstIndex(of: "revision").map { parts.index(after: $0) }
            let revision = index.flatMap { $0 < parts.endIndex ? Int64(parts[$0]) : nil } ?? 1
            return min(revision, 499)
        case "fulfillment": return 600
        case "return", "return_item": return 700
        default: return 900
        }
    }
}

extension Order {
    /// `store` for a sale at a till, else `online`.
    var purchaseSourceType: String { sourceName == "pos" ? "store" : "online" }
}
