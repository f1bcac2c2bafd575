import Commerce
import JSON
import Sync

/// Money given back. A refund record without money belongs to its edit and sends nothing.
extension OrderDraft {
    func returnKey(_ refund: Refund) -> EffectKey { "\(purchaseID):return:\(refund.id)" }

    mutating func planReturns() {
        let refunds = order.refunds.filter { $0.movesMoney && $0.moneyPending.isZero }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        guard !refunds.isEmpty else { return }
        guard gate.voidedAt == nil, chainAfter.map({ !$0.isVoid }) ?? true else {
            let untold = refunds.filter { !ledger.isToldOrAttempted(returnKey($0)) }
            if !untold.isEmpty { decide("return", .superseded, nil, "refunds beside a cancellation belong to it") }
            return
        }
        guard chainAfter != nil else {
            let reason: Reason = gate.openedAt < context.baseline ? .beforeBaseline : .waitsForDependency
            decide("return", reason, nil, "its purchase was not told")
            return
        }
        for refund in refunds { planReturn(refund, amount: side.money(returned(refund)).amount) }
    }

    /// What a refund takes off the order's worth: what the record itself explains (goods, shipping, a discrepancy).
    /// Money beyond that settles an edit, which told its difference itself; where less money moved than the goods were
    /// worth, the buyer still owed the difference and now does not.
    func returned(_ refund: Refund) -> MoneyBag { refund.goodsValue + refund.discrepancy }

    private mutating func planReturn(_ refund: Refund, amount: Amount) {
        let key = returnKey(refund)
        if ledger.isToldOrAttempted(key) { return }
        if ledger.isParked(key) {
            wait("return", .refused, "refused before; `plumbline exceptions` says why")
            return
        }
        guard !amount.isZero else {
            decide("return", .noChange, key, "settles an edit that was told already")
            return
        }
        guard mayTell("return", factAt: refund.createdAt) else { return }
        let lines = refund.lines.compactMap { returned in
            edited.lines.first { $0.lineID == returned.lineID }.map { ($0, returned) }
        }
        let products: [JSON] = lines.map { line, returned in
            var entry = identityProperties(line)
            entry["quantity"] = JSON(returned.quantity)
            return .object(entry)
        }
        let properties: JSONObject = [
            "order_name": .string(order.name), "product_list": .array(products), "return_id": .string(refund.id),
            "shipping_value": reference(refund.shipping), "total_price": Self.number(amount),
            "total_price_local_currency": local(returned(refund)),
        ]
        tell(
            "return", key: key, at: refund.createdAt, properties: properties, after: openChainKeys,
            contribution: -amount)
        for (line, returned) in lines {
            var item = identityProperties(line)
            item["price"] = reference(line.unitPrice)
            item["quantity"] = JSON(returned.quantity)
            item["return_id"] = .string(refund.id)
            item["total_price"] = reference(returned.value)
            item["total_price_local_currency"] = local(returned.value)
            tell(
                "return_item", key: "\(key):item:\(returned.lineID)", at: refund.createdAt, properties: item,
                leader: key)
        }
        decide("return", .told, key, "\(Money(amount, context.flow.referenceCurrency)) given back")
    }

    /// A return waits for the chain, because a refused revision would change its amount.
    private var openChainKeys: [EffectKey] {
        let types: Set<String> = ["purchase", "purchase_update"]
        let attempted = ledger.deliveries.filter { $0.mayBeTold && types.contains($0.eventType) }.map(\.key)
        return attempted + plan.deliveries.filter { types.contains($0.eventType) }.map(\.key)
    }
}
