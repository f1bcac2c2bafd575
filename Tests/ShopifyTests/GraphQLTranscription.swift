import Commerce
import JSON

/// Writes a REST order the way `OrdersByID.graphql` would answer it. Knows nothing of the mapping it helps to judge.
enum GraphQLTranscription {
    static func answer(_ orders: [JSON], errors: [JSON]? = nil) -> JSON {
        let nodes: JSON = ["nodes": .array(orders)]
        // The document for products asks for the shop's currency too.
        let isOfProducts = orders.contains { $0["__typename"] == "Product" }
        let document: JSON = ["data": isOfProducts ? nodes.with("shop", ["currencyCode": "USD"]) : nodes]
        return errors.map { document.with("errors", .array($0)) } ?? document
    }

    static func order(_ rest: JSON) -> JSON {
        var order: [(String, JSON)] = [
            ("__typename", "Order"), ("id", gid("Order", rest["id"])), ("name", rest["name"] ?? nil),
            ("sourceName", rest["source_name"] ?? nil), ("test", rest["test"] ?? false),
            ("app", isNull(rest["app_id"]) ? nil : ["id": gid("App", rest["app_id"])]),
            ("cancelReason", upper(rest["cancel_reason"])), ("displayFinancialStatus", upper(rest["financial_status"])),
            ("currencyCode", rest["currency"] ?? nil),
            ("presentmentCurrencyCode", rest["presentment_currency"] ?? rest["currency"] ?? nil),
            ("taxesIncluded", rest["taxes_included"] ?? false), ("note", rest["note"] ?? nil),
            ("email", rest["email"] ?? nil), ("phone", rest["phone"] ?? nil),
            (
                "customer",
                isNull(rest["customer"])
                    ? nil
                    : [
                        "id": gid("Customer", rest["customer"]?["id"]),
                        "createdAt": time(rest["customer"]?["created_at"]),
                    ]
            ),
            ("shippingAddress", address(rest["shipping_address"])),
            ("billingAddress", address(rest["billing_address"])),
        ]
        for (name, key) in [
            ("createdAt", "created_at"), ("processedAt", "processed_at"), ("updatedAt", "updated_at"),
            ("closedAt", "closed_at"), ("cancelledAt", "cancelled_at"),
        ] { order.append((name, time(rest[key]))) }
        for (name, key) in [
            ("currentTotalPriceSet", "current_total_price_set"),
            ("currentSubtotalPriceSet", "current_subtotal_price_set"),
            ("currentTotalTaxSet", "current_total_tax_set"),
            ("currentTotalDiscountsSet", "current_total_discounts_set"),
            ("currentShippingPriceSet", "current_shipping_price_set"),
            ("currentTotalDutiesSet", "current_total_duties_set"),
            ("currentTotalAdditionalFeesSet", "current_total_additional_fees_set"),
            ("originalTotalDutiesSet", "original_total_duties_set"),
            ("originalTotalAdditionalFeesSet", "original_total_additional_fees_set"),
        ] { order.append((name, bag(rest[key]))) }
        order.append(("totalTipReceivedSet", plainBag(rest["total_tip_received"], rest)))
        let outstanding = isNull(rest["total_outstanding"]) ? JSON.null : plainBag(rest["total_outstanding"], rest)
        order.append(("totalOutstandingSet", outstanding))
        order += lists(rest)
        return .object(JSONObject(order.map { (key: $0.0, value: $0.1) }))
    }

    private static func lists(_ rest: JSON) -> [(String, JSON)] {
        let tags = (rest["tags"]?.string ?? "").split(separator: ",").map { tag in
            tag.hasPrefix(" ") ? String(tag.dropFirst()) : String(tag)
        }
        let codes = (rest["discount_codes"]?.array ?? []).map { $0["code"] ?? nil }
        let attributes = (rest["note_attributes"]?.array ?? []).map { item -> JSON in
            ["key": item["name"] ?? nil, "value": item["value"] ?? nil]
        }
        return [
            ("tags", .array(tags.filter { $0.contains { $0 != " " } }.sorted(by: >).map { .string($0) })),
            ("discountCodes", .array(codes)), ("customAttributes", .array(attributes)),
            ("lineItems", connection((rest["line_items"]?.array ?? []).map(line), cursor: "c1")),
            ("shippingLines", connection((rest["shipping_lines"]?.array ?? []).map(shippingLine))),
            ("fulfillments", .array((rest["fulfillments"]?.array ?? []).reversed().map(fulfillment))),
            ("refunds", .array((rest["refunds"]?.array ?? []).reversed().map { refund($0, of: rest) })),
        ]
    }

