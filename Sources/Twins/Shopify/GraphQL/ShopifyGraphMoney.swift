import JSON

/// Transactions, refunds, fulfilments and agreements.
extension ShopifyGraph {
    func transaction(_ transaction: ShopifyTransaction, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("OrderTransaction") { field, _ in
            switch field {
            case "id": .leaf(.string(transaction.gid))
            case "kind": .leaf(.string(transaction.kind.uppercased()))
            case "status": .leaf(.string(transaction.status.uppercased()))
            case "gateway": .leaf(.string(transaction.gateway))
            case "formattedGateway": .leaf("Shopify Payments")
            case "amountSet": money(transaction.amount, order)
            case "totalUnsettledSet": money(.zero, order)
            case "parentTransaction":
                .object(order.transactions.first { $0.id == transaction.parentID }.map { self.transaction($0, order) })
            case "createdAt", "processedAt": time(transaction.createdAt)
            case "paymentId": .leaf(.string("\(order.name).\(transaction.id)"))
            case "test": .leaf(.bool(order.test))
            case "order": .object(self.order(order))
            case "manuallyCapturable":
                .leaf(.bool(transaction.kind == "authorization" && order.capturable.shop > .zero))
            case "multiCapturable", "manualPaymentGateway": .leaf(false)
            default: .leaf(.null)
            }
        }
    }

    func refund(_ refund: ShopifyRefund, _ order: ShopifyOrder) -> GraphQLObject {
        let transactions = order.transactions.filter { refund.transactionIDs.contains($0.id) }
        return GraphQLObject("Refund") { field, arguments throws(GraphQLProblem) in
            switch field {
            case "id": return .leaf(.string(refund.gid))
            case "legacyResourceId": return .leaf(.string(String(refund.id)))
            case "createdAt", "processedAt": return time(refund.createdAt)
            case "updatedAt": return time(refund.updatedAt)
            case "duties": return .list(refund.duties.map { refundDuty($0, order) })
            case "note": return .leaf(JSON(refund.note))
            case "order": return .object(self.order(order))
            case "return", "staffMember": return .object(nil)
            case "totalRefundedSet":
                return money(transactions.filter { $0.status == "success" }.map(\.amount).sum(), order)
            case "refundLineItems":
                return try children("RefundLineItem", refund.lines.map { refundLine($0, order) }, arguments)
            case "refundShippingLines":
                return try children("RefundShippingLine", refund.shipping.map { refundShipping($0, order) }, arguments)
            case "orderAdjustments":
                let adjusted = refund.discrepancies.map { adjustment($0, order) }
                return try children("OrderAdjustment", adjusted, arguments)
            default:
                return try children("OrderTransaction", transactions.map { transaction($0, order) }, arguments)
            }
        }
    }

    private func refundLine(_ refunded: ShopifyRefundLine, _ order: ShopifyOrder) -> GraphQLObject {
        let line = order.lines.first { $0.id == refunded.lineID }
        return GraphQLObject("RefundLineItem") { field, _ in
            switch field {
            case "id": .leaf(.string("gid://shopify/RefundLineItem/\(refunded.id)"))
            case "quantity": .leaf(JSON(refunded.quantity))
            case "restockType": .leaf(.string(refunded.restockType.uppercased()))
            case "restocked": .leaf(.bool(refunded.restockType != "no_restock"))
            case "lineItem": .object(line.map { self.line($0, order) })
            case "location": .object(nil)
            case "priceSet": money(line?.unit ?? .zero, order)
            case "subtotalSet": money(refunded.subtotal, order)
            default: money(refunded.tax, order)
            }
        }
    }

    private func refundShipping(_ shipping: ShopifyRefundShipping, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("RefundShippingLine") { field, _ in
            switch field {
            case "id": .leaf(.string("gid://shopify/RefundShippingLine/\(shipping.id)"))
            case "shippingLine":
                .object(order.shippingLines.first { $0.id == shipping.shippingLineID }.map { shippingLine($0, order) })
            case "subtotalAmountSet": money(shipping.subtotal(order.tax, shop.settings), order)
            default: money(shipping.tax, order)
            }
        }
    }

    /// Only discrepancies are adjustments here; a shipping refund is a `RefundShippingLine`.
    private func adjustment(_ discrepancy: ShopifyDiscrepancy, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("OrderAdjustment") { field, _ in
            switch field {
            case "id": .leaf(.string("gid://shopify/OrderAdjustment/\(discrepancy.id)"))
            case "amountSet": money(discrepancy.amount, order)
            case "taxAmountSet": money(.zero, order)
            default: .leaf(.string(discrepancy.reason.constant))
            }
        }
    }

    func duty(_ duty: ShopifyDuty, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("Duty") { field, _ in
            switch field {
            case "id": .leaf(.string(duty.gid))
            case "countryCodeOfOrigin": .leaf(.string(duty.origin))
            case "harmonizedSystemCode": .leaf(.string(duty.systemCode))
            case "price": money(duty.price, order)
            default: .list([])
            }
        }
    }

