import Commerce
import JSON

/// Orders as a webhook tells them, written down by hand for the rules and at random for properties.
enum SampleOrders {
    /// Dollars on both sides.
    static func bag(_ text: String) -> MoneyBag {
        let currency = Currency("USD")!
        let money = Money(Amount(text)!, currency)
        return MoneyBag(shop: money, presentment: money)
    }

    static func set(_ shop: String, _ presentment: String? = nil, currency: String = "USD", buyer: String? = nil)
        -> JSON
    {
        [
            "shop_money": ["amount": .string(shop), "currency_code": .string(currency)],
            "presentment_money": [
                "amount": .string(presentment ?? shop), "currency_code": .string(buyer ?? currency),
            ],
        ]
    }

    static func line(_ id: Int64, quantity: Int = 2, current: Int = 2, price: String = "10.00") -> JSON {
        [
            "id": JSON(id), "product_id": 7, "variant_id": 8, "sku": .string("SKU-\(id)"), "title": "Mug",
            "variant_title": "", "vendor": nil, "quantity": JSON(quantity), "current_quantity": JSON(current),
            "price": .string(price), "price_set": set(price), "discount_allocations": [], "gift_card": false,
            "requires_shipping": true,
        ]
    }

    /// Two lines of two mugs at 10.00, shipping 5.00, in one currency, tax included.
    static func order(id: Int64 = 9_007_199_254_740_993) -> JSON {
        [
            "id": JSON(id), "name": "#1001", "app_id": 580111, "source_name": "web", "test": false,
            "created_at": "2026-11-01T10:00:00+01:00", "processed_at": "2026-11-01T10:00:00+01:00",
            "updated_at": "2026-11-02T10:00:00+01:00", "closed_at": nil, "cancelled_at": nil, "cancel_reason": nil,
            "financial_status": "paid", "currency": "USD", "presentment_currency": "USD", "taxes_included": true,
            "tags": "vip, gift , ,edit", "note": "", "note_attributes": [["name": "a", "value": "1"]],
            "discount_codes": [["code": "SAVE", "amount": "1.00", "type": "fixed_amount"]],
            "email": " Ann@example.com ", "phone": nil,
            "customer": ["id": 115_310_627_314_723_954, "created_at": "2026-01-02T03:04:05Z"],
            "shipping_address": address, "billing_address": address,
            "current_total_price": "45.00", "current_total_price_set": set("45.00"),
            "current_subtotal_price": "40.00", "current_subtotal_price_set": set("40.00"),
            "current_total_tax": "7.00", "current_total_tax_set": set("7.00"),
            "current_total_discounts": "0.00", "current_total_discounts_set": set("0.00"),
            "current_shipping_price_set": set("5.00"), "current_total_duties_set": nil,
            "current_total_additional_fees_set": nil, "total_tip_received": "0.00", "total_outstanding": "0.00",
            "line_items": [line(1), line(2)],
            "shipping_lines": [
                [
                    "id": 3, "title": "Post", "price_set": set("6.00"), "discounted_price_set": set("5.00"),
                    "is_removed": false,
                ]
            ],
            "fulfillments": [], "refunds": [],
        ]
    }

    /// The order with the subtotal that its lines make; shares of a discount must divide.
    static func addingUp(_ order: JSON) -> JSON {
        let subtotal = (order["line_items"]?.array ?? []).reduce(Amount.zero) { sum, line in
            func amount(_ json: JSON?) -> Amount {
                Amount(json?["amount_set"]?["shop_money"]?["amount"]?.string ?? json?["amount"]?.string ?? "0") ?? .zero
            }
            let price = Amount(line["price_set"]?["shop_money"]?["amount"]?.string ?? "0") ?? .zero
            let discount = (line["discount_allocations"]?.array ?? []).reduce(Amount.zero) { $0 + amount($1) }
            let quantity = max(1, Int(line["quantity"]?.int64 ?? 1))
            return sum + (price - discount.divided(by: quantity)) * Int(line["current_quantity"]?.int64 ?? 0)
        }
        let currency = order["currency"]?.string ?? "USD"
        return order.with("current_subtotal_price", .string(subtotal.description)).with(
            "current_subtotal_price_set",
            set(subtotal.description, currency: currency, buyer: order["presentment_currency"]?.string))
    }

    static let address: JSON = [
        "first_name": "Ann", "last_name": "Bee", "name": "Ann Bee", "company": nil, "address1": "1 High St",
        "address2": "", "city": "Leeds", "province_code": nil, "zip": "LS1", "country_code": "GB", "phone": nil,
    ]