    static func connection(_ nodes: [JSON], hasNextPage: Bool = false, cursor: String? = nil) -> JSON {
        ["nodes": .array(nodes), "pageInfo": ["hasNextPage": .bool(hasNextPage), "endCursor": JSON(cursor)]]
    }

    private static func line(_ line: JSON) -> JSON {
        let price = line["price_set"]
        return [
            "id": gid("LineItem", line["id"]), "title": line["title"] ?? nil,
            "variantTitle": line["variant_title"] ?? nil,
            "vendor": line["vendor"] ?? nil, "sku": line["sku"] ?? nil, "quantity": line["quantity"] ?? nil,
            "currentQuantity": line["current_quantity"] ?? nil, "isGiftCard": line["gift_card"] ?? false,
            "requiresShipping": line["requires_shipping"] ?? true,
            "product": isNull(line["product_id"]) ? nil : ["id": gid("Product", line["product_id"])],
            "variant": isNull(line["variant_id"]) ? nil : ["id": gid("ProductVariant", line["variant_id"])],
            "originalUnitPriceSet": bag(price), "discountedUnitPriceAfterAllDiscountsSet": discounted(line),
            "discountAllocations": .array(
                (line["discount_allocations"]?.array ?? []).map { ["allocatedAmountSet": bag($0["amount_set"])] }),
        ]
    }

    /// One unit after its share of what was allocated to the line, rounded down as Shopify's "approximate" may be.
    private static func discounted(_ line: JSON) -> JSON {
        func cents(_ money: JSON?) -> Int {
            Int((Amount(money?["amount"]?.decimalText ?? "0")?.millionths ?? 0) / 10_000)
        }
        func side(_ name: String) -> JSON {
            let quantity = max(1, Int(line["quantity"]?.int64 ?? 1))
            let allocated = (line["discount_allocations"]?.array ?? []).reduce(0) { sum, allocation in
                sum + cents(allocation["amount_set"]?[name] ?? ["amount": allocation["amount"] ?? "0"])
            }
            let left = cents(line["price_set"]?[name] ?? ["amount": line["price"] ?? "0"]) - allocated / quantity
            return [
                "amount": .string(Amount(millionths: Int128(left) * 10_000).description),
                "currencyCode": line["price_set"]?[name]?["currency_code"] ?? "USD",
            ]
        }
        return ["shopMoney": side("shop_money"), "presentmentMoney": side("presentment_money")]
    }

    private static func shippingLine(_ line: JSON) -> JSON {
        [
            "id": gid("ShippingLine", line["id"]), "title": line["title"] ?? nil,
            "isRemoved": line["is_removed"] ?? false, "discountedPriceSet": bag(line["discounted_price_set"]),
        ]
    }

    private static func fulfillment(_ item: JSON) -> JSON {
        let numbers = item["tracking_numbers"]?.array ?? []
        let urls = item["tracking_urls"]?.array ?? []
        let tracking = numbers.indices.map { index -> JSON in
            ["company": item["tracking_company"] ?? nil, "number": numbers[index], "url": urls[index]]
        }
        let lines = (item["line_items"]?.array ?? []).map { line -> JSON in
            ["quantity": line["quantity"] ?? nil, "lineItem": ["id": gid("LineItem", line["id"])]]
        }
        return [
            "id": gid("Fulfillment", item["id"]), "name": item["name"] ?? nil, "status": upper(item["status"]),
            "displayStatus": isNull(item["shipment_status"]) ? "FULFILLED" : upper(item["shipment_status"]),
            "createdAt": time(item["created_at"]), "updatedAt": time(item["updated_at"]),
            "trackingInfo": .array(tracking), "fulfillmentLineItems": connection(lines),
        ]
    }

