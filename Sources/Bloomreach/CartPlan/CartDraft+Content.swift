import Commerce
import JSON
import Sync

/// The whole basket as attributes. Names, types and units are declared in ``EventAttributes``.
extension CartDraft {
    /// What makes two tellings differ, besides a known owner: stage, lines and total. A new link to go on with, or a
    /// new time, is no change.
    var contentDigest: String {
        let content = content
        let said = JSON.array([
            content["product_list"] ?? [], content["total_price"] ?? .null,
            content["total_price_local_currency"] ?? .null,
        ])
        return StableDigest.of("\(cart.stage.rawValue) " + said.text(sortingKeys: true))
    }

    var content: JSONObject {
        var content: JSONObject = [
            "cart_id": .string(cart.cartID),
            "product_ids": .array(unique(cart.lines.compactMap(\.productID)).map(JSON.string)),
            "product_list": .array(cart.lines.map(entry)),
            "purchase_source_name": .string(context.flow.sourceName),
            "reference_currency": .string(context.flow.referenceCurrency.code),
            "total_quantity": JSON(cart.lines.reduce(0) { $0 + $1.quantity }),
            "variant_ids": .array(unique(cart.lines.compactMap(variantItemID)).map(JSON.string)),
        ]
        if let worth = cart.worth {
            content["local_currency"] = .string(worth.presentment.currency.code)
            content["total_price_local_currency"] = OrderDraft.number(worth.presentment.rounded.amount)
            if let total = reference(worth) { content["total_price"] = OrderDraft.number(total) }
        } else if cart.lines.isEmpty {
            // Nothing is as much in every currency.
            content["total_price"] = 0
        }
        if let url = cart.recoveryURL { content["cart_url"] = .string(url) }
        return content
    }

    /// A basket is history, so the rate of its own day counts. What has no currency, or no rate, is left out.
    private func reference(_ bag: MoneyBag) -> Amount? { context.flow.reference(bag, on: cart.updatedAt) }

    /// One exception for the shop, which counts each basket that goes on without its prices.
    mutating func notePrices() {
        let prices = cart.lines.compactMap(cart.unitPrice)
        guard let first = cart.worth ?? prices.first, !prices.isEmpty else { return }
        if reference(first) == nil {
            plan.raised.append(PriceRates.missing(first.shop.currency, in: context.flow, on: cart.updatedAt))
            decide(Self.updateType, .rateMissing, nil, "prices are left out")
        } else if reference(MoneyBag(shop: first.shop, presentment: first.shop)) != nil {
            // What a basket says of the buyer's currency says nothing of the shop's.
            plan.resolvedIDs.append(PriceRates.exceptionID(in: context.flow))
        }
    }

    private func entry(_ line: Cart.Line) -> JSON {
        var entry: JSONObject = ["quantity": JSON(line.quantity), "title": .string(line.title)]
        if let price = cart.unitPrice(of: line) {
            if let converted = reference(price) { entry["price"] = OrderDraft.number(converted) }
            if price.presentment.currency != context.flow.referenceCurrency {
                entry["price_local_currency"] = OrderDraft.number(price.presentment.rounded.amount)
            }
        }
        if let id = line.productID { entry["product_id"] = .string(id) }
        if let id = variantItemID(line) { entry["variant_id"] = .string(id) }
        if let sku = line.sku { entry["sku"] = .string(sku) }
        return .object(entry)
    }

    private func variantItemID(_ line: Cart.Line) -> String? {
        configuration.productKey.variantItemID(id: line.variantID, sku: line.sku)
    }

    private func unique(_ values: [String]) -> [String] {
        var seen: Set<String> = []
        return values.filter { seen.insert($0).inserted }
    }
}
