import JSON

/// The bodies of webhooks: REST-shaped snake_case, every key of the vendor's samples in every payload, unknown as null.
struct ShopifyPayload {
    let shop: ShopifyShop

    func time(_ instant: TwinInstant?) -> JSON {
        JSON(instant?.iso8601(offsetMinutes: shop.settings.offsetMinutes))
    }

    /// orders/create, updated, paid, cancelled, fulfilled, partially_fulfilled: one shape (3.1).
    func order(_ order: ShopifyOrder) -> JSON {
        let members = identity(order) + people(order) + marks(order) + money(order) + parts(order)
        return .object(JSONObject(members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }))
    }

    typealias Members = [(key: String, value: JSON)]

    private func identity(_ order: ShopifyOrder) -> Members {
        let token = "t" + String(order.id, radix: 16)
        let statusURL = "https://\(shop.settings.domain)/1/orders/\(token)/authenticate"
        let members: Members = [
            ("id", JSON(order.id)), ("admin_graphql_api_id", .string(order.gid)), ("app_id", number(order.appID)),
            ("name", .string(order.name)), ("number", JSON(order.number - 1_000)), ("order_number", JSON(order.number)),
            ("confirmation_number", .string("C\(order.number)")), ("token", .string(token)),
            ("checkout_token", JSON(order.checkoutToken)), ("cart_token", JSON(order.cartToken)), ("user_id", .null),
            ("location_id", .null),
            ("device_id", .null), ("source_name", .string(order.sourceName)), ("source_identifier", .null),
            ("source_url", .null), ("reference", .null), ("po_number", .null), ("merchant_of_record_app_id", .null),
            ("merchant_business_entity_id", .string("MTU0ODM4MDAwOQ")), ("order_status_url", .string(statusURL)),
            ("created_at", time(order.createdAt)), ("processed_at", time(order.createdAt)),
            ("updated_at", time(order.updatedAt)), ("closed_at", .null), ("cancelled_at", time(order.cancelledAt)),
            ("cancel_reason", JSON(order.cancelReason)), ("test", .bool(order.test)), ("confirmed", true),
        ]
        return members
    }

    private func people(_ order: ShopifyOrder) -> Members {
        let members: Members = [
            ("email", JSON(order.email)), ("contact_email", JSON(order.email)), ("phone", JSON(order.phone)),
            ("buyer_accepts_marketing", .bool(order.acceptsMarketing)), ("customer_locale", "en"),
            ("customer", shop.customer(id: order.customerID).map(customer) ?? .null),
            ("billing_address", address(order.shippingAddress)), ("shipping_address", address(order.shippingAddress)),
            ("client_details", .null), ("browser_ip", .null), ("landing_site", .null), ("landing_site_ref", .null),
            ("referring_site", .null),
        ]
        return members
    }

    private func marks(_ order: ShopifyOrder) -> Members {
        let attributes = order.noteAttributes.map {
            JSON.object(["name": .string($0.name), "value": .string($0.value)])
        }
        let members: Members = [
            ("financial_status", .string(order.financialStatus)), ("fulfillment_status", JSON(order.fulfilmentStatus)),
            ("note", JSON(order.note)), ("note_attributes", .array(attributes)),
            ("tags", .string(order.tags.joined(separator: ", "))), ("currency", .string(order.currencies.shop)),
            ("presentment_currency", .string(order.currencies.presentment)),
            ("taxes_included", .bool(order.tax.included)), ("tax_exempt", false), ("estimated_taxes", false),
            ("duties_included", false), ("total_weight", 0), ("payment_terms", .null),
            ("payment_gateway_names", order.transactions.isEmpty ? [] : ["shopify_payments"]),
        ]
        return members
    }

    private func money(_ order: ShopifyOrder) -> Members {
        let (all, now, currencies) = (order.totals, order.current, order.currencies)
        let pairs: [(String, ShopifyMoney)] = [
            ("total_line_items_price", all.items), ("subtotal_price", all.subtotal), ("total_discounts", all.discounts),
            ("total_tax", all.tax), ("total_price", all.total), ("current_subtotal_price", now.subtotal),
            ("current_total_discounts", now.discounts), ("current_total_tax", now.tax),
            ("current_total_price", order.currentTotal),
        ]
        var members: Members = []
        for (key, value) in pairs {
            members.append((key, currencies.text(value)))
            members.append((key + "_set", currencies.set(value)))
        }
        members += [
            ("total_shipping_price_set", currencies.set(all.shipping)),
            ("current_shipping_price_set", currencies.set(now.shipping)),
            ("total_tip_received", currencies.text(order.tip)),
            ("total_outstanding", currencies.text(order.outstanding)),
            ("current_total_duties_set", order.hasDuties ? currencies.set(now.duties) : .null),
            ("original_total_duties_set", order.hasDuties ? currencies.set(all.duties) : .null),
            ("current_total_additional_fees_set", order.fee == nil ? .null : currencies.set(now.fees)),
            ("original_total_additional_fees_set", order.fee == nil ? .null : currencies.set(all.fees)),
            ("total_cash_rounding_payment_adjustment_set", currencies.set(.zero)),
            ("total_cash_rounding_refund_adjustment_set", currencies.set(.zero)),
        ]
        return members
    }

    private func parts(_ order: ShopifyOrder) -> Members {
        let codes = order.discounts.filter { $0.code != nil }.map { discount in
            JSON.object([
                "code": JSON(discount.code), "amount": order.currencies.text(discount.amount), "type": "fixed_amount",
            ])
        }
        let members: Members = [
            ("line_items", .array(order.lines.map { line($0, of: order, full: true) })), ("line_item_groups", []),
            ("shipping_lines", .array(order.shippingLines.map { shippingLine($0, of: order) })),
            ("discount_codes", .array(codes)),
            ("discount_applications", .array(order.discounts.map { discountApplication($0, of: order) })),
            ("tax_lines", taxLines(order.totals.tax, of: order)),
            ("fulfillments", .array(order.fulfilments.map { fulfilment($0, of: order, alone: false) })),
            ("refunds", .array(order.refunds.map { refund($0, of: order) })), ("returns", []),
        ]
        return members
    }

    /// `X-Shopify-Topic: orders/edited` carries ids and deltas only (3.4).
    func edit(_ edit: ShopifyEdit, of order: ShopifyOrder) -> JSON {
        func deltas(_ list: [(id: Int64, delta: Int)]) -> JSON {
            .array(list.map { ["id": JSON($0.id), "delta": JSON($0.delta)] })
        }
        func ids(_ list: [Int64]) -> JSON { .array(list.map { ["id": JSON($0)] }) }
        return [
            "order_edit": [
                "id": JSON(edit.id), "app_id": number(edit.appID), "created_at": time(edit.at),
                "committed_at": time(edit.at), "notify_customer": .bool(edit.notify), "order_id": JSON(order.id),
                "staff_note": .string(edit.staffNote), "user_id": .null,
                "line_items": ["additions": deltas(edit.additions), "removals": deltas(edit.removals)],
                "discounts": ["line_item": ["additions": ids(edit.discountAdditions), "removals": []]],
                "shipping_lines": ["additions": ids(edit.shippingAdditions), "removals": ids(edit.shippingRemovals)],
            ]
        ]
    }

    func number(_ value: Int64?) -> JSON { value.map { JSON($0) } ?? .null }
}

