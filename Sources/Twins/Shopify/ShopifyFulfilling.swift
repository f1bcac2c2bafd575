import JSON

/// Actions of the warehouse.
extension ShopifyShop {
    mutating func fulfil(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        var order = try named(arguments)
        guard order.cancelledAt == nil else { throw TwinProblem("fulfil: the order is cancelled", []) }
        var fulfilment = ShopifyFulfilment(
            id: newID(), name: "\(order.name).\(order.fulfilments.count + 1)", createdAt: now.wholeSecond,
            updatedAt: now.wholeSecond)
        fulfilment.trackingNumber = try arguments.string("tracking")
        fulfilment.company = try arguments.string("company") ?? (arguments.has("tracking") ? "Royal Mail" : nil)
        var wanted: [(index: Int, units: Int)] = []
        for json in try arguments.list("lines") {
            let entry = try ShopifyArguments(json, place: "fulfil line", known: ["line", "sku", "quantity"])
            let index = try line(entry, of: order)
            wanted.append((index, try entry.count("quantity", least: 1, default: order.lines[index].unfulfilled)))
        }
        if !arguments.has("lines") { wanted = order.lines.indices.map { ($0, order.lines[$0].unfulfilled) } }
        for (index, units) in wanted where units > 0 {
            guard units <= order.lines[index].unfulfilled else {
                throw TwinProblem("fulfil: \(order.lines[index].unfulfilled) units are left to ship", [])
            }
            order.lines[index].unfulfilled -= units
            order.lines[index].fulfilled += units
            fulfilment.lines.append((newID(), order.lines[index].id, units))
        }
        guard !fulfilment.lines.isEmpty else { throw TwinProblem("fulfil: nothing is left to ship", []) }
        order.fulfilments.append(fulfilment)
        store(order, now: now)
        let topic = order.fulfilmentStatus == "fulfilled" ? "orders/fulfilled" : "orders/partially_fulfilled"
        return fulfilmentResult(order, fulfilment, "fulfillments/create", [topic, "orders/updated"])
    }

    mutating func updateFulfilment(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        var order = try named(arguments)
        let wanted = arguments["fulfilment"]?.int64
        guard let index = order.fulfilments.lastIndex(where: { wanted == nil || $0.id == wanted }) else {
            throw TwinProblem("update_fulfilment: no such fulfilment", order.fulfilments.map { String($0.id) })
        }
        let statuses = ["label_printed", "confirmed", "in_transit", "out_for_delivery", "delivered", "failure"]
        if let status = try arguments.string("shipment_status") {
            guard statuses.contains(status) else { throw TwinProblem("unknown shipment_status", statuses) }
            order.fulfilments[index].shipmentStatus = status
        }
        if let tracking = try arguments.string("tracking") { order.fulfilments[index].trackingNumber = tracking }
        if let company = try arguments.string("company") { order.fulfilments[index].company = company }
        if let status = try arguments.string("status") {
            guard status == "cancelled", order.fulfilments[index].status == "success" else {
                throw TwinProblem("update_fulfilment: only a successful one can become cancelled", ["cancelled"])
            }
            order.fulfilments[index].status = status
            // The carrier has no word on a cancelled fulfilment; GraphQL shows CANCELED in its place.
            order.fulfilments[index].shipmentStatus = nil
            for entry in order.fulfilments[index].lines {
                guard let line = order.lines.firstIndex(where: { $0.id == entry.lineID }) else { continue }
                order.lines[line].fulfilled -= entry.quantity
                // Units returned meanwhile do not come back to be shipped.
                order.lines[line].unfulfilled = min(
                    order.lines[line].unfulfilled + entry.quantity, order.lines[line].current)
            }
        }
        order.fulfilments[index].updatedAt = now.wholeSecond
        store(order, now: now)
        return fulfilmentResult(order, order.fulfilments[index], "fulfillments/update", ["orders/updated"])
    }

    private func fulfilmentResult(
        _ order: ShopifyOrder, _ fulfilment: ShopifyFulfilment, _ topic: String, _ topics: [String]
    ) -> ShopifyActionResult {
        let body = ShopifyPayload(shop: self).fulfilment(fulfilment, of: order, alone: true)
        return result(
            order.id, topics, ids: [("order", JSON(order.id)), ("fulfilment", JSON(fulfilment.id))],
            others: [(topic, body)])
    }
}
