import Commerce
import JSON
import Sync

/// Purchase, revisions and cancellation: the chain in which value moves.
extension OrderDraft {
    mutating func planChain() {
        // A purchase that was refused stays the one question there is, unless nothing of it is left.
        if chain != nil || gate.voidedAt != nil { supersedeParked() }
        if let voidedAt = gate.voidedAt {
            planCancellation(at: voidedAt)
        } else if let chain {
            planRevision(after: chain)
        } else {
            planPurchase()
        }
    }

    // MARK: Purchase

    private mutating func planPurchase() {
        guard gate.isOpen else {
            wait("purchase", .notPurchaseYet, "payment is \(order.financialStatus.rawValue)")
            return
        }
        if isHeldForPair(since: order.createdAt, "purchase") { return }
        guard mayTell("purchase", factAt: gate.openedAt) else { return }
        if ledger.isParked(purchaseKey) {
            wait("purchase", .refused, "refused before; `plumbline exceptions` says why")
            return
        }
        let state = ChainState(
            revision: 0, isVoid: false, cancellations: 0, at: gate.openedAt, state: edited,
            editRecords: refunds.editRecords)
        var properties = orderProperties()
        properties["purchase_status"] = "success"
        if let replaces = role.replaces {
            properties["is_replacement"] = true
            properties["replaces"] = .string(replaces)
        }
        tell(
            "purchase", key: purchaseKey, at: gate.openedAt, properties: properties,
            contribution: side.money(edited.total).amount,
            slots: [AcknowledgedValue(ChainState.slotName, state.slotText)] + replacementSlots)
        chainAfter = state
        for line in edited.lines {
            var item = itemProperties(line, units: line.quantity, price: line.price(units: line.quantity))
            item["purchase_status"] = "success"
            tell(
                "purchase_item", key: "\(purchaseID):purchase_item:\(line.lineID)", at: gate.openedAt, properties: item,
                leader: purchaseKey)
        }
        decide("purchase", .told, purchaseKey, "\(side.money(edited.total)), \(edited.lines.count) lines")
    }

    /// Whether a fact may be told at all: address, baseline, horizon.
    mutating func mayTell(_ eventType: String, factAt time: Instant) -> Bool {
        if isPast(eventType, factAt: time) { return false }
        if case .none(let reason) = address {
            let detail: String? =
                switch reason {
                case .noIdentity: "nothing is known by which this project calls a person"
                case .waitsForDependency: "who the buyer is has not been acknowledged yet"
                default: nil
                }
            if reason == .waitsForDependency { plan.awaitsAddress = true }
            wait(eventType, reason, detail)
            return false
        }
        return true
    }

    // MARK: Revisions

    private mutating func planRevision(after chain: ChainState) {
        let type = "purchase_update"
        let revision = chain.isVoid ? reinstatement(after: chain) : OrderRevision(from: chain.state, to: edited)
        guard let revision else {
            guard let place = placeText, ledger.slot(Self.replacesSlot) != place else {
                decide(type, .noChange)
                return
            }
            planLink(saying: place, after: chain)
            return
        }
        if let refused = refusedRevision(of: edited) {
            wait(type, .refused, "revision refused before (\(refused)); `plumbline exceptions` says why")
            return
        }
        let number = nextRevision(after: chain)
        let time = max(order.updatedAt, chain.at)
        let key = "\(purchaseID):revision:\(number)"
        // A cancellation took back what was told net of returns, so an order that stands again is told net of them.
        let value =
            chain.isVoid
            ? Money(side.money(edited.total).amount + toldReturns, context.flow.referenceCurrency)
            : side.money(edited.total) - side.money(chain.state.total)
        let state = ChainState(
            revision: number, isVoid: false, cancellations: chain.cancellations, at: time, state: edited,
            editRecords: refunds.editRecords)
        let isLadder = context.flow.policies.purchasePattern == .statusLadder
        tell(
            type, key: key, at: time,
            properties: revisionProperties(
                revision, number: number, value: value.amount, chain: chain, isLadder: isLadder),
            after: openValueKeys, contribution: value.amount,
            slots: [AcknowledgedValue(ChainState.slotName, state.slotText)] + replacementSlots,
            named: isLadder ? "purchase" : nil)
        chainAfter = state
        tellItems(of: revision, number: number, at: time)
        decide(type, .told, key, Self.describe(revision, value))
    }