extension ShopifyPayload {
    /// `full` lines stand in an order; refunds and fulfilments repeat them without what only an order knows.
    func line(_ line: ShopifyLine, of order: ShopifyOrder, full: Bool, quantity: Int? = nil) -> JSON {
        let currencies = order.currencies
        let allocations = line.allocations.map { allocation in
            JSON.object([
                "amount": currencies.text(allocation.amount), "amount_set": currencies.set(allocation.amount),
                "discount_application_index": JSON(allocation.discountIndex),
            ])
        }
        // A deleted variant leaves its words and takes its ids (docs/vendors/shopify.md, Orders: payload).
        let sold = shop.variant(id: line.variant?.id)
        var members: Members = [
            ("id", JSON(line.id)), ("admin_graphql_api_id", .string(line.gid)),
            ("fulfillable_quantity", JSON(line.unfulfilled)), ("fulfillment_service", "manual"),
            ("fulfillment_status", JSON(line.fulfilmentStatus)), ("gift_card", .bool(line.giftCard)), ("grams", 0),
            ("name", .string(line.name)), ("price", currencies.text(line.unit)),
            ("price_set", currencies.set(line.unit)),
            ("product_exists", .bool(sold != nil)), ("product_id", number(sold?.productID)),
            ("properties", []), ("quantity", JSON(quantity ?? line.quantity)),
            ("requires_shipping", .bool(line.requiresShipping)), ("sku", JSON(line.sku)),
            ("taxable", .bool(line.taxable)),
            ("title", .string(line.title)), ("total_discount", currencies.text(line.manualDiscount(order))),
            ("total_discount_set", currencies.set(line.manualDiscount(order))),
            ("variant_id", number(sold?.id)),
            ("variant_inventory_management", line.variant == nil ? .null : "shopify"),
            ("variant_title", JSON(line.variantTitle)),
            ("vendor", JSON(line.vendor)),
            ("tax_lines", line.taxable ? taxLines(order.lineTax(line, units: line.quantity), of: order) : []),
            ("duties", .array(line.duty.map { [duty($0, currencies)] } ?? [])),
            ("discount_allocations", .array(allocations)),
        ]
        if line.isTip {
            // Only tips have these.
            members.append(("tip_payment_gateway", "shopify_payments"))
            members.append(("tip_payment_method", "Visa"))
        }
        if full {
            members.insert(("current_quantity", JSON(line.current)), at: 2)
            members.insert(("attributed_staffs", []), at: 2)
            members.append(("sales_line_item_group_id", .null))
        }
        return .object(JSONObject(members))
    }

