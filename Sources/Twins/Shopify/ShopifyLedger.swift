import JSON

/// `GET /_twin/state`: what the shop holds, in the checker's words. See ``ShopifyTwin`` for the keys.
struct ShopifyLedger {
    let shop: ShopifyShop
    let sender: ShopifySender

    var members: [(key: String, value: JSON)] {
        let counts = sender.counts
        return [
            ("orders", .array(shop.orders.map(order))), ("customers", .array(shop.customers.map(customer))),
            ("carts", .array(shop.carts.map(cart))), ("checkouts", .array(shop.checkouts.map(checkout))),
            ("merges", .array(shop.merges.map(merge))), ("products", .array(shop.variants.map(product))),
            ("subscriptions", .array(sender.subscriptions.map(subscription))),
            (
                "webhooks",
                [
                    "pending": JSON(sender.pending), "fired": JSON(counts.fired), "attempts": JSON(counts.attempts),
                    "succeeded": JSON(counts.succeeded), "failed": JSON(counts.failed), "dropped": JSON(counts.dropped),
                    "duplicated": JSON(counts.duplicated), "gave_up": JSON(counts.gaveUp),
                    "subscriptions_deleted": JSON(counts.subscriptionsDeleted),
                ]
            ),
        ]
    }

    private func order(_ order: ShopifyOrder) -> JSON {
        let text = order.currencies.text
        let fulfilments = order.fulfilments.map { fulfilment -> JSON in
            [
                "id": JSON(fulfilment.id), "status": .string(fulfilment.status),
                "shipment_status": JSON(fulfilment.shipmentStatus),
            ]
        }
        return [
            "id": JSON(order.id), "name": .string(order.name), "created_at": .string(order.createdAt.iso8601()),
            "updated_at": .string(order.updatedAt.iso8601()), "currency": .string(order.currencies.shop),
            "presentment_currency": .string(order.currencies.presentment),
            "net_value": text(order.received - order.refunded + order.outstanding), "void": .bool(order.isVoid),
            "cancelled": .bool(order.cancelledAt != nil), "deleted": .bool(order.deleted),
            "ever_paid": .bool(order.everPaid), "ever_authorised": .bool(order.everAuthorised),
            "test": .bool(order.test),
            "customer_id": order.customerID.map { JSON($0) } ?? .null, "email": JSON(order.email),
            "recreated_from": order.recreatedFrom.map { JSON($0) } ?? .null, "origin": origin(order.origin),
            "cancelled_at": JSON(order.cancelledAt?.iso8601()),
            "cart_token": JSON(order.cartToken), "checkout_token": JSON(order.checkoutToken),
            "financial_status": .string(order.financialStatus), "fulfillment_status": JSON(order.fulfilmentStatus),
            "tags": .array(order.tags.map { .string($0) }), "current_total": text(order.currentTotal),
            "appeased": text(-order.discrepancy), "received": text(order.received), "refunded": text(order.refunded),
            "refund_pending": text(order.refundPending), "outstanding": text(order.outstanding),
            "lines": .array(order.lines.map { line($0, order) }),
            "duties": text(order.current.duties), "fees": text(order.current.fees), "tip": text(order.tip),
            "shipping": text(order.current.shipping), "tax": text(order.current.tax),
            "taxes_included": .bool(order.tax.included), "contact_changes": JSON(order.contactChanges),
            "shipping_removed": .bool(order.shippingLines.contains(where: \.removed)),
            "refunds": .array(order.refunds.map { refund($0, order) }),
            "edits": .array(order.edits.map { ["id": JSON($0.id), "at": .string($0.at.iso8601())] }),
            "fulfilments": .array(fulfilments),
        ]
    }

    private func origin(_ origin: ShopifyOrigin?) -> JSON {
        guard let origin else { return .null }
        return ["kind": .string(origin.kind.rawValue), "order": JSON(origin.order)]
    }

    private func line(_ line: ShopifyLine, _ order: ShopifyOrder) -> JSON {
        [
            "id": JSON(line.id), "sku": JSON(line.sku), "quantity": JSON(line.quantity),
            "current_quantity": JSON(line.current), "unfulfilled": JSON(line.unfulfilled),
            "fulfilled": JSON(line.fulfilled),
            "value": order.currencies.text(line.value(units: line.current, order.currencies)),
            "repriced": .bool(line.isRepriced),
            "unscaled": .bool(line.allocations.contains { $0.units != line.quantity }),
        ]
    }