    /// What makes a cancelled order stand again: each line less what told returns took off it, at their own prices.
    /// Otherwise half of an odd cent would be rounded once with the return and once more here.
    private func reinstatement(after chain: ChainState) -> OrderRevision? {
        let returned = toldReturnedGoods
        var revision = OrderRevision(from: chain.emptied(like: edited, but: returned).state, to: edited)
        for (index, change) in (revision?.added ?? []).enumerated() {
            guard let gone = returned[change.line.lineID] else { continue }
            revision?.added[index].price = change.line.price(units: change.after) - gone.price
        }
        return revision
    }

    /// What was refused and is not what the order is now. Were it told or given up later, the chain would go on from a
    /// outdated state: a cancellation would be told twice, or a difference to a state that was never told.
    private mutating func supersedeParked() {
        let isVoid = gate.voidedAt != nil
        plan.superseded += ledger.deliveries.filter { delivery in
            guard case .parked = delivery.phase,
                let told = ChainState(slot: delivery.slots.first { $0.name == ChainState.slotName }?.text)
            else { return false }
            return told.isVoid != isVoid || (!isVoid && told.state != edited)
        }.map(\.key)
    }

    func nextRevision(after chain: ChainState) -> Int {
        let prefix = "\(purchaseID):revision:"
        let taken = ledger.deliveries.filter { $0.phase != .planned && $0.key.hasPrefix(prefix) }
            .compactMap { Int($0.key.dropFirst(prefix.count)) }
        return max(chain.revision, taken.max() ?? 0) + 1
    }

    /// The key of a refused revision that would say the same.
    private func refusedRevision(of state: EditedState) -> EventKey? {
        ledger.deliveries.first { delivery in
            guard case .parked = delivery.phase, delivery.eventType == "purchase_update" else { return false }
            let slot = delivery.slots.first { $0.name == ChainState.slotName }
            return ChainState(slot: slot?.text)?.state == state
        }?.key
    }

    func revisionProperties(
        _ revision: OrderRevision, number: Int, value: Amount, chain: ChainState, isLadder: Bool
    ) -> JSONObject {
        var properties = orderProperties()
        properties["address_changed"] = .bool(revision.addressChanged)
        properties["buyer_changed"] = .bool(revision.buyerChanged)
        properties["changes"] = changes(of: revision)
        properties["is_reinstatement"] = .bool(chain.isVoid)
        properties["purchase_status"] = .string(isLadder ? "updated" : "success")
        properties["revision"] = JSON(number)
        properties["shipping_changed"] = .bool(revision.shippingChanged)
        properties["total_delta"] = Self.number(value)
        addReplacement(to: &properties)
        let localBefore = chain.isVoid ? toldLocalReturns : chain.state.total.presentment
        properties["total_delta_local_currency"] = Self.number((edited.total.presentment - localBefore).rounded.amount)
        return properties
    }

    private func changes(of revision: OrderRevision) -> JSON {
        func entry(_ type: String, _ line: EditedState.EditedLine, _ more: JSONObject) -> JSON {
            var entry = identityProperties(line)
            entry["type"] = .string(type)
            for member in more.members { entry[member.key] = member.value }
            return .object(entry)
        }
        let units = (revision.removed + revision.added).map { change in
            entry(
                change.isWholeLine ? (change.after == 0 ? "removed" : "added") : "quantity", change.line,
                ["quantity_before": JSON(change.before), "quantity_after": JSON(change.after)])
        }
        let prices = revision.priceChanges.map { change in
            entry(
                "price", change.line,
                ["price_before": reference(change.before), "price_after": reference(change.after)])
        }
        return .array(units + prices)
    }

