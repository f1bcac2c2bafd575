/// A basket of the online shop. Who it belongs to is not in it (docs/vendors/shopify.md, Carts and checkouts): `email`
/// is for the checker alone.
struct ShopifyCart: Sendable {
    var token: String
    var lines: [ShopifyBasketLine] = []
    var note: String?
    var email: String?
    var createdAt: TwinInstant
    var updatedAt: TwinInstant
}

/// Units of a variant in a cart or a checkout.
struct ShopifyBasketLine: Sendable, Hashable {
    var variant: ShopifyVariant
    var quantity: Int
    var unit: TwinAmount

    var total: TwinAmount { unit * quantity }
}

/// A checkout: a basket with a person. Its numeric id is not told since 2026-04; the token is the key
/// (docs/vendors/shopify.md, Carts and checkouts).
struct ShopifyCheckout: Sendable {
    var token: String
    var number: Int64
    var cartToken: String?
    var email: String?
    var phone: String?
    var customerID: Int64?
    var lines: [ShopifyBasketLine] = []
    var shippingTitle = "Standard"
    var shipping: TwinAmount?
    var note: String?
    var noteAttributes: [ShopifyAttribute] = []
    var acceptsMarketing = false
    var acceptsMessages = false
    var address = ShopifyAddress()
    var createdAt: TwinInstant
    var updatedAt: TwinInstant
    var completedAt: TwinInstant?
}
