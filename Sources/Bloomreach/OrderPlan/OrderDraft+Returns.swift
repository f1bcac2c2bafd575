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
        guard gate.voidedAt == nil, let chainAfter, !chainAfter.isVoid else {
            explainUntold(refunds)
            return
        }
        var settleable = max(chainAfter.reducedBefore + negativeDeltas, reducedByEdits)
        for refund in refunds {
            let money = side.money(refund.moneySettled).amount
            let settles = settlement(of: refund, money: money, settleable: settleable)
            if !settles.isNegative { settleable = settleable - settles }
            planReturn(refund, amount: money - settles)
        }
    }

    private mutating func explainUntold(_ refunds: [Refund]) {
        guard refunds.contains(where: { !ledger.isToldOrAttempted(returnKey($0)) }) else { return }
        if gate.voidedAt != nil || chainAfter != nil {
            decide("return", .superseded, nil, "refunds beside a cancellation belong to it")
        } else if gate.openedAt < context.baseline {
            decide("return", .beforeBaseline, nil, "its purchase happened before this flow began")
        } else {
            wait("return", .waitsForDependency, "its purchase was not told")
        }
    }

    /// What revisions have taken off the order's value: told, attempted or planned here.
    private var negativeDeltas: Amount {
        let told = ledger.told.filter { $0.key.hasPrefix("\(purchaseID):revision:") }.map(\.contribution)
        let attempted = (ledger.deliveries.filter(\.mayBeTold) + plan.deliveries)
            .filter { $0.eventType == "purchase_update" }.map(\.contribution)
        return (told + attempted).filter(\.isNegative).reduce(.zero) { $0 - $1 }
    }

    /// The part of a refund's money that an earlier reduction already told. What the record itself explains (goods,
    /// shipping, a discrepancy) is new; only the rest can settle an edit, and no more than edits took away. Negative
    /// where less money moved than the goods were worth: the buyer still owed the difference and now does not.
    private func settlement(of refund: Refund, money: Amount, settleable: Amount) -> Amount {
        let key = returnKey(refund)
        if let told = ledger.told.first(where: { $0.key == key })?.contribution { return money + told }
        if let open = ledger.deliveries.first(where: { $0.key == key && $0.mayBeTold }) {
            return money + open.contribution
        }
        let explained = side.money(refund.goodsValue).amount + side.money(refund.discrepancy).amount
        let rest = money - explained
        return min(rest, settleable)
    }

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
        let localMoney = localPart(amount, of: refund)
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
            "total_price_local_currency": Self.number(localMoney),
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

    /// The buyer's side of a return: the same share of the money as in the reference currency, or of the goods where no
    /// money moved.
    private func localPart(_ amount: Amount, of refund: Refund) -> Amount {
        let whole = refund.moneySettled.isZero ? refund.goodsValue : refund.moneySettled
        let local = whole.presentment.amount.scaled(by: amount, of: side.money(whole).amount)
        return local.rounded(decimals: whole.presentment.currency.minorUnitDigits)
    }

    /// A return waits for the chain, because a refused revision would change its amount.
    private var openChainKeys: [EffectKey] {
        let types: Set<String> = ["purchase", "purchase_update"]
        let attempted = ledger.deliveries.filter { $0.mayBeTold && types.contains($0.eventType) }.map(\.key)
        return attempted + plan.deliveries.filter { types.contains($0.eventType) }.map(\.key)
    }
}
