import JSON

/// carts/*, checkouts/* (docs/vendors/shopify.md, Carts and checkouts).
extension ShopifyPayload {
    private var digits: Int { currencyDigits(shop.settings.currency) }
    private func text(_ amount: TwinAmount) -> JSON { .string(amount.text(digits: digits)) }

    private func set(_ amount: TwinAmount) -> JSON {
        let side: JSON = ["amount": text(amount), "currency_code": .string(shop.settings.currency)]
        return ["shop_money": side, "presentment_money": side]
    }

    /// Carts alone write their times in UTC with milliseconds.
    func cart(_ cart: ShopifyCart) -> JSON {
        [
            "id": .string(cart.token), "token": .string(cart.token), "line_items": .array(cart.lines.map(cartLine)),
            "note": JSON(cart.note), "updated_at": .string(cart.updatedAt.iso8601(fractionDigits: 3)),
            "created_at": .string(cart.createdAt.iso8601(fractionDigits: 3)),
        ]
    }

    private func cartLine(_ line: ShopifyBasketLine) -> JSON {
        let variant = line.variant
        return [
            "id": JSON(variant.id), "properties": .null, "quantity": JSON(line.quantity),
            "variant_id": JSON(variant.id), "key": .string(key(variant)), "discounted_price": text(line.unit),
            "discounts": [], "gift_card": .bool(variant.giftCard), "grams": 0, "line_price": text(line.total),
            "original_line_price": text(line.total), "original_price": text(line.unit), "price": text(line.unit),
            "product_id": JSON(variant.productID), "sku": .string(variant.sku), "taxable": .bool(!variant.giftCard),
            "title": .string(cartTitle(variant)), "total_discount": text(.zero),
            "vendor": .string(shop.settings.name), "discounted_price_set": set(line.unit),
            "line_price_set": set(line.total), "original_line_price_set": set(line.total),
            "price_set": set(line.unit), "total_discount_set": set(.zero), "parent_relationship": .null,
        ]
    }

    private func key(_ variant: ShopifyVariant) -> String { "\(variant.id):\(String(variant.id, radix: 16))" }
    private func cartTitle(_ variant: ShopifyVariant) -> String {
        variant.option.map { "\(variant.title) - \($0)" } ?? variant.title
    }

    // MARK: Checkouts

    private var tax: ShopifyTax {
        let settings = shop.settings
        return ShopifyTax(
            included: settings.taxesIncluded, rateMillionths: settings.taxRateMillionths, title: settings.taxTitle)
    }

    private func tax(_ amount: TwinAmount) -> TwinAmount {
        let code = shop.settings.currency
        let currencies = ShopifyCurrencies(shop: code, presentment: code, rateMillionths: 1_000_000)
        return tax.of(currencies.money(amount), currencies).shop
    }

    func checkout(_ checkout: ShopifyCheckout) -> JSON {
        let items = checkout.lines.map(\.total).sum()
        let shipping = checkout.shipping ?? .zero
        let taxes = checkout.lines.map { $0.variant.giftCard ? .zero : tax($0.total) }.sum() + tax(shipping)
        let total = items + shipping + (tax.included ? .zero : taxes)
        let attributes = checkout.noteAttributes.map { attribute -> JSON in
            ["name": .string(attribute.name), "value": .string(attribute.value)]
        }
        let domain = shop.settings.domain
        let members: Members = [
            ("token", .string(checkout.token)), ("cart_token", JSON(checkout.cartToken)),
            ("name", .string("#\(checkout.number)")), ("email", JSON(checkout.email)), ("phone", JSON(checkout.phone)),
            (
                "abandoned_checkout_url",
                .string("https://\(domain)/1/checkouts/\(checkout.token)/recover?key=example-secret-token")
            ),
            ("buyer_accepts_marketing", .bool(checkout.acceptsMarketing)),
            ("buyer_accepts_sms_marketing", .bool(checkout.acceptsMessages)),
            ("sms_marketing_phone", checkout.acceptsMessages ? JSON(checkout.phone) : .null),
            ("created_at", time(checkout.createdAt)), ("updated_at", time(checkout.updatedAt)),
            ("completed_at", time(checkout.completedAt)), ("note", JSON(checkout.note)),
            ("note_attributes", .array(attributes)), ("currency", .string(shop.settings.currency)),
            ("presentment_currency", .string(shop.settings.currency)), ("taxes_included", .bool(tax.included)),
            ("total_weight", 0), ("total_discounts", text(.zero)), ("total_line_items_price", text(items)),
            ("subtotal_price", text(items)), ("total_tax", text(taxes)), ("total_price", text(total)),
            ("total_duties", .null), ("discount_codes", []), ("source_name", "web"),
            ("tax_lines", checkoutTax(taxes)), ("line_items", .array(checkout.lines.map(checkoutLine))),
            ("shipping_lines", .array(checkout.shipping.map { [shippingLine(checkout, $0)] } ?? [])),
            ("billing_address", address(checkout.address)), ("shipping_address", address(checkout.address)),
            ("customer", shop.customer(id: checkout.customerID).map(customer) ?? .null),
        ]
        return .object(JSONObject(members + Self.unknown.map { ($0, .null) }))
    }