    private func refund(_ refund: ShopifyRefund, _ order: ShopifyOrder) -> JSON {
        let transactions = order.transactions.filter { refund.transactionIDs.contains($0.id) }
        func money(_ status: String) -> JSON {
            order.currencies.text(transactions.filter { $0.status == status }.map(\.amount).sum())
        }
        let lines = refund.lines.map { line -> JSON in
            [
                "line": JSON(line.lineID), "quantity": JSON(line.quantity), "restock_type": .string(line.restockType),
                "subtotal": order.currencies.text(line.subtotal), "tax": order.currencies.text(line.tax),
            ]
        }
        let text = order.currencies.text
        return [
            "created_at": .string(refund.createdAt.iso8601()),
            "id": JSON(refund.id), "money": money("success"), "pending": money("pending"), "failed": money("failure"),
            "discrepancy": text(refund.discrepancy), "lines": .array(lines), "edit": .bool(refund.isEdit),
            "shipping": text(refund.shipping.map(\.amount).sum()),
            "duties": text(refund.duties.map(\.amount).sum()), "fees": text(refund.fees),
            "due_later": text(refund.dueLater), "value": text(refund.value(order.tax)),
        ]
    }

    private func customer(_ customer: ShopifyCustomer) -> JSON {
        [
            "id": JSON(customer.id), "email": JSON(customer.email), "phone": JSON(customer.phone),
            "first_name": JSON(customer.firstName), "last_name": JSON(customer.lastName),
            "state": .string(customer.state), "tags": .array(customer.tags.map { .string($0) }),
            "created_at": .string(customer.createdAt.iso8601()), "updated_at": .string(customer.updatedAt.iso8601()),
            "email_consent": consent(customer.emailConsent), "sms_consent": consent(customer.smsConsent),
        ]
    }

    private func consent(_ consent: ShopifyConsent) -> JSON {
        [
            "state": .string(consent.state), "opt_in_level": JSON(consent.level),
            "updated_at": JSON(consent.updatedAt?.iso8601()),
        ]
    }

    private func basket(_ lines: [ShopifyBasketLine]) -> JSON {
        .array(lines.map { ["sku": .string($0.variant.sku), "quantity": JSON($0.quantity)] })
    }

    private func cart(_ cart: ShopifyCart) -> JSON {
        [
            "token": .string(cart.token), "email": JSON(cart.email), "lines": basket(cart.lines),
            "updated_at": .string(cart.updatedAt.iso8601()),
        ]
    }

    private func checkout(_ checkout: ShopifyCheckout) -> JSON {
        [
            "token": .string(checkout.token), "cart_token": JSON(checkout.cartToken), "email": JSON(checkout.email),
            "phone": JSON(checkout.phone), "customer_id": checkout.customerID.map { JSON($0) } ?? .null,
            "lines": basket(checkout.lines), "updated_at": .string(checkout.updatedAt.iso8601()),
            "completed_at": JSON(checkout.completedAt?.iso8601()),
        ]
    }

    private func merge(_ merge: ShopifyMerge) -> JSON {
        ["at": .string(merge.at.iso8601()), "kept": JSON(merge.kept), "removed": JSON(merge.removed)]
    }

    private func product(_ variant: ShopifyVariant) -> JSON {
        [
            "variant_id": JSON(variant.id), "product_id": JSON(variant.productID), "sku": .string(variant.sku),
            "title": .string(variant.title), "option": JSON(variant.option),
            "price": .string(variant.price.text(digits: currencyDigits(shop.settings.currency))),
            "compare_at_price": JSON(variant.compareAtPrice?.text(digits: currencyDigits(shop.settings.currency))),
            "inventory": JSON(variant.inventory), "gift_card": .bool(variant.giftCard),
            "status": JSON(shop.product(id: variant.productID)?.status),
            "updated_at": JSON(shop.product(id: variant.productID)?.updatedAt.iso8601()),
        ]
    }

    private func subscription(_ subscription: ShopifySubscription) -> JSON {
        [
            "id": JSON(subscription.id), "topic": .string(subscription.topic), "address": .string(subscription.address),
            "name": JSON(subscription.name),
        ]
    }
}
