import Commerce
import JSON
import Sync

/// Money given back, and units that came back for money. A refund record without money belongs to its edit and sends
/// nothing.
extension OrderDraft {
    static func returnKey(_ refund: Refund, of purchaseID: String) -> EventKey { "\(purchaseID):return:\(refund.id)" }
    func returnKey(_ refund: Refund) -> EventKey { Self.returnKey(refund, of: purchaseID) }
    /// Keeps what a told return was worth beside what its record itemises.
    static func unitemisedSlot(_ refund: Refund) -> String { "unitemised:\(refund.id)" }
    /// Keeps the fees that a told return gave back.
    static func feesSlot(_ refund: Refund) -> String { "fees:\(refund.id)" }

    mutating func planReturns() {
        // Nothing is said of money that is on its way: whether it arrives, its gateway has still to say.
        let settled = refunds.refunds.filter(\.moneyPending.isZero)
        guard !settled.isEmpty else { return }
        guard gate.voidedAt == nil, chainAfter.map({ !$0.isVoid }) ?? true else {
            let untold = settled.filter { !ledger.isToldOrAttempted(returnKey($0)) }
            if !untold.isEmpty { decide("return", .superseded, nil, "refunds beside a cancellation belong to it") }
            return
        }
        guard chainAfter != nil else {
            let reason: Reason = gate.openedAt < context.baseline ? .beforeBaseline : .waitsForDependency
            decide("return", reason, nil, "its purchase was not told")
            return
        }
        for refund in settled { planReturn(refund) }
    }

    /// What a refund takes off the order's worth: what the record itself explains (goods, shipping, duties, fees, a
    /// discrepancy), and what else the order lost by it. Money beyond that settles an edit, which told its difference
    /// itself; where less money moved than the goods were worth, the buyer still owed the difference and now does not.
    func returned(_ refund: Refund) -> MoneyBag {
        refunds.unitemised[refund.id].map { refund.itemised + $0 } ?? refund.itemised
    }

    private mutating func planReturn(_ refund: Refund) {
        let key = returnKey(refund)
        if ledger.isToldOrAttempted(key) { return }
        if ledger.isParked(key) {
            wait("return", .refused, "refused before; `plumbline exceptions` says why")
            return
        }
        let amount = side.money(returned(refund)).amount
        let lines = returnedLines(of: refund)
        // Units that came back are told even where the shop kept their money, or gives it back in another record.
        guard !amount.isZero || !lines.isEmpty else {
            decide("return", .noChange, key, "settles an edit that was told already")
            return
        }
        guard mayTell("return", factAt: refund.createdAt) else { return }
        let products: [JSON] = lines.map { line, returned in
            var entry = identityProperties(line)
            entry["quantity"] = JSON(returned.quantity)
            return .object(entry)
        }
        let properties: JSONObject = [
            "order_name": .string(order.name), "product_list": .array(products), "return_id": .string(refund.id),
            "shipping_value": reference(refund.shippingPrice), "total_price": Self.number(amount),
            "total_price_local_currency": local(returned(refund)),
        ]
        var slots =
            refunds.unitemised[refund.id].map { [AcknowledgedValue(Self.unitemisedSlot(refund), $0.slotText)] } ?? []
        if !refund.fees.isZero || !(refund.money - refund.itemised).isZero {
            slots.append(AcknowledgedValue(Self.feesSlot(refund), refund.fees.slotText))
        }
        tell(
            "return", key: key, at: refund.createdAt, properties: properties, after: openChainKeys,
            contribution: -amount, slots: slots)
        for (line, returned) in lines { tellReturned(line, returned, of: refund) }
        decide("return", .told, key, "\(Money(amount, context.flow.referenceCurrency)) given back")
    }

    /// Each line once: a record may name one in several entries, of units shipped and not shipped.
    private func returnedLines(of refund: Refund) -> [(EditedState.EditedLine, Refund.Line)] {
        edited.lines.compactMap { line in
            let entries = refund.lines.filter { $0.lineID == line.lineID && $0.quantity > 0 }
            guard let first = entries.first else { return nil }
            return (line, entries.dropFirst().reduce(first) { $0.and($1) })
        }
    }

    private mutating func tellReturned(_ line: EditedState.EditedLine, _ returned: Refund.Line, of refund: Refund) {
        let key = returnKey(refund)
        var item = identityProperties(line)
        item["price"] = reference(line.unitPrice)
        item["quantity"] = JSON(returned.quantity)
        item["return_id"] = .string(refund.id)
        item["total_price"] = reference(returned.price)
        item["total_price_local_currency"] = local(returned.price)
        tell(
            "return_item", key: "\(key):item:\(returned.lineID)", at: refund.createdAt, properties: item, leader: key)
    }

    /// What told returns took off each line, by line id.
    var toldReturnedGoods: [String: Refund.Line] {
        let told = refunds.refunds.filter { ledger.isToldOrAttempted(returnKey($0)) }.flatMap(\.lines)
        return Dictionary(told.map { ($0.lineID, $0) }, uniquingKeysWith: { $0.and($1) })
    }

    /// A return waits for the chain, because a refused revision would change its amount.
    private var openChainKeys: [EventKey] {
        let types: Set<String> = ["purchase", "purchase_update"]
        let attempted = ledger.deliveries.filter { $0.mayBeTold && types.contains($0.eventType) }.map(\.key)
        return attempted + plan.deliveries.filter { types.contains($0.eventType) }.map(\.key)
    }
}