    /// Keys of a checkout that the twin has nothing to say about.
    private static let unknown = [
        "gateway", "landing_site", "referring_site", "closed_at", "user_id", "location_id", "source_identifier",
        "source_url", "source", "device_id", "customer_locale", "reservation_token",
    ]

    private func checkoutTax(_ amount: TwinAmount) -> JSON {
        guard tax.rateMillionths > 0 else { return [] }
        return [
            ["title": .string(tax.title), "rate": rate(tax), "price": text(amount), "channel_liable": false]
        ]
    }

    private func checkoutLine(_ line: ShopifyBasketLine) -> JSON {
        let variant = line.variant
        let none = [
            "destination_location_id", "origin_location_id", "user_id", "rank", "properties",
        ]
        let measured = ["measured_type", "quantity_value", "quantity_unit", "reference_value", "reference_unit"]
        let members: Members = [
            ("key", .string(key(variant))), ("applied_discounts", []), ("discount_allocations", []),
            ("fulfillment_service", "manual"), ("gift_card", .bool(variant.giftCard)), ("grams", 0),
            ("presentment_title", .string(variant.title)), ("presentment_variant_title", .string(variant.option ?? "")),
            ("product_id", JSON(variant.productID)), ("quantity", JSON(line.quantity)),
            ("requires_shipping", .bool(!variant.giftCard)), ("sku", .string(variant.sku)),
            ("taxable", .bool(!variant.giftCard)), ("title", .string(variant.title)),
            ("variant_id", JSON(variant.id)), ("variant_title", .string(variant.option ?? "")),
            ("variant_price", text(line.unit)), ("vendor", .string(shop.settings.name)),
            ("compare_at_price", JSON(variant.compareAtPrice?.text(digits: digits))),
            ("line_price", text(line.total)), ("price", text(line.unit)),
            ("tax_lines", variant.giftCard ? [] : lineTax(tax(line.total))),
            ("unit_price_measurement", .object(JSONObject(measured.map { ($0, .null) }))),
        ]
        return .object(JSONObject(members + none.map { ($0, .null) }))
    }

    private func lineTax(_ amount: TwinAmount) -> JSON {
        guard tax.rateMillionths > 0 else { return [] }
        let members: Members = [
            ("title", .string(tax.title)), ("rate", rate(tax)), ("price", text(amount)), ("position", 1),
            ("source", "Shopify"), ("zone", .null), ("compare_at", rate(tax)), ("channel_liable", false),
        ]
        return [.object(JSONObject(members))]
    }

    private func shippingLine(_ checkout: ShopifyCheckout, _ price: TwinAmount) -> JSON {
        let title = checkout.shippingTitle
        let none = [
            "id", "api_client_id", "carrier_identifier", "carrier_service_id", "custom_tax_lines",
            "delivery_category", "delivery_expectation_range", "delivery_expectation_type", "original_shop_markup",
            "original_shop_price", "phone", "requested_fulfillment_service_id", "validation_context",
        ]
        let members: Members = [
            ("title", .string(title)), ("presentment_title", .string(title)), ("code", .string(title)),
            ("source", "shopify"), ("price", text(price)), ("markup", text(.zero)), ("applied_discounts", []),
            ("tax_lines", []),
        ]
        return .object(JSONObject(members + none.map { ($0, .null) }))
    }
}