    private func duty(_ duty: ShopifyDuty, _ currencies: ShopifyCurrencies) -> JSON {
        let price = currencies.set(duty.price)
        return [
            "id": .string(String(duty.id)), "admin_graphql_api_id": .string(duty.gid),
            "harmonized_system_code": .string(duty.systemCode), "country_code_of_origin": .string(duty.origin),
            "shop_money": price["shop_money"] ?? .null, "presentment_money": price["presentment_money"] ?? .null,
            "tax_lines": [],
        ]
    }

    func taxLines(_ tax: ShopifyMoney, of order: ShopifyOrder) -> JSON {
        guard order.tax.rateMillionths > 0 else { return [] }
        return [
            [
                "title": .string(order.tax.title), "rate": rate(order.tax), "price": order.currencies.text(tax),
                "price_set": order.currencies.set(tax), "channel_liable": false,
            ]
        ]
    }

    func rate(_ tax: ShopifyTax) -> JSON {
        .number(JSONNumber(exactly: TwinAmount(millionths: tax.rateMillionths).shortText))
    }

    private func shippingLine(_ line: ShopifyShippingLine, of order: ShopifyOrder) -> JSON {
        let currencies = order.currencies
        return [
            "id": JSON(line.id), "carrier_identifier": .null, "code": .string(line.title),
            "current_discounted_price_set": currencies.set(line.current),
            "discounted_price": currencies.text(line.price),
            "discounted_price_set": currencies.set(line.price), "is_removed": .bool(line.removed), "phone": .null,
            "price": currencies.text(line.price), "price_set": currencies.set(line.price),
            "requested_fulfillment_service_id": .null, "source": "shopify", "title": .string(line.title),
            "tax_lines": taxLines(order.tax.of(line.price, currencies), of: order), "discount_allocations": [],
        ]
    }

    private func discountApplication(_ discount: ShopifyDiscount, of order: ShopifyOrder) -> JSON {
        var application: JSONObject = [
            "target_type": "line_item", "type": discount.code == nil ? "manual" : "discount_code",
            "value": order.currencies.text(discount.amount), "value_type": "fixed_amount",
            "allocation_method": "across",
            "target_selection": discount.code == nil ? "explicit" : "all",
        ]
        if let code = discount.code {
            application["code"] = .string(code)
        } else {
            application["title"] = .string(discount.title)
            application["description"] = .string(discount.title)
        }
        return .object(application)
    }

