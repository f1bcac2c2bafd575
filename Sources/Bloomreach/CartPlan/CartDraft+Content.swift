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
        if let total = cart.total {
            content["local_currency"] = .string(total.currency.code)
            content["total_price_local_currency"] = OrderDraft.number(total.rounded.amount)
        }
        if isInReferenceCurrency {
            let sum = cart.lines.reduce(Amount.zero) { $0 + $1.unitPrice * $1.quantity }
            content["total_price"] = money(cart.total?.amount ?? sum)
        }
        if let url = cart.recoveryURL { content["cart_url"] = .string(url) }
        return content
    }

    /// A basket without a currency is taken to be in the brand's (`cart_prices_are_reference_currency`).
    private var isInReferenceCurrency: Bool {
        cart.total.map { $0.currency == context.flow.referenceCurrency } ?? true
    }

    private func entry(_ line: Cart.Line) -> JSON {
        var entry: JSONObject = ["quantity": JSON(line.quantity), "title": .string(line.title)]
        if isInReferenceCurrency {
            entry["price"] = money(line.unitPrice)
        } else if let currency = cart.total?.currency {
            entry["price_local_currency"] = OrderDraft.number(Money(line.unitPrice, currency).rounded.amount)
        }
        if let id = line.productID { entry["product_id"] = .string(id) }
        if let id = variantItemID(line) { entry["variant_id"] = .string(id) }
        if let sku = line.sku { entry["sku"] = .string(sku) }
        return .object(entry)
    }

    private func variantItemID(_ line: Cart.Line) -> String? {
        configuration.productKey.variantItemID(id: line.variantID, sku: line.sku)
    }

    private func money(_ amount: Amount) -> JSON {
        OrderDraft.number(Money(amount, context.flow.referenceCurrency).rounded.amount)
    }

    private func unique(_ values: [String]) -> [String] {
        var seen: Set<String> = []
        return values.filter { seen.insert($0).inserted }
    }
}
