import JSON

/// `Order` and its lines. The field's type in ``ShopifySchema`` decides which names can be asked at all.
extension ShopifyGraph {
    func order(_ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("Order") { field, arguments throws(GraphQLProblem) in
            if let result = identity(order, field) ?? marks(order, field) { return result }
            if let result = total(order, field) { return result.map { money($0, order) } ?? .object(nil) }
            return try parts(order, field, arguments)
        }
    }

    private func identity(_ order: ShopifyOrder, _ field: String) -> GraphQLResult? {
        switch field {
        case "id": .leaf(.string(order.gid))
        case "legacyResourceId": .leaf(.string(String(order.id)))
        case "name": .leaf(.string(order.name))
        case "number": .leaf(JSON(order.number))
        case "confirmationNumber": .leaf(.string("C\(order.number)"))
        case "email": .leaf(JSON(order.email))
        case "phone": .leaf(JSON(order.phone))
        case "createdAt", "processedAt": time(order.createdAt)
        case "updatedAt": time(order.updatedAt)
        case "cancelledAt": time(order.cancelledAt)
        case "cancelReason": .leaf(JSON(order.cancelReason?.uppercased()))
        case "cancellation": .object(order.cancelledAt == nil ? nil : leaves("OrderCancellation", [:]))
        case "closedAt", "sourceIdentifier", "poNumber", "discountCode":
            field == "discountCode" ? code(order) : .leaf(.null)
        case "closed", "taxExempt", "dutiesIncluded", "estimatedTaxes", "customerAcceptsMarketing": .leaf(false)
        case "confirmed", "billingAddressMatchesShippingAddress": .leaf(true)
        case "test": .leaf(.bool(order.test))
        case "edited": .leaf(.bool(!order.edits.isEmpty))
        case "merchantEditable": .leaf(.bool(order.cancelledAt == nil))
        case "merchantEditableErrors": .leaf(order.cancelledAt == nil ? [] : ["The order is cancelled."])
        case "sourceName": .leaf(.string(order.sourceName))
        case "customerLocale": .leaf("en")
        case "app": .object(order.appID.map(orderApp))
        case "staffMember", "retailLocation", "metafield": .object(nil)
        case "statusPageUrl": .leaf(.string("https://\(shop.settings.domain)/orders/\(order.id)"))
        case "totalWeight", "currentTotalWeight": .leaf("0")
        default: nil
        }
    }

    private func orderApp(_ id: Int64) -> GraphQLObject {
        leaves("OrderApp", ["id": .string("gid://shopify/App/\(id)"), "name": .string("App \(id)")])
    }

    private func code(_ order: ShopifyOrder) -> GraphQLResult { .leaf(JSON(order.discounts.compactMap(\.code).first)) }

    private func marks(_ order: ShopifyOrder, _ field: String) -> GraphQLResult? {
        switch field {
        case "displayFinancialStatus": .leaf(.string(order.financialStatus.uppercased()))
        case "displayFulfillmentStatus":
            .leaf(
                order.fulfilmentStatus == "fulfilled"
                    ? "FULFILLED" : order.fulfilmentStatus == "partial" ? "PARTIALLY_FULFILLED" : "UNFULFILLED")
        case "returnStatus": .leaf("NO_RETURN")
        // "The total amount received equals or exceeds the order total."
        case "fullyPaid": .leaf(.bool(order.received.shop >= order.currentTotal.shop && order.cancelledAt == nil))
        case "unpaid": .leaf(.bool(order.received.shop == .zero && order.worth.shop > .zero))
        case "capturable": .leaf(.bool(order.capturable.shop > .zero))
        case "refundable": .leaf(.bool(order.net.shop > .zero))
        case "requiresShipping": .leaf(.bool(order.lines.contains(where: \.requiresShipping)))
        case "currencyCode": .leaf(.string(order.currencies.shop))
        case "presentmentCurrencyCode": .leaf(.string(order.currencies.presentment))
        case "taxesIncluded": .leaf(.bool(order.tax.included))
        case "note": .leaf(JSON(order.note))
        case "tags": .leaf(.array(order.tags.map { .string($0) }))
        case "discountCodes": .leaf(.array(order.discounts.compactMap(\.code).map { .string($0) }))
        case "paymentGatewayNames": .leaf(order.transactions.isEmpty ? [] : ["shopify_payments"])
        case "subtotalLineItemsQuantity": .leaf(JSON(order.lines.reduce(0) { $0 + $1.quantity }))
        case "currentSubtotalLineItemsQuantity": .leaf(JSON(order.lines.reduce(0) { $0 + $1.current }))
        default: nil
        }
    }

