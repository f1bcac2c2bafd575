import Commerce
import JSON

/// Customers, baskets and products as webhooks tell them, written down by hand for the rules and at random for
/// properties.
enum SampleGoods {
    static func customer(id: Int64 = 9_007_199_254_740_993) -> JSON {
        [
            "id": JSON(id), "created_at": "2026-11-01T10:00:00+01:00", "updated_at": "2026-11-02T10:00:00+01:00",
            "first_name": "Ann", "last_name": "Bee", "state": "enabled", "note": nil, "verified_email": true,
            "email": " Ann@example.com ", "phone": "+441632960000", "currency": "USD", "addresses": [],
        ]
    }

    /// As version 2024-10 told it.
    static func oldCustomer(id: Int64 = 5, email: JSON, sms: JSON) -> JSON {
        customer(id: id).with("tags", "vip, gift , ,").with("email_marketing_consent", email)
            .with("sms_marketing_consent", sms)
    }

    static func consent(_ state: String?, level: String? = nil, at time: String? = nil) -> JSON {
        ["state": JSON(state), "opt_in_level": JSON(level), "consent_updated_at": JSON(time)]
    }

    static func cart(token: String = "cart-token-1", price: JSON = "19.99") -> JSON {
        [
            "id": .string(token), "token": .string(token), "note": nil, "created_at": "2026-11-02T09:00:00.000Z",
            "updated_at": "2026-11-02T09:30:00.000Z",
            "line_items": [
                [
                    "id": 704_912_205_188_288_575, "product_id": 788_032_119_674_292_922,
                    "variant_id": 704_912_205_188_288_575, "quantity": 3, "sku": "SHIRT-S", "title": "Shirt",
                    "price": "24.99", "discounted_price": price, "line_price": "59.97",
                ]
            ],
        ]
    }

    static func checkout(token: String = "c1", lines: [JSON] = [checkoutLine()]) -> JSON {
        [
            "token": .string(token), "cart_token": "cart-token-1?key=secret", "email": "ann@example.com",
            "phone": nil, "currency": "USD", "presentment_currency": "USD", "total_price": "421.88",
            "created_at": "2026-11-02T10:00:00+01:00", "updated_at": "2026-11-02T10:05:00+01:00",
            "completed_at": nil, "customer": ["id": 603_851_970_716_743_426],
            "abandoned_checkout_url": "https://acme.test/recover?key=k", "line_items": .array(lines),
        ]
    }
    static func checkoutLine(quantity: Int = 2, price: JSON = "199.00", allocations: [JSON] = []) -> JSON {
        [
            "product_id": 632_910_392, "variant_id": 808_950_810, "sku": "", "title": "Pod",
            "quantity": JSON(quantity), "price": price, "line_price": "398.00",
            "discount_allocations": .array(allocations),
        ]
    }

    static func product(id: Int64 = 9_007_199_254_740_993, variants: [JSON] = [variant(1), variant(2)]) -> JSON {
        [
            "id": JSON(id), "title": "Mug", "handle": "mug", "vendor": "Acme", "product_type": "", "status": "active",
            "tags": "b, a", "body_html": "<p>Mug</p>", "published_at": "2026-01-01T00:00:00Z",
            "created_at": "2025-12-31T19:00:00-05:00", "updated_at": "2026-11-02T10:00:00Z",
            "image": ["id": 21, "src": "https://cdn.test/21.png"],
            "images": [["id": 21, "src": "https://cdn.test/21.png"], ["id": 22, "src": "https://cdn.test/22.png"]],
            "variants": .array(variants),
            "variant_gids": .array(
                variants.reversed().map { variant in
                    let id = variant["id"]?.decimalText ?? ""
                    return ["admin_graphql_api_id": .string("gid://shopify/ProductVariant/\(id)")]
                }),
        ]
    }
    static func variant(_ id: Int64, price: String = "12.50", compareAt: String? = nil, stock: Int? = 5) -> JSON {
        let whole: JSON = [
            "id": JSON(id), "sku": .string("MUG-\(id)"), "barcode": nil, "title": .string("Red / \(id)"),
            "price": .string(price), "compare_at_price": JSON(compareAt), "option1": "Red",
            "option2": .string("\(id)"), "option3": nil, "image_id": id.isMultiple(of: 2) ? 22 : nil,
            "inventory_quantity": JSON(stock ?? 0),
        ]
        return stock == nil ? whole.with("inventory_management", JSON.null) : whole
    }

    // MARK: At random

    static func randomCustomer(_ random: inout SeededRandom) -> JSON {
        func maybe(_ value: JSON) -> JSON { Bool.random(using: &random) ? value : nil }
        let states = ["subscribed", "not_subscribed", "pending", "unsubscribed"]
        let state = states.randomElement(using: &random) ?? "pending"
        let levels = ["single_opt_in", "confirmed_opt_in", "unknown", nil]
        let told = consent(state, level: levels.randomElement(using: &random) ?? nil, at: "2026-10-01T08:00:00+02:00")
        let email = maybe("a@b.test")
        let phone = maybe("+441632960001")
        return oldCustomer(
            id: Int64.random(in: 1...Int64.max, using: &random), email: email.isNull ? nil : told,
            sms: phone.isNull ? nil : told
        ).with("email", email).with("phone", phone).with("first_name", maybe("Ann"))
            .with("state", .string(["disabled", "invited", "declined"].randomElement(using: &random) ?? "enabled"))
    }

    static func randomProduct(_ random: inout SeededRandom) -> JSON {
        let first = Int64.random(in: 1...(Int64.max - 10), using: &random)
        let variants = (0..<Int64.random(in: 1...5, using: &random)).map { number in
            let cents = Int.random(in: 10...99, using: &random)
            return variant(
                first + number, price: "\(Int.random(in: 0...999, using: &random)).\(cents)",
                compareAt: Bool.random(using: &random) ? "1000.00" : nil,
                stock: Bool.random(using: &random) ? Int.random(in: -5...500, using: &random) : nil)
        }
        return product(id: first, variants: variants)
            .with("published_at", Bool.random(using: &random) ? "2026-01-01T00:00:00Z" : .null)
            .with("image", Bool.random(using: &random) ? ["id": 22, "src": "https://cdn.test/22.png"] : nil)
    }
}
