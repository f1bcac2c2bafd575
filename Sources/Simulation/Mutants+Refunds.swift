import Commerce
import JSON
import Sync
import Transport

/// A shop's room that overlooks something in what the shop tells of refunds and prices.
struct MisreadSource: SourceMutant {
    var inner: any Source
    let mutant: Mutant

    func observations(in receipt: Receipt) -> [Observation] {
        var misread = receipt
        misread.body = self.misread(receipt.body)
        return inner.observations(in: misread)
    }
    func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        guard case .answered(var response) = outcome else { return inner.interpret(outcome, of: read, at: now) }
        response.body = misread(response.body)
        return inner.interpret(.answered(response), of: read, at: now)
    }

    private func misread(_ body: [UInt8]) -> [UInt8] {
        guard let json = try? JSON.parse(body) else { return body }
        return Self.rewritten(json, change).encoded()
    }

    private func change(_ object: inout JSONObject) {
        switch mutant {
        case .adjustmentsByReason: Self.dropPendingAdjustments(&object)
        case .averagePrice: Self.average(&object)
        default: break
        }
    }

    /// The same with each object changed, the inner ones first.
    private static func rewritten(_ json: JSON, _ change: (inout JSONObject) -> Void) -> JSON {
        if let array = json.array { return .array(array.map { rewritten($0, change) }) }
        guard let object = json.object else { return json }
        var changed = JSONObject(object.members.map { ($0.key, rewritten($0.value, change)) })
        change(&changed)
        return .object(changed)
    }

    // MARK: Adjustments

    /// What is booked while money is on its way is taken for a word about the present, not for a booking.
    private static func dropPendingAdjustments(_ object: inout JSONObject) {
        func kept(_ list: JSON?) -> JSON? {
            (list?.array).map { adjustments in
                .array(adjustments.filter { $0["reason"]?.string?.lowercased().hasPrefix("pending") != true })
            }
        }
        if let list = kept(object["order_adjustments"]) { object["order_adjustments"] = list }
        if var connection = object["orderAdjustments"]?.object, let list = kept(connection["nodes"]) {
            connection["nodes"] = list
            object["orderAdjustments"] = .object(connection)
        }
    }

    // MARK: Prices

    /// The unit price that a read tells becomes the discount told, spread over all units of the line.
    private static func average(_ object: inout JSONObject) {
        guard let price = object["originalUnitPriceSet"], object["discountedUnitPriceAfterAllDiscountsSet"] != nil,
            let units = object["quantity"]?.int64, units > 0, let told = object["discountAllocations"]?.array
        else { return }
        func side(_ name: String) -> JSON {
            func value(_ bag: JSON?) -> Amount { amount(bag?[name]?["amount"]) }
            let discount = told.reduce(Amount.zero) { $0 + value($1["allocatedAmountSet"]) }
            let average = value(price) - discount.divided(by: Int(units))
            return [
                "amount": .string(average.description), "currencyCode": price[name]?["currencyCode"] ?? .null,
            ]
        }
        object["discountedUnitPriceAfterAllDiscountsSet"] = [
            "shopMoney": side("shopMoney"), "presentmentMoney": side("presentmentMoney"),
        ]
    }
}

/// A destination's room with one mistake about refunds in it.
struct MistakenAboutRefunds: DestinationMutant {
    var inner: any Destination
    let mutant: Mutant

    func plan(_ record: EntityRecord, in context: PlanContext) -> Plan {
        guard case .order(var order)? = record.truth.state else { return inner.plan(record, in: context) }
        guard mutant == .unitsWithoutMoneyForgotten else {
            return Self.withoutCharges(inner.plan(record, in: context), order.refunds)
        }
        order.refunds = order.refunds.map(Self.withoutUnits)
        var mistaken = record
        mistaken.truth.state = .order(order)
        return inner.plan(mistaken, in: context)
    }

    /// Units of a record without money are forgotten; its sum is kept.
    private static func withoutUnits(_ refund: Refund) -> Refund {
        guard refund.moneySettled.isZero, refund.moneyPending.isZero, !refund.discrepancy.isZero else { return refund }
        var forgotten = refund
        forgotten.shipping = refund.goodsValue
        forgotten.lines = []
        return forgotten
    }

    /// What a refund gave back beside goods and delivery is left out of what is told of it.
    private static func withoutCharges(_ plan: Plan, _ refunds: [Refund]) -> Plan {
        plan.rewriting(where: { $0.eventType == "return" }) { body in
            guard var properties = body["properties"]?.object, let id = properties["return_id"]?.string,
                let refund = refunds.first(where: { $0.id == id })
            else { return }
            let charges = refund.lines.reduce(refund.goodsValue - refund.shipping) { $0 - $1.value }
            let told = amount(properties["total_price"]) - charges.shop.rounded.amount
            properties["total_price"] = .number(JSONNumber(exactly: told.description))
            body["properties"] = .object(properties)
        }
    }
}
