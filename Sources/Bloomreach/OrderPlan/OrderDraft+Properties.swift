import Commerce
import JSON
import Sync

/// Attributes shared by several events. Names, types and units are declared in ``EventAttributes``.
extension OrderDraft {
    /// The order as it is now: in `purchase` and `purchase_update`.
    func orderProperties() -> JSONObject {
        var properties: JSONObject = [
            "discount_value": reference(order.totals.currentDiscounts),
            "order_name": .string(order.name),
            "product_ids": .array(unique(edited.lines.compactMap(\.productID)).map(JSON.string)),
            "product_list": .array(edited.lines.map { .object(productListEntry($0)) }),
            "shipping_cost": convertedParts.map { Self.number($0.shipping.amount) } ?? reference(edited.shipping),
            "total_price": reference(edited.total),
            "total_price_local_currency": local(edited.total),
            "total_quantity": JSON(edited.lines.reduce(0) { $0 + $1.quantity }),
            "variant_ids": .array(unique(edited.lines.compactMap(variantItemID)).map(JSON.string)),
        ]
        // While units are returned, the source's tax is of the rest only; a wrong number is worse than none.
        if refunds.refunds.isEmpty {
            properties["total_price_without_tax"] = reference(edited.total - order.totals.currentTax)
        }
        if let code = order.discountCodes.first { properties["voucher_code"] = .string(code.code) }
        if let shipping = order.shippingLines.first(where: { !$0.isRemoved }) {
            properties["shipping_type"] = .string(shipping.title)
        }
        if case .known(let address?) = order.shippingAddress, let country = address.countryCode {
            properties["shipping_country"] = .string(country)
        }
        return properties
    }

    private func productListEntry(_ line: EditedState.EditedLine) -> JSONObject {
        var entry = identityProperties(line)
        entry["fulfillment_status"] = .string(fulfillmentStatus(of: line.lineID).rawValue)
        entry["price"] = reference(line.unitPrice)
        entry["quantity"] = JSON(line.quantity)
        entry["total_price"] = worth(of: line, units: line.quantity, price: line.price(units: line.quantity))
        return entry
    }

    /// Which line and which goods; what is unknown is left out.
    func identityProperties(_ line: EditedState.EditedLine) -> JSONObject {
        var entry: JSONObject = ["line_id": .string(line.lineID), "title": .string(line.title)]
        if let id = line.productID { entry["product_id"] = .string(id) }
        if let id = variantItemID(line) { entry["variant_id"] = .string(id) }
        if let sku = line.sku { entry["sku"] = .string(sku) }
        return entry
    }

    /// What the row of the variants catalogue is called, for the two must be equal (E10).
    private func variantItemID(_ line: EditedState.EditedLine) -> String? {
        configuration.productKey.variantItemID(id: line.variantID, sku: line.sku)
    }

    /// One line in an item event: so many of its units, and what they are worth.
    func itemProperties(_ line: EditedState.EditedLine, units: Int, price: MoneyBag) -> JSONObject {
        var item = identityProperties(line)
        item["price"] = reference(line.unitPrice)
        item["price_local_currency"] = local(line.unitPrice)
        item["quantity"] = JSON(units)
        item["total_price"] = worth(of: line, units: units, price: price)
        item["total_price_local_currency"] = local(price)
        if let source = order.lines.first(where: { $0.id == line.lineID }) {
            item["original_price"] = reference(source.unitPrice)
            item["discount_value"] = reference((source.unitPrice - line.unitPrice) * units)
            if let brand = source.vendor { item["brand"] = .string(brand) }
        }
        return item
    }

    /// Units of a line in the reference currency; of all its units, what makes the total with the other lines.
    private func worth(of line: EditedState.EditedLine, units: Int, price: MoneyBag) -> JSON {
        guard line.quantity == units, let part = convertedParts?.lines[line.lineID], edited.lines.contains(line) else {
            return reference(price)
        }
        return Self.number(part.amount)
    }

    func fulfillmentStatus(of lineID: String) -> LineFulfillmentStatus {
        order.lines.first { $0.id == lineID }?.fulfillmentStatus ?? .removed
    }

    func unique(_ values: [String]) -> [String] {
        var seen: Set<String> = []
        return values.filter { seen.insert($0).inserted }
    }
}