    /// Refund records with and without money (3.5). `subtotal` and `total_tax` are numbers here, as Shopify sends them.
    func refund(_ refund: ShopifyRefund, of order: ShopifyOrder) -> JSON {
        let transactions = order.transactions.filter { refund.transactionIDs.contains($0.id) }
        let duties = refund.duties.map { duty -> JSON in
            ["duty_id": JSON(duty.dutyID), "amount_set": order.currencies.set(duty.amount)]
        }
        return [
            "id": JSON(refund.id), "admin_graphql_api_id": .string(refund.gid), "order_id": JSON(order.id),
            "created_at": time(refund.createdAt), "processed_at": time(refund.createdAt), "note": JSON(refund.note),
            "user_id": .null, "restock": .bool(refund.restock), "duties": .array(duties), "return": .null,
            "total_duties_set": order.currencies.set(refund.duties.map(\.amount).sum()),
            "refund_line_items": .array(refund.lines.map { refundLine($0, of: order) }),
            "refund_shipping_lines": .array(refund.shipping.map { refundShipping($0, of: order) }),
            "order_adjustments": .array(adjustments(refund, of: order)),
            "transactions": .array(transactions.map { transaction($0, of: order) }),
        ]
    }

    private func refundLine(_ refunded: ShopifyRefundLine, of order: ShopifyOrder) -> JSON {
        let currencies = order.currencies
        func number(_ money: ShopifyMoney) -> JSON {
            .number(JSONNumber(exactly: money.shop.text(digits: currencies.shopDigits)))
        }
        let line = order.lines.first { $0.id == refunded.lineID }
        return [
            "id": JSON(refunded.id), "line_item_id": JSON(refunded.lineID), "quantity": JSON(refunded.quantity),
            "location_id": .null, "restock_type": .string(refunded.restockType), "subtotal": number(refunded.subtotal),
            "total_tax": number(refunded.tax), "subtotal_set": currencies.set(refunded.subtotal),
            "total_tax_set": currencies.set(refunded.tax),
            "line_item": line.map { self.line($0, of: order, full: false) } ?? .null,
        ]
    }

    private func refundShipping(_ shipping: ShopifyRefundShipping, of order: ShopifyOrder) -> JSON {
        let line = order.shippingLines.first { $0.id == shipping.shippingLineID }
        return [
            "id": JSON(shipping.id), "shipping_line_id": JSON(shipping.shippingLineID),
            "subtotal_amount_set": order.currencies.set(shipping.subtotal(order.tax, shop.settings)),
            "shipping_line": line.map { shippingLine($0, of: order) } ?? .null,
        ]
    }

    /// Adjustments are negative when the shop gives (3.5). A shipping adjustment's amount is before tax.
    private func adjustments(_ refund: ShopifyRefund, of order: ShopifyOrder) -> [JSON] {
        func adjustment(_ id: Int64, _ kind: String, _ reason: String, _ amount: ShopifyMoney, _ tax: ShopifyMoney)
            -> JSON
        {
            let currencies = order.currencies
            return [
                "id": JSON(id), "order_id": JSON(order.id), "refund_id": JSON(refund.id),
                "amount": currencies.text(amount), "tax_amount": currencies.text(tax), "kind": .string(kind),
                "reason": .string(reason), "amount_set": currencies.set(amount), "tax_amount_set": currencies.set(tax),
            ]
        }
        let told = shop.settings.shippingRefundAdjustments ? refund.shipping : []
        let shipping = told.map { shipping in
            adjustment(
                shipping.adjustmentID, "shipping_refund", "Shipping refund", -shipping.net(order.tax), -shipping.tax)
        }
        return shipping
            + refund.discrepancies.map {
                adjustment($0.id, "refund_discrepancy", $0.reason.rawValue, $0.amount, .zero)
            }
    }

