import Commerce
import JSON
import Sync

/// The order as it is now: one flat row in the catalogue `orders`, without personal data. Replaced whole.
extension OrderDraft {
    static let rowSlot = "row"
    /// How long a first row waits for its purchase, while the destination is being told who the buyer is.
    static let rowWaitMax = TimeSpan.seconds(5)

    mutating func planRow() {
        // A row of another shop is another flow's, with names and amounts of its own.
        let isMirror = role.current.map { $0 != record.key && $0.connection == record.key.connection } ?? false
        if isMirror, context.isJourneyCurrentMissing {
            // The row mirrors an order that is not at hand: it is planned when both are.
            plan.wantsJourneyCurrent = true
            return
        }
        let properties = (isMirror ? mirrored() : nil) ?? rowProperties()
        let content = JSON.object(properties).text(sortingKeys: true)
        let digest = StableDigest.of(content)
        guard ledger.slot(Self.rowSlot) != digest else {
            decide("row", .noChange)
            return
        }
        var all = properties
        all["told_hash"] = .string(digest)
        // Times of the version are no change by themselves (A4), so they ride along outside the digest.
        all["truth_version"] = .string(order.updatedAt.description)
        all["updated_at"] = JSON(order.updatedAt.wholeSeconds)
        let body = JSON.object([
            "item_id": .string(purchaseID), "properties": .object(all),
        ]).encoded(sortingKeys: true)
        if let refused = refusedRow(saying: digest) {
            wait("row", .refused, "row refused before (\(refused)); `plumbline exceptions` says why")
            return
        }
        let open = ledger.deliveries.filter { $0.kind == .present && $0.mayBeTold }
        let key = freeKey("\(purchaseID):row:\(digest.prefix(12))", among: open.map(\.key))
        var delivery = Delivery(
            key: key, kind: .present, channel: BloomreachDestination.ordersChannel, eventType: "row", lane: .orders,
            occurredAt: order.updatedAt, after: open.map(\.key), body: body,
            slots: [AcknowledgedValue(Self.rowSlot, digest)])
        delivery.notBefore = rowNotBefore
        plan.deliveries.append(delivery)
        decide("row", .told, key, delivery.notBefore.map { "not before \($0), so that it can say what was told" })
    }

    /// A first row that says "not told" would be replaced within the second, once the buyer is acknowledged.
    private var rowNotBefore: Instant? {
        guard plan.awaitsAddress, ledger.slot(Self.rowSlot) == nil else { return nil }
        return (ledger.awaitsAddressSince ?? context.now) + Self.rowWaitMax
    }

    /// The row of a journey's first order shows the order that stands for the journey now (docs/architecture.md, What
    /// Bloomreach is told).
    private mutating func mirrored() -> JSONObject? {
        guard let current = context.journeyCurrent, let order = current.truth.order,
            current.key.connection == record.key.connection
        else { return nil }
        var currentContext = context
        currentContext.journeyCurrent = nil
        let place = JourneyPlace(current.key, in: context)
        let gate = PurchaseGate(
            order: order, truth: current.truth, rules: context.purchaseRules, role: place)
        let ledger = current[flow: context.flow.name]
        // It may have been paid in another currency than the first order; without a rate that one keeps its own row.
        guard let side = OrderPlan.referenceSide(order, ledger, context.flow) else { return nil }
        var draft = OrderDraft(
            record: current, order: order, ledger: ledger, context: currentContext, gate: gate, side: side, role: place,
            configuration: configuration)
        draft.planChainOfMirror(&plan)
        var row = draft.rowProperties()
        // It is still found under its own id, and says whose content it shows.
        row["mirrors"] = .string(context.flow.purchaseID(current.key))
        return row
    }

    /// The row says how far its order will be told, as that order's own row does; what holds it back, holds this row.
    private mutating func planChainOfMirror(_ plan: inout Plan) {
        guard ledger.slot(ChainState.slotName) != nil || OrderPlan.exclusion(order, context.purchaseRules) == nil else {
            return
        }
        planChain()
        plan.awaitsAddress = plan.awaitsAddress || self.plan.awaitsAddress
        plan.planAgainAt = [plan.planAgainAt, self.plan.planAgainAt].compactMap { $0 }.min()
    }