    private func refundDuty(_ refunded: ShopifyRefundDuty, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("RefundDuty") { field, _ in
            field == "amountSet"
                ? money(refunded.amount, order)
                : .object(order.lines.compactMap(\.duty).first { $0.id == refunded.dutyID }.map { duty($0, order) })
        }
    }

    func fee(_ fee: ShopifyFee, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("AdditionalFee") { field, _ in
            switch field {
            case "id": .leaf(.string(fee.gid))
            case "name": .leaf(.string(fee.name))
            case "price": money(fee.price, order)
            default: .list([])
            }
        }
    }

    func fulfilment(_ fulfilment: ShopifyFulfilment, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("Fulfillment") { field, arguments throws(GraphQLProblem) in
            switch field {
            case "id": return .leaf(.string(fulfilment.gid))
            case "legacyResourceId": return .leaf(.string(String(fulfilment.id)))
            case "name": return .leaf(.string(fulfilment.name))
            case "status": return .leaf(.string(fulfilment.status.uppercased()))
            case "displayStatus": return .leaf(.string(displayStatus(fulfilment)))
            case "createdAt": return time(fulfilment.createdAt)
            case "updatedAt": return time(fulfilment.updatedAt)
            case "deliveredAt": return time(fulfilment.shipmentStatus == "delivered" ? fulfilment.updatedAt : nil)
            case "inTransitAt": return time(fulfilment.shipmentStatus == "in_transit" ? fulfilment.updatedAt : nil)
            case "estimatedDeliveryAt": return .leaf(.null)
            case "totalQuantity": return .leaf(JSON(fulfilment.lines.reduce(0) { $0 + $1.quantity }))
            case "requiresShipping": return .leaf(true)
            case "location": return .object(nil)
            case "order": return .object(self.order(order))
            case "trackingInfo": return list(tracking(fulfilment), arguments)
            default:
                let lines = fulfilment.lines.compactMap { entry in
                    order.lines.first { $0.id == entry.lineID }.map { line in
                        fulfilmentLine(entry.id, entry.quantity, line, order)
                    }
                }
                return try children("FulfillmentLineItem", lines, arguments)
            }
        }
    }

    private func tracking(_ fulfilment: ShopifyFulfilment) -> [GraphQLObject] {
        guard fulfilment.trackingNumber != nil || fulfilment.company != nil else { return [] }
        return [
            leaves(
                "FulfillmentTrackingInfo",
                [
                    "company": JSON(fulfilment.company), "number": JSON(fulfilment.trackingNumber),
                    "url": JSON(fulfilment.trackingURL),
                ])
        ]
    }

    /// A fulfilment without carrier news is just "fulfilled".
    private func displayStatus(_ fulfilment: ShopifyFulfilment) -> String {
        if fulfilment.status == "cancelled" { return "CANCELED" }
        return fulfilment.shipmentStatus?.uppercased() ?? "FULFILLED"
    }

    private func fulfilmentLine(
        _ id: Int64, _ quantity: Int, _ line: ShopifyLine, _ order: ShopifyOrder
    ) -> GraphQLObject {
        GraphQLObject("FulfillmentLineItem") { field, _ in
            switch field {
            case "id": .leaf(.string("gid://shopify/FulfillmentLineItem/\(id)"))
            case "quantity": .leaf(JSON(quantity))
            case "lineItem": .object(self.line(line, order))
            case "originalTotalSet": money(line.unit * quantity, order)
            default: money(line.value(units: quantity, order.currencies), order)
            }
        }
    }

    func agreement(_ agreement: ShopifyAgreement, _ order: ShopifyOrder) -> GraphQLObject {
        let type =
            switch agreement.reason {
            case "ORDER": "OrderAgreement"
            case "ORDER_EDIT": "OrderEditAgreement"
            default: "RefundAgreement"
            }
        return GraphQLObject(type) { field, arguments throws(GraphQLProblem) in
            switch field {
            case "id": return .leaf(.string("gid://shopify/\(type)/\(agreement.id)"))
            case "happenedAt": return time(agreement.at)
            case "reason": return .leaf(.string(agreement.reason))
            case "app": return .object(agreement.appID.map(app))
            case "user": return .object(nil)
            case "order": return .object(self.order(order))
            default: return try children("Sale", agreement.sales.map { sale($0, order) }, arguments)
            }
        }
    }

    private func sale(_ sale: ShopifySale, _ order: ShopifyOrder) -> GraphQLObject {
        let type =
            switch sale.lineType {
            case "PRODUCT": "ProductSale"
            case "GIFT_CARD": "GiftCardSale"
            case "TIP": "TipSale"
            default: "ShippingLineSale"
            }
        return GraphQLObject(type) { field, _ in
            switch field {
            case "id": .leaf(.string("gid://shopify/\(type)/\(sale.id)"))
            case "actionType": .leaf(.string(sale.action))
            case "lineType": .leaf(.string(sale.lineType))
            case "quantity": .leaf(sale.quantity.map { JSON($0) } ?? .null)
            case "totalAmount": money(sale.total, order)
            case "totalTaxAmount": money(sale.tax, order)
            case "totalDiscountAmountAfterTaxes": money(sale.discount, order)
            default: .object(order.lines.first { $0.id == sale.lineID }.map { line($0, order) })
            }
        }
    }
}
