import Commerce
import Sync

/// Which refund records of an order are returns, and what the order is without them.
///
/// The units of a record are told once and in one way: as returned, or as edited away. What they were told as, they
/// stay, whatever their money does afterwards. And a refund alone never makes a revision: where it changed the order's
/// value by more or less than its record itemises (a fee that no field names), the difference belongs to the return.
struct ReturnedRefunds {
    /// Oldest first. A record whose units were told as edited away is here without them.
    var refunds: [Refund]
    /// Records of units that were edited away, sorted.
    var editRecords: [String]
    var edited: EditedState
    /// By the refund's id.
    var unitemised: [String: MoneyBag] = [:]

    init(of order: Order, ledger: Ledger, purchaseID: String, chain: ChainState?) {
        let toldAsEdits = Set(chain?.editRecords ?? [])
        func key(_ refund: Refund) -> EventKey { OrderDraft.returnKey(refund, of: purchaseID) }
        func isReturn(_ refund: Refund) -> Bool { ledger.isToldOrAttempted(key(refund)) || refund.movesMoney }
        refunds = order.refunds.filter(isReturn).map { toldAsEdits.contains($0.id) ? $0.withoutGoods : $0 }
            .map { $0.withFees(told: ledger) }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        editRecords = order.refunds.filter { toldAsEdits.contains($0.id) || !isReturn($0) }.map(\.id).sorted()
        edited = EditedState(of: order, returns: refunds)
        for refund in refunds {
            guard let text = ledger.slot(OrderDraft.unitemisedSlot(refund)), let told = MoneyBag(slotText: text) else {
                continue
            }
            unitemised[refund.id] = told
            edited.total = edited.total + told
        }
        let untold = refunds.filter { !ledger.isToldOrAttempted(key($0)) }
        if let chain, !chain.isVoid { attribute(to: untold, after: chain) }
    }

    /// A difference of value alone, beside a refund whose money explains it, is that refund's.
    private mutating func attribute(to untold: [Refund], after chain: ChainState) {
        guard let revision = OrderRevision(from: chain.state, to: edited), revision.isValueOnly else { return }
        let lost = -revision.totalDelta
        let refund = untold.last { refund in
            let unexplained = (refund.money - refund.itemised).shop.amount
            return unexplained.isNegative == lost.shop.amount.isNegative
                && unexplained.magnitude >= lost.shop.amount.magnitude
        }
        guard let refund else { return }
        unitemised[refund.id] = lost
        edited.total = edited.total + lost
    }
}

extension Refund {
    /// No record names its fees, so a later refund may make them look different: they stay as they were told.
    fileprivate func withFees(told ledger: Ledger) -> Refund {
        guard let text = ledger.slot(OrderDraft.feesSlot(self)), let told = MoneyBag(slotText: text) else {
            return self
        }
        var refund = self
        refund.fees = told
        return refund
    }

    /// Its money alone: its goods left with an edit that was told.
    fileprivate var withoutGoods: Refund {
        let nothing = shipping.zeroed
        return Refund(
            id: id, createdAt: createdAt, shipping: nothing, moneySettled: moneySettled, moneyPending: moneyPending,
            discrepancy: discrepancy, note: note)
    }
}

extension MoneyBag {
    /// Exact, for what is remembered with a told return: `10.5 USD 9 EUR`.
    var slotText: String { "\(shop) \(presentment)" }

    init?(slotText: String) {
        let parts = slotText.split(separator: " ").map(String.init)
        guard parts.count == 4, let shop = Amount(parts[0]), let shopCurrency = Currency(parts[1]),
            let presentment = Amount(parts[2]), let presentmentCurrency = Currency(parts[3])
        else { return nil }
        self.init(shop: Money(shop, shopCurrency), presentment: Money(presentment, presentmentCurrency))
    }
}