    func transaction(_ transaction: ShopifyTransaction, of order: ShopifyOrder) -> JSON {
        let currencies = order.currencies
        return [
            "id": JSON(transaction.id), "admin_graphql_api_id": .string(transaction.gid), "order_id": JSON(order.id),
            "parent_id": number(transaction.parentID), "kind": .string(transaction.kind),
            "status": .string(transaction.status), "gateway": .string(transaction.gateway),
            "amount": .string(transaction.amount.presentment.text(digits: currencies.presentmentDigits)),
            "currency": .string(currencies.presentment), "created_at": time(transaction.createdAt),
            "processed_at": time(transaction.createdAt), "authorization": .null, "test": .bool(order.test),
            "error_code": .null, "message": .null, "source_name": .string(order.sourceName),
            "payment_id": .string("\(order.name).\(transaction.id)"), "receipt": [:], "manual_payment_gateway": false,
            "total_unsettled_set": currencies.set(.zero, codeKey: "currency"), "amount_rounding": .null,
            "location_id": .null, "device_id": .null, "user_id": .null,
        ]
    }

    /// As its own webhook a fulfilment has also e-mail and destination (3.7).
    func fulfilment(_ fulfilment: ShopifyFulfilment, of order: ShopifyOrder, alone: Bool) -> JSON {
        let lines = fulfilment.lines.map { entry -> JSON in
            let line = order.lines.first { $0.id == entry.lineID }
            return line.map { self.line($0, of: order, full: false, quantity: entry.quantity) } ?? .null
        }
        let (number, url) = (fulfilment.trackingNumber, fulfilment.trackingURL)
        var members: Members = [
            ("id", JSON(fulfilment.id)), ("admin_graphql_api_id", .string(fulfilment.gid)),
            ("order_id", JSON(order.id)),
            ("name", .string(fulfilment.name)), ("status", .string(fulfilment.status)),
            ("shipment_status", JSON(fulfilment.shipmentStatus)), ("service", "manual"), ("location_id", .null),
            ("tracking_company", JSON(fulfilment.company)), ("tracking_number", JSON(number)),
            ("tracking_numbers", .array(number.map { [.string($0)] } ?? [])), ("tracking_url", JSON(url)),
            ("tracking_urls", .array(url.map { [.string($0)] } ?? [])), ("created_at", time(fulfilment.createdAt)),
            ("updated_at", time(fulfilment.updatedAt)), ("origin_address", [:]), ("receipt", [:]),
            ("line_items", .array(lines)),
        ]
        if alone {
            members.append(("email", JSON(order.email)))
            members.append(("destination", address(order.shippingAddress)))
        }
        return .object(JSONObject(members))
    }

    func address(_ address: ShopifyAddress) -> JSON {
        [
            "first_name": JSON(address.firstName), "last_name": JSON(address.lastName), "name": .string(address.name),
            "company": JSON(address.company), "address1": .string(address.address1), "address2": JSON(address.address2),
            "city": .string(address.city), "province": JSON(address.province),
            "province_code": JSON(address.provinceCode), "zip": .string(address.zip),
            "country": .string(address.country), "country_code": .string(address.countryCode),
            "phone": JSON(address.phone), "latitude": .null, "longitude": .null,
        ]
    }

    /// No tags, no consent, no counters since 2025-01 (docs/vendors/shopify.md, Customers).
    func customer(_ customer: ShopifyCustomer) -> JSON {
        var home = JSONObject([("id", JSON(customer.addressID)), ("customer_id", JSON(customer.id))])
        for member in address(customer.address).object?.members ?? [] where !member.key.hasSuffix("itude") {
            home[member.key] = member.value
        }
        home["country_name"] = .string(customer.address.country)
        home["default"] = true
        return [
            "id": JSON(customer.id), "admin_graphql_api_id": .string(customer.gid),
            "created_at": time(customer.createdAt), "updated_at": time(customer.updatedAt),
            "first_name": JSON(customer.firstName), "last_name": JSON(customer.lastName),
            "state": .string(customer.state), "note": JSON(customer.note),
            "verified_email": .bool(customer.email != nil),
            "multipass_identifier": .null, "tax_exempt": false, "email": JSON(customer.email),
            "phone": JSON(customer.phone), "currency": .string(shop.settings.currency), "tax_exemptions": [],
            "default_address": .object(home),
        ]
    }
}