    private mutating func tellItems(of revision: OrderRevision, number: Int, at time: Instant) {
        for change in revision.added {
            var item = itemProperties(change.line, units: change.units, price: change.price)
            item["purchase_status"] = "success"
            item["revision"] = JSON(number)
            tell(
                "purchase_item", key: "\(purchaseID):revision:\(number):item:\(change.line.lineID)", at: time,
                properties: item, leader: "\(purchaseID):revision:\(number)")
        }
        for change in revision.removed {
            var item = itemProperties(change.line, units: change.units, price: change.price)
            item["revision"] = JSON(number)
            tell(
                "purchase_item_removed", key: "\(purchaseID):revision:\(number):item_removed:\(change.line.lineID)",
                at: time, properties: item, leader: "\(purchaseID):revision:\(number)")
        }
    }

    private static func describe(_ revision: OrderRevision, _ value: Money) -> String {
        var parts: [String] = []
        for change in revision.removed {
            parts.append("removed \(change.units) x \(change.line.sku ?? change.line.lineID)")
        }
        for change in revision.added {
            parts.append("added \(change.units) x \(change.line.sku ?? change.line.lineID)")
        }
        for change in revision.priceChanges { parts.append("price of \(change.line.sku ?? change.line.lineID)") }
        if revision.shippingChanged { parts.append("shipping") }
        if revision.addressChanged { parts.append("address") }
        if revision.buyerChanged { parts.append("buyer") }
        return (parts.isEmpty ? "value only" : parts.joined(separator: ", ")) + ", total \(value)"
    }

    // MARK: Cancellation

    private mutating func planCancellation(at voidedAt: Instant) {
        let type = "purchase_cancellation"
        guard let chain else {
            decide("purchase", .superseded, nil, "void before its purchase was told")
            return
        }
        guard !chain.isVoid else {
            decide(type, .noChange)
            return
        }
        if isHeldForReplacement(since: voidedAt, type) { return }
        let suffix = chain.cancellations == 0 ? "" : ":\(chain.cancellations + 1)"
        let key = "\(purchaseID):cancellation\(suffix)"
        if ledger.isParked(key) {
            wait(type, .refused, "refused before; `plumbline exceptions` says why")
            return
        }
        let time = max(voidedAt, chain.at)
        let state = ChainState(
            revision: chain.revision, isVoid: true, cancellations: chain.cancellations + 1, at: time,
            state: chain.state, editRecords: chain.editRecords ?? [])
        let value = toldValue
        var properties: JSONObject = [
            "order_name": .string(order.name), "reason": .string(gate.voidReason), "total_price": Self.number(value),
            "total_price_local_currency": Self.number(toldLocalValue),
        ]
        if let replacement = gate.replacedBy { properties["replaced_by"] = .string(replacement) }
        tell(
            type, key: key, at: time, properties: properties, after: openValueKeys, contribution: -value,
            slots: [AcknowledgedValue(ChainState.slotName, state.slotText)])
        chainAfter = state
        decide(type, .told, key, "\(gate.voidReason), takes back \(Money(value, context.flow.referenceCurrency))")
    }

    /// The buyer's side of what was told: the edited state less what returns gave back.
    private var toldLocalValue: Amount {
        guard let chain else { return .zero }
        return (chain.state.total.presentment - toldLocalReturns).rounded.amount
    }

    /// What returns took off what was told; negative.
    private var toldReturns: Amount {
        let told = ledger.told.filter { $0.key.hasPrefix("\(purchaseID):return:") }.map(\.contribution)
        let attempted = ledger.deliveries.filter { $0.mayBeTold && $0.eventType == "return" }.map(\.contribution)
        return (told + attempted).reduce(.zero) { $0 + $1 }
    }

    /// The same as the buyer got it; positive.
    private var toldLocalReturns: Money {
        refunds.refunds.filter { ledger.isToldOrAttempted(returnKey($0)) }
            .reduce(Money.zero(order.totals.presentmentCurrency)) { $0 + returned($1).presentment.rounded }
    }
}

extension ChainState {
    /// Nothing left but the units that had come back before: what a reinstated order is compared with.
    fileprivate func emptied(like other: EditedState, but returned: [String: Refund.Line]) -> ChainState {
        var state = self
        state.state.lines = other.lines.compactMap { line in
            guard let gone = returned[line.lineID] else { return nil }
            var line = line
            line.quantity = min(gone.quantity, line.quantity)
            return line
        }
        state.state.total = other.total.zeroed
        return state
    }
}