    private func refusedRow(saying digest: String) -> EventKey? {
        ledger.deliveries.first { delivery in
            guard case .parked = delivery.phase, delivery.kind == .present else { return false }
            return delivery.slots.contains(AcknowledgedValue(Self.rowSlot, digest))
        }?.key
    }

    private func rowProperties() -> JSONObject {
        var row: JSONObject = [
            "created_at": JSON(order.createdAt.wholeSeconds),
            "discount": reference(order.totals.currentDiscounts),
            "financial_status": .string(order.financialStatus.rawValue),
            "fulfillment_status": .string(order.fulfillmentStatus),
            "journey_id": .string(role.journeyID ?? purchaseID),
            "lines": .string(JSON.array(rowLines()).text(sortingKeys: true)),
            "live": .bool(context.stage == .live),
            "local_currency": .string(order.totals.presentmentCurrency.code),
            "order_id": .string(order.id),
            "order_name": .string(order.name),
            "processed_at": JSON(order.processedAt.wholeSeconds),
            "purchase_id": .string(purchaseID),
            "purchase_source_name": .string(context.flow.sourceName),
            "purchase_source_type": .string(order.purchaseSourceType),
            "purchase_told": .bool(chainAfter != nil && !ledger.isGivenUp(purchaseKey)),
            "reference_currency": .string(context.flow.referenceCurrency.code),
            "returned_value": Self.number(returnedValue),
            "revision": JSON(chainAfter?.revision ?? 0),
            "shipping": reference(order.totals.currentShipping),
            "sku_status": .array(currentLines.map { .string("\($0.sku ?? $0.id):\($0.fulfillmentStatus.rawValue)") }),
            "skus": .array(unique(currentLines.compactMap(\.sku)).map(JSON.string)),
            "status": .string(status),
            "tags": .array(order.tags.map(JSON.string)),
            "tax": reference(order.totals.currentTax),
            "total_price": reference(order.totals.current),
            "total_price_local_currency": local(order.totals.current),
            "total_quantity": JSON(currentLines.reduce(0) { $0 + $1.currentQuantity }),
            "tracking_numbers": .array(unique(order.fulfillments.flatMap(\.trackingNumbers)).map(JSON.string)),
            "voucher_codes": .array(order.discountCodes.map { .string($0.code) }),
        ]
        if gate.voidedAt != nil { row["cancel_reason"] = .string(gate.voidReason) }
        if let cancelledAt = order.cancelledAt { row["cancelled_at"] = JSON(cancelledAt.wholeSeconds) }
        return row
    }

    private var status: String {
        guard gate.voidedAt != nil else { return "open" }
        return order.cancelledAt == nil && record.truth.act(.deleted) != nil ? "deleted" : "cancelled"
    }

    private var currentLines: [OrderLine] { order.lines.filter { $0.currentQuantity > 0 } }

    private func rowLines() -> [JSON] {
        order.lines.filter { $0.orderedQuantity > 0 }.map { line in
            var entry: JSONObject = [
                "fulfillment_status": .string(line.fulfillmentStatus.rawValue), "line_id": .string(line.id),
                "price": reference(line.discountedUnitPrice), "quantity": JSON(line.currentQuantity),
                "title": .string(line.title),
                "total_price": reference(line.discountedUnitPrice * line.currentQuantity),
            ]
            if let id = line.productID { entry["product_id"] = .string(id) }
            if let id = configuration.productKey.variantItemID(id: line.variantID, sku: line.sku) {
                entry["variant_id"] = .string(id)
            }
            if let sku = line.sku { entry["sku"] = .string(sku) }
            return .object(entry)
        }
    }

    /// Money given back so far, settlements of edits included: what the buyer has on the bank statement.
    private var returnedValue: Amount {
        order.refunds.reduce(.zero) { $0 + side.money($1.moneySettled).amount }
    }
}

extension Order {
    /// Of the units on the order now.
    var fulfillmentStatus: String {
        let statuses = lines.filter { $0.currentQuantity > 0 && $0.requiresShipping }.map(\.fulfillmentStatus)
        if statuses.isEmpty || statuses.allSatisfy({ $0 == .unfulfilled }) { return "unfulfilled" }
        return statuses.allSatisfy { $0 == .fulfilled } ? "fulfilled" : "partial"
    }
}
