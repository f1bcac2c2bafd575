import JSON

/// What is charged beside goods and delivery: import duties per line, additional fees and tips, and how they are given
/// back.
extension ShopifyShop {
    private static let dutyTypes = ["proportional", "full"]

    /// A tip is a line without a product that is never shipped and carries no tax.
    mutating func addTip(_ arguments: ShopifyArguments, to order: inout ShopifyOrder) throws(TwinProblem) {
        order.tipInSubtotal = settings.tipInSubtotal
        guard let amount = try arguments.amount("tip"), amount > .zero else { return }
        var line = ShopifyLine(
            id: newID(), variant: nil, sku: nil, title: "Tip", variantTitle: nil, unit: order.currencies.money(amount),
            quantity: 1, current: 1, unfulfilled: 0)
        line.taxable = false
        line.isTip = true
        order.lines.append(line)
    }

    mutating func addFee(_ arguments: ShopifyArguments, to order: inout ShopifyOrder) throws(TwinProblem) {
        guard let amount = try arguments.amount("fees"), amount > .zero else { return }
        order.fee = ShopifyFee(id: newID(), price: order.currencies.money(amount))
    }

    /// The duty of a line, for all its units.
    mutating func duty(
        _ entry: ShopifyArguments, units: Int, _ currencies: ShopifyCurrencies
    ) throws(TwinProblem) -> ShopifyDuty? {
        guard let amount = try entry.amount("duty"), amount > .zero else { return nil }
        return ShopifyDuty(id: newID(), price: currencies.money(amount), units: units)
    }

    // MARK: Giving back

    /// `duties: proportional` gives the share of the returned units, `full` all that is left of the duties of the
    /// returned lines; of every line where no line is returned.
    func giveDuties(
        _ arguments: ShopifyArguments, _ refund: inout ShopifyRefund, _ order: inout ShopifyOrder
    ) throws(TwinProblem) {
        guard let type = try arguments.string("duties") else { return }
        guard Self.dutyTypes.contains(type) else { throw TwinProblem("refund: unknown type of duties", Self.dutyTypes) }
        for index in order.lines.indices {
            let units = refund.lines.filter { $0.lineID == order.lines[index].id }.map(\.quantity).reduce(0, +)
            guard units > 0 || (type == "full" && refund.lines.isEmpty) else { continue }
            giveDuty(of: index, units: type == "full" ? nil : units, &refund, &order)
        }
        guard !refund.duties.isEmpty else { throw TwinProblem("refund: no duties are left on these lines", []) }
    }

    /// - Parameter units: `nil` for all that is left.
    private func giveDuty(
        of index: Int, units: Int?, _ refund: inout ShopifyRefund, _ order: inout ShopifyOrder
    ) {
        guard var duty = order.lines[index].duty, duty.current != .zero else { return }
        let refundedUnits = units.map { min(duty.units, duty.refundedUnits + $0) } ?? duty.units
        // Shares are differences of a running sum, so that the last one leaves no crumb.
        let sum =
            refundedUnits == duty.units
            ? duty.price
            : order.currencies.scaled(duty.price, by: Int64(refundedUnits), over: Int64(duty.units))
        let amount = sum - duty.refunded
        duty.refundedUnits = refundedUnits
        guard amount.shop > .zero else { return }
        duty.refunded += amount
        order.lines[index].duty = duty
        refund.duties.append(ShopifyRefundDuty(dutyID: duty.id, amount: amount))
    }

    func giveFees(
        _ arguments: ShopifyArguments, _ refund: inout ShopifyRefund, _ order: inout ShopifyOrder
    ) throws(TwinProblem) {
        guard let asked = try arguments.amount("fees") else { return }
        let left = order.fee?.current ?? .zero
        guard asked > .zero, asked <= left.shop else {
            throw TwinProblem("refund: \(left.shop.shortText) is left of the additional fees", [])
        }
        refund.fees = asked == left.shop ? left : order.currencies.money(asked)
        order.fee?.refunded += refund.fees
    }

    /// A cancellation gives back duties and fees too.
    func giveAllCharges(_ refund: inout ShopifyRefund, _ order: inout ShopifyOrder) {
        for index in order.lines.indices { giveDuty(of: index, units: nil, &refund, &order) }
        guard let left = order.fee?.current, left.shop > .zero else { return }
        refund.fees = left
        order.fee?.refunded += left
    }
}