    /// Outer `nil`: no money field; inner `nil`: a null bag.
    private func total(_ order: ShopifyOrder, _ field: String) -> ShopifyMoney?? {
        switch field {
        case "originalTotalPriceSet": order.originalTotal
        case "totalPriceSet": order.totals.total
        case "subtotalPriceSet": order.totals.subtotal
        case "totalDiscountsSet": order.totals.discounts
        case "totalTaxSet": order.totals.tax
        case "totalShippingPriceSet": order.totals.shipping
        case "totalTipReceivedSet": order.tip
        case "currentTotalPriceSet": order.currentTotal
        case "currentSubtotalPriceSet": order.current.subtotal
        case "currentTotalTaxSet": order.current.tax
        case "currentTotalDiscountsSet": order.current.discounts
        case "currentShippingPriceSet": order.current.shipping
        case "currentCartDiscountAmountSet": cartDiscount(order)
        case "currentTotalDutiesSet": .some(order.hasDuties ? order.current.duties : nil)
        case "originalTotalDutiesSet": .some(order.hasDuties ? order.totals.duties : nil)
        case "currentTotalAdditionalFeesSet": .some(order.fee?.current)
        case "originalTotalAdditionalFeesSet": .some(order.fee?.price)
        case "totalReceivedSet": order.received
        case "totalRefundedSet": order.refunded
        case "totalRefundedShippingSet": order.refunds.flatMap(\.shipping).map(\.amount).sum()
        case "netPaymentSet": order.net
        case "totalOutstandingSet": order.outstanding
        case "totalCapturableSet": order.capturable
        case "refundDiscrepancySet": order.discrepancy
        default: nil
        }
    }

    /// What discount codes take off the units that are left.
    private func cartDiscount(_ order: ShopifyOrder) -> ShopifyMoney {
        order.lines.flatMap { line in
            line.allocations.filter { order.discounts[$0.discountIndex].code != nil }.map {
                $0.share(of: line.current, order.currencies)
            }
        }.sum()
    }

    private func parts(
        _ order: ShopifyOrder, _ field: String, _ arguments: JSONObject
    ) throws(GraphQLProblem) -> GraphQLResult {
        switch field {
        case "customer": return .object(shop.customer(id: order.customerID).map(customer))
        case "purchasingEntity": return .object(shop.customer(id: order.customerID).map(customer))
        case "customAttributes":
            return .list(
                order.noteAttributes.map {
                    leaves("Attribute", ["key": .string($0.name), "value": .string($0.value)])
                })
        case "shippingAddress", "billingAddress": return .object(address(order.shippingAddress, id: order.id))
        case "paymentCollectionDetails": return .object(leaves("OrderPaymentCollectionDetails", [:]))
        case "taxLines": return .list(taxLines(order.totals.tax, order))
        case "additionalFees": return .list(order.fee.map { [fee($0, order)] } ?? [])
        case "currentTaxLines": return .list(taxLines(order.current.tax, order))
        case "fulfillmentsCount": return .object(count(order.fulfilments.count))
        case "transactionsCount": return .object(count(order.transactions.count))
        case "shippingLine":
            return .object(order.shippingLines.first { !$0.removed }.map { shippingLine($0, order) })
        case "shippingLines":
            let all = arguments["includeRemovals"]?.bool == true
            let lines = order.shippingLines.filter { all || !$0.removed }
            return try children("ShippingLine", lines.map { shippingLine($0, order) }, arguments)
        case "lineItems": return try children("LineItem", order.lines.map { line($0, order) }, arguments)
        case "discountApplications":
            let applications = order.discounts.indices.map { discountApplication($0, order) }
            return try children("DiscountApplication", applications, arguments)
        case "transactions":
            let capturable = arguments["capturable"]?.bool
            let found = order.transactions.filter { capturable == nil || ($0.kind == "authorization") == capturable }
            return list(found.map { transaction($0, order) }, arguments)
        case "refunds": return list(order.refunds.map { refund($0, order) }, arguments)
        case "fulfillments": return list(order.fulfilments.map { fulfilment($0, order) }, arguments)
        case "agreements":
            return try children("SalesAgreement", order.agreements.map { agreement($0, order) }, arguments)
        case "metafields": return try children("Metafield", [], arguments)
        default: return try children("Return", [], arguments)
        }
    }

    func count(_ value: Int) -> GraphQLObject { leaves("Count", ["count": JSON(value), "precision": "EXACT"]) }

    func taxLines(_ tax: ShopifyMoney, _ order: ShopifyOrder) -> [GraphQLObject] {
        guard order.tax.rateMillionths > 0 else { return [] }
        let rate = TwinAmount(millionths: order.tax.rateMillionths)
        return [
            GraphQLObject("TaxLine") { field, _ in
                switch field {
                case "title": .leaf(.string(order.tax.title))
                case "rate": .leaf(.number(JSONNumber(exactly: rate.shortText)))
                case "ratePercentage": .leaf(.number(JSONNumber(exactly: (rate * 100).shortText)))
                case "channelLiable": .leaf(false)
                default: money(tax, order)
                }
            }
        ]
    }

