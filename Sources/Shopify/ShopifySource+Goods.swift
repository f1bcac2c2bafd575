import Commerce
import Sync

/// What the webhooks about baskets and products tell (docs/vendors/shopify.md, Carts and checkouts; Products).
extension ShopifySource {
    // No read can bring more of a basket, so none is partial.

    func cartSnapshot(_ payload: Payload, of receipt: Receipt) throws(ShopifyError) -> Observation {
        let cart = try CartMapping.cart(payload)
        return .snapshot(
            key(cart: cart.id), .cart(cart), sourceTime: cart.updatedAt, eventID: receipt.eventID, isPartial: false)
    }

    func checkoutSnapshot(_ payload: Payload, of receipt: Receipt) throws(ShopifyError) -> Observation {
        let cart = try CartMapping.checkout(payload)
        return .snapshot(
            key(checkout: cart.id), .cart(cart), sourceTime: cart.updatedAt, eventID: receipt.eventID, isPartial: false)
    }

    /// Counted only, where the payload does not tell the token (``ShopifyAssumptions``).
    func checkoutDeletion(_ payload: Payload, of receipt: Receipt) throws(ShopifyError) -> Observation {
        guard payload.value("token") != nil else { return .unknownTopic(receipt.topic) }
        let token = try CartMapping.checkoutToken(payload)
        return .act(
            key(checkout: token),
            Act(id: "\(receipt.topic)/\(token)", kind: .deleted, at: receipt.triggeredAt ?? receipt.receivedAt))
    }

    /// The whole product but for its prices' currency, which a read tells once; or a hint, where the payload is sound
    /// but does not tell all of it.
    func productSnapshot(_ payload: Payload, of receipt: Receipt) throws(ShopifyError) -> Observation {
        let key = key(.product, try payload.requiredID("id", kind: "Product"))
        do throws(ShopifyError) {
            let product = try ProductMapping.rest(payload)
            return .snapshot(
                key, .product(product), sourceTime: product.updatedAt, eventID: receipt.eventID, isPartial: true)
        } catch {
            guard error.asksForRead else { throw error }
            return .hint(
                key, sourceTime: try payload.time("updated_at"), eventID: receipt.eventID, awaitsCompanion: false)
        }
    }
}