    static func refund(
        lines: [JSON] = [], adjustments: [JSON] = [], transactions: [JSON] = [], shipping: [JSON] = []
    ) -> JSON {
        [
            "id": 50, "created_at": "2026-11-02T09:00:00Z", "note": "", "refund_line_items": .array(lines),
            "order_adjustments": .array(adjustments), "transactions": .array(transactions),
            "refund_shipping_lines": .array(shipping),
        ]
    }
    static func refundLine(_ line: Int64, _ quantity: Int, subtotal: String, tax: String) -> JSON {
        [
            "id": 60, "line_item_id": JSON(line), "quantity": JSON(quantity),
            "subtotal": .number(JSONNumber(exactly: subtotal)), "total_tax": .number(JSONNumber(exactly: tax)),
            "subtotal_set": set(subtotal), "total_tax_set": set(tax),
        ]
    }
    static func transaction(_ amount: String, kind: String = "refund", status: String = "success") -> JSON {
        ["id": 70, "kind": .string(kind), "status": .string(status), "amount": .string(amount), "currency": "USD"]
    }
    static func adjustment(_ amount: String, tax: String = "0.00", kind: String, reason: String) -> JSON {
        [
            "id": 80, "amount": .string(amount), "tax_amount": .string(tax), "kind": .string(kind),
            "reason": .string(reason), "amount_set": set(amount), "tax_amount_set": set(tax),
        ]
    }

    // MARK: At random

    static func random(_ random: inout SeededRandom) -> JSON {
        func amount() -> String {
            "\(Int.random(in: 0...999, using: &random)).\(Int.random(in: 10...99, using: &random))"
        }
        let id = Int64.random(in: 1...Int64.max, using: &random)
        var subtotal = Amount.zero
        let lines = (1...Int64.random(in: 1...4, using: &random)).map { number in
            let quantity = Int.random(in: 1...5, using: &random)
            let current = Int.random(in: 0...quantity, using: &random)
            let price = amount()
            // A share that divides: crumbs have tests of their own.
            let share = Bool.random(using: &random) ? Int.random(in: 1...9, using: &random) : 0
            let unit = Amount(price) ?? .zero
            subtotal = subtotal + (unit - Amount(millionths: Int128(share) * 10_000)) * current
            let discount = set(Amount(millionths: Int128(share * quantity) * 10_000).description)
            return line(id / 2 + number, quantity: quantity, current: current, price: price)
                .with("discount_allocations", share > 0 ? [["amount": "1.00", "amount_set": discount]] : [])
        }
        func anyLine() -> Int64 { lines.randomElement(using: &random)?["id"]?.int64 ?? 1 }
        let fulfillments: [JSON] = (0..<Int.random(in: 0...3, using: &random)).map { number in
            let carrier = ["in_transit", "delivered", "failure", "out_for_delivery", nil].randomElement(using: &random)
            return [
                "id": JSON(900 - number), "name": .string("#1001.\(number)"),
                "status": .string(["success", "cancelled", "pending"].randomElement(using: &random) ?? "open"),
                "shipment_status": JSON(carrier ?? nil), "created_at": "2026-11-01T12:00:00Z",
                "updated_at": "2026-11-01T13:00:00Z", "tracking_company": "DHL", "tracking_numbers": ["n2", "n1"],
                "tracking_urls": ["https://a.test/2", "https://a.test/1"],
                "line_items": [["id": JSON(anyLine()), "quantity": 1], ["id": JSON(anyLine()), "quantity": 2]],
            ]
        }
        let refunds: [JSON] = (0..<Int.random(in: 0...3, using: &random)).map { number in
            let status = ["success", "pending", "failure", "error"].randomElement(using: &random) ?? "success"
            let reason = ["Refund discrepancy", "Pending refund discrepancy"].randomElement(using: &random) ?? ""
            let shipping: JSON = ["subtotal_amount_set": set(amount()), "tax_amount_set": set(amount())]
            return refund(
                lines: [refundLine(anyLine(), 1, subtotal: amount(), tax: amount())],
                adjustments: Bool.random(using: &random)
                    ? [adjustment("-\(amount())", kind: "refund_discrepancy", reason: reason)] : [],
                transactions: [transaction(amount(), status: status)],
                shipping: Bool.random(using: &random) ? [shipping] : []
            ).with("id", JSON(500 - number))
        }
        return order(id: id).with("line_items", .array(lines)).with("fulfillments", .array(fulfillments))
            .with("refunds", .array(refunds)).with("taxes_included", .bool(Bool.random(using: &random)))
            .with("current_total_price_set", set(amount())).with(
                "current_subtotal_price_set", set(subtotal.description)
            )
            .with("total_outstanding", Bool.random(using: &random) ? "0.00" : "12.50").with(
                "customer", Bool.random(using: &random) ? nil : ["id": 5, "created_at": "2026-01-02T03:04:05Z"]
            )
            .with("email", Bool.random(using: &random) ? .null : "a@b.test")
            .with("cancelled_at", Bool.random(using: &random) ? nil : "2026-11-02T08:00:00Z").with(
                "cancel_reason", "fraud")
    }
}