    private func discountApplication(_ index: Int, _ order: ShopifyOrder) -> GraphQLObject {
        let discount = order.discounts[index]
        return GraphQLObject(discount.code == nil ? "ManualDiscountApplication" : "DiscountCodeApplication") {
            field, _ in
            switch field {
            case "code": .leaf(JSON(discount.code))
            case "title", "description": .leaf(.string(discount.title))
            case "allocationMethod": .leaf("ACROSS")
            case "index": .leaf(JSON(index))
            case "targetSelection": .leaf(discount.code == nil ? "EXPLICIT" : "ALL")
            case "targetType": .leaf("LINE_ITEM")
            default: amount(discount.amount.presentment, order.currencies.presentment)
            }
        }
    }

    // MARK: Lines

    func line(_ line: ShopifyLine, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("LineItem") { field, arguments in
            if let result = lineIdentity(line, field) { return result }
            if let sum = lineMoney(line, order, field, arguments) { return money(sum, order) }
            switch field {
            case "variant": return .object(shop.variant(id: line.variant?.id).map(variant))
            case "product":
                return .object(
                    shop.variant(id: line.variant?.id).flatMap { shop.product(id: $0.productID) }.map(product))
            case "lineItemGroup": return .object(nil)
            case "duties": return .list(line.duty.map { [duty($0, order)] } ?? [])
            case "customAttributes": return .list([])
            case "taxLines":
                return .list(line.taxable ? taxLines(order.lineTax(line, units: line.quantity), order) : [])
            default:
                return .list(
                    line.allocations.map { allocation in
                        GraphQLObject("DiscountAllocation") { field, _ in
                            field == "allocatedAmountSet"
                                ? money(allocation.amount, order)
                                : .object(discountApplication(allocation.discountIndex, order))
                        }
                    })
            }
        }
    }

    private func lineIdentity(_ line: ShopifyLine, _ field: String) -> GraphQLResult? {
        switch field {
        case "id": .leaf(.string(line.gid))
        case "sku": .leaf(JSON(line.sku))
        case "title": .leaf(.string(line.title))
        case "name": .leaf(.string(line.name))
        case "variantTitle": .leaf(JSON(line.variantTitle))
        case "vendor": .leaf(JSON(line.vendor))
        case "quantity": .leaf(JSON(line.quantity))
        case "currentQuantity", "refundableQuantity": .leaf(JSON(line.current))
        case "unfulfilledQuantity", "fulfillableQuantity": .leaf(JSON(line.unfulfilled))
        case "nonFulfillableQuantity": .leaf(JSON(line.quantity - line.unfulfilled))
        case "fulfillmentStatus": .leaf(.string(line.fulfilmentStatus ?? "unfulfilled"))
        case "merchantEditable": .leaf(.bool(line.unfulfilled > 0))
        case "restockable", "requiresShipping": .leaf(.bool(line.requiresShipping))
        case "taxable": .leaf(.bool(line.taxable))
        case "isGiftCard": .leaf(.bool(line.giftCard))
        default: nil
        }
    }

    /// The unit prices are approximate, as the schema says: rounded to the minor unit. They and the sums follow what a
    /// unit costs; `discountAllocations` tell what the payloads tell.
    private func lineMoney(
        _ line: ShopifyLine, _ order: ShopifyOrder, _ field: String, _ arguments: JSONObject
    ) -> ShopifyMoney? {
        let whole = line.unit * line.quantity
        switch field {
        case "originalUnitPriceSet": return line.unit
        case "originalTotalSet": return whole
        case "totalDiscountSet": return line.manualDiscount(order)
        case "discountedTotalSet":
            let all = arguments["withCodeDiscounts"]?.bool == true
            return all ? line.value(units: line.quantity, order.currencies) : whole - line.manualDiscount(order)
        case "discountedUnitPriceSet":
            return order.currencies.scaled(whole - line.manualDiscount(order), by: 1, over: Int64(line.quantity))
        case "discountedUnitPriceAfterAllDiscountsSet":
            return order.currencies.scaled(
                line.value(units: line.quantity, order.currencies), by: 1, over: Int64(line.quantity))
        case "unfulfilledOriginalTotalSet": return line.unit * line.unfulfilled
        case "unfulfilledDiscountedTotalSet": return line.value(units: line.unfulfilled, order.currencies)
        default: return nil
        }
    }

    func shippingLine(_ line: ShopifyShippingLine, _ order: ShopifyOrder) -> GraphQLObject {
        GraphQLObject("ShippingLine") { field, _ in
            switch field {
            case "id": .leaf(.string(line.gid))
            case "title", "code": .leaf(.string(line.title))
            case "source": .leaf("shopify")
            case "custom": .leaf(false)
            case "isRemoved": .leaf(.bool(line.removed))
            case "originalPriceSet", "discountedPriceSet": money(line.price, order)
            case "currentDiscountedPriceSet": money(line.current, order)
            case "taxLines": .list(taxLines(order.tax.of(line.price, order.currencies), order))
            case "discountAllocations": .list([])
            default: .leaf(.null)
            }
        }
    }
}

extension ShopifyLine {
    /// Discounts that an edit put on this line alone; a code's share is not among them.
    func manualDiscount(_ order: ShopifyOrder) -> ShopifyMoney {
        allocations.filter { order.discounts[$0.discountIndex].code == nil }.map(\.amount).sum()
    }
}
