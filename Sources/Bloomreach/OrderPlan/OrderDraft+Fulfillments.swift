import Commerce
import JSON
import Sync

/// One event for each fulfilment fact: a new parcel, its next status, new tracking.
extension OrderDraft {
    mutating func planFulfillments() {
        guard !order.fulfillments.isEmpty else { return }
        guard chainAfter != nil else {
            let reason: Reason = gate.openedAt < context.baseline ? .beforeBaseline : .waitsForDependency
            decide("fulfillment", reason, nil, "its purchase was not told")
            return
        }
        for fulfillment in order.fulfillments.sorted(by: { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }) {
            plan(fulfillment)
        }
    }

    private mutating func plan(_ fulfillment: Fulfillment) {
        var fact = "\(fulfillment.id):\(fulfillment.status.rawValue)"
        if let status = fulfillment.shipmentStatus { fact += ":\(status)" }
        if !fulfillment.trackingNumbers.isEmpty {
            fact += ":\(StableDigest.of(fulfillment.trackingNumbers.joined(separator: ",")).prefix(8))"
        }
        let key = "\(purchaseID):fulfillment:\(fact)"
        if ledger.isToldOrAttempted(key) { return }
        if ledger.isParked(key) {
            wait("fulfillment", .refused, "refused before; `plumbline exceptions` says why")
            return
        }
        let time = fulfillment.updatedAt
        guard mayTell("fulfillment", factAt: time) else { return }
        let products: [JSON] = fulfillment.lines.map { unit in
            var entry: JSONObject = ["line_id": .string(unit.lineID), "quantity": JSON(unit.quantity)]
            if let line = order.lines.first(where: { $0.id == unit.lineID }) {
                entry["title"] = .string(line.title)
                if let id = line.productID { entry["product_id"] = .string(id) }
                if let id = configuration.productKey.variantItemID(id: line.variantID, sku: line.sku) {
                    entry["variant_id"] = .string(id)
                }
                if let sku = line.sku { entry["sku"] = .string(sku) }
            }
            return .object(entry)
        }
        var properties: JSONObject = [
            "fulfillment_id": .string(fulfillment.id), "fulfillment_status": .string(fulfillment.status.rawValue),
            "order_name": .string(order.name), "product_list": .array(products),
            "tracking_numbers": .array(fulfillment.trackingNumbers.map(JSON.string)),
            "tracking_urls": .array(fulfillment.trackingURLs.map(JSON.string)),
        ]
        if let name = fulfillment.name { properties["fulfillment_name"] = .string(name) }
        if let status = fulfillment.shipmentStatus { properties["shipment_status"] = .string(status) }
        if let company = fulfillment.trackingCompany { properties["tracking_company"] = .string(company) }
        let purchase =
            ledger.deliveries.contains { $0.key == purchaseKey && $0.mayBeTold }
            || plan.deliveries.contains { $0.key == purchaseKey }
        tell("fulfillment", key: key, at: time, properties: properties, after: purchase ? [purchaseKey] : [])
        decide("fulfillment", .told, key, fulfillment.shipmentStatus ?? fulfillment.status.rawValue)
    }
}