    private static func refund(_ refund: JSON, of rest: JSON) -> JSON {
        let lines = (refund["refund_line_items"]?.array ?? []).map { line -> JSON in
            [
                "quantity": line["quantity"] ?? nil, "lineItem": ["id": gid("LineItem", line["line_item_id"])],
                "subtotalSet": bag(line["subtotal_set"]), "totalTaxSet": bag(line["total_tax_set"]),
            ]
        }
        let shipping = (refund["refund_shipping_lines"]?.array ?? []).map { line -> JSON in
            ["subtotalAmountSet": bag(line["subtotal_amount_set"]), "taxAmountSet": bag(line["tax_amount_set"])]
        }
        let told = (refund["order_adjustments"]?.array ?? []).filter { $0["kind"] != "shipping_refund" }
        let adjustments = told.map { item -> JSON in
            let reason = item["reason"]?.string.map { String($0.uppercased().map { $0 == " " ? "_" : $0 }) }
            return [
                "reason": JSON(reason), "amountSet": bag(item["amount_set"]),
                "taxAmountSet": bag(item["tax_amount_set"]),
            ]
        }
        let transactions = (refund["transactions"]?.array ?? []).map { item -> JSON in
            ["kind": upper(item["kind"]), "status": upper(item["status"]), "amountSet": plainBag(item["amount"], rest)]
        }
        return [
            "id": gid("Refund", refund["id"]), "createdAt": time(refund["created_at"]),
            "processedAt": time(refund["processed_at"] ?? refund["created_at"]), "note": refund["note"] ?? nil,
            "duties": .array((refund["duties"]?.array ?? []).map { ["amountSet": bag($0["amount_set"])] }),
            "refundLineItems": connection(lines), "refundShippingLines": connection(shipping),
            "orderAdjustments": connection(adjustments), "transactions": connection(transactions),
        ]
    }

    private static func address(_ address: JSON?) -> JSON {
        guard let address, !address.isNull else { return nil }
        var members: [(key: String, value: JSON)] = []
        for (name, key) in [
            ("name", "name"), ("company", "company"), ("address1", "address1"), ("address2", "address2"),
            ("city", "city"), ("provinceCode", "province_code"), ("zip", "zip"), ("countryCodeV2", "country_code"),
            ("phone", "phone"),
        ] { members.append((key: name, value: address[key] ?? nil)) }
        return .object(JSONObject(members))
    }

    // MARK: Words

    private static func isNull(_ json: JSON?) -> Bool { json?.isNull ?? true }
    static func gid(_ kind: String, _ id: JSON?) -> JSON {
        .string("gid://shopify/\(kind)/\(id?.decimalText ?? "")")
    }
    static func upper(_ json: JSON?) -> JSON { JSON(json?.string?.uppercased()) }
    static func time(_ json: JSON?) -> JSON { JSON(json?.string.flatMap(Instant.init(iso8601:))?.description) }

    private static func bag(_ set: JSON?) -> JSON {
        guard let set, !set.isNull else { return nil }
        func side(_ money: JSON?) -> JSON {
            ["amount": shorter(money?["amount"]), "currencyCode": money?["currency_code"] ?? nil]
        }
        return ["shopMoney": side(set["shop_money"]), "presentmentMoney": side(set["presentment_money"])]
    }
    /// GraphQL writes `10.0` where REST writes `10.00`.
    private static func shorter(_ amount: JSON?) -> JSON {
        guard let text = amount?.string else { return amount ?? nil }
        return .string(text.hasSuffix("0") && text.contains(".") ? String(text.dropLast()) : text)
    }
    private static func plainBag(_ amount: JSON?, _ rest: JSON) -> JSON {
        let text = JSON.string(amount?.decimalText ?? "0.0")
        return [
            "shopMoney": ["amount": text, "currencyCode": rest["currency"] ?? nil],
            "presentmentMoney": [
                "amount": text, "currencyCode": rest["presentment_currency"] ?? rest["currency"] ?? nil,
            ],
        ]
    }
}
