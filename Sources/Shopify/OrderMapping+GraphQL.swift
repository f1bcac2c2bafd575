import Commerce
import JSON

/// The order of `OrdersByID.graphql`.
extension OrderMapping {
    /// - Parameter withheld: the order's fields that Shopify nulled because the app may not see them.
    static func graphQL(_ order: Payload, withheld: Set<String> = []) throws(ShopifyError) -> MappedOrder {
        let money = OrderMoney(
            shop: try OrderMoney.currency("currencyCode", of: order),
            presentment: try OrderMoney.currency("presentmentCurrencyCode", of: order), words: .graphQL)
        var mapping = OrderMapping(money: money, taxesIncluded: try order.flag("taxesIncluded"))
        for line in try order.requiredChild("lineItems").requiredItems("nodes") {
            mapping.lines.append(try mapping.graphQLLine(line))
        }
        for line in try order.requiredChild("shippingLines").requiredItems("nodes") {
            mapping.shippingLines.append(try mapping.graphQLShippingLine(line))
        }
        for item in try order.requiredItems("fulfillments") {
            mapping.fulfillments.append(try graphQLFulfillment(item))
        }
        var refunds: [RefundParts] = []
        for refund in try order.requiredItems("refunds") { refunds.append(try mapping.graphQLRefund(refund)) }
        let sums = try mapping.graphQLSums(order)
        mapping.refunds = try mapping.refunds(from: refunds, sums)
        mapping.sortParts()
        return try mapping.graphQLOrder(order, sums, withheld: withheld)
    }

    private func graphQLOrder(
        _ order: Payload, _ sums: Sums, withheld: Set<String>
    ) throws(ShopifyError) -> MappedOrder {
        let personal = try Self.graphQLPersonalData(order, withheld: withheld)
        let status = try order.text("displayFinancialStatus")
        return MappedOrder(
            order: Order(
                id: try order.requiredID("id", kind: "Order"), name: try order.requiredText("name"),
                sourceName: try order.text("sourceName"), appID: try order.child("app")?.id("id", kind: "App"),
                isTest: try order.flag("test"), createdAt: try order.requiredTime("createdAt"),
                processedAt: try order.requiredTime("processedAt"), updatedAt: try order.requiredTime("updatedAt"),
                closedAt: try order.time("closedAt"), cancelledAt: try order.time("cancelledAt"),
                cancelReason: try order.text("cancelReason")?.lowercased(),
                financialStatus: try Self.financialStatus(status, at: order.place("displayFinancialStatus")),
                tags: Self.tags(try order.texts("tags")), note: try order.text("note"),
                attributes: try Self.graphQLAttributes(order), buyer: personal.buyer,
                buyerName: personal.buyerName, shippingAddress: personal.shippingAddress, lines: finishedLines(),
                shippingLines: shippingLines,
                discountCodes: try order.texts("discountCodes").map(DiscountCode.init(code:)),
                fulfillments: fulfillments, refunds: refunds, totals: totals(sums)),
            isPartial: personal.isPartial)
    }

    private func graphQLSums(_ order: Payload) throws(ShopifyError) -> Sums {
        Sums(
            total: try money.requiredBag("currentTotalPriceSet", of: order),
            subtotal: try money.requiredBag("currentSubtotalPriceSet", of: order),
            tax: try money.requiredBag("currentTotalTaxSet", of: order),
            discounts: try money.requiredBag("currentTotalDiscountsSet", of: order),
            shipping: try money.requiredBag("currentShippingPriceSet", of: order),
            duties: try money.bag("currentTotalDutiesSet", of: order) ?? money.zero,
            fees: try money.bag("currentTotalAdditionalFeesSet", of: order) ?? money.zero,
            tip: try money.bag("totalTipReceivedSet", of: order)?.shop ?? .zero(money.shop),
            originalDuties: try money.bag("originalTotalDutiesSet", of: order),
            originalFees: try money.bag("originalTotalAdditionalFeesSet", of: order),
            outstanding: try money.bag("totalOutstandingSet", of: order)?.shop)
    }

    // MARK: Lines

    private func graphQLLine(_ line: Payload) throws(ShopifyError) -> OrderLine {
        var discount = money.zero
        for allocation in try line.requiredItems("discountAllocations") {
            discount = discount + (try money.requiredBag("allocatedAmountSet", of: allocation))
        }
        let price = try money.requiredBag("originalUnitPriceSet", of: line)
        let ordered = try line.units("quantity")
        return OrderLine(
            id: try line.requiredID("id", kind: "LineItem"),
            productID: try line.child("product")?.id("id", kind: "Product"),
            variantID: try line.child("variant")?.id("id", kind: "ProductVariant"), sku: try line.text("sku"),
            title: try line.requiredText("title"), variantTitle: try line.text("variantTitle"),
            vendor: try line.text("vendor"), orderedQuantity: ordered,
            currentQuantity: try line.units("currentQuantity"), unitPrice: price,
            allocatedDiscount: ShopifyAssumptions.discount(
                allocated: discount, ordered: ordered, unitPrice: price,
                discountedUnitPrice: try money.requiredBag("discountedUnitPriceAfterAllDiscountsSet", of: line)),
            isGiftCard: try line.flag("isGiftCard"), requiresShipping: try line.flag("requiresShipping", absent: true))
    }

    private func graphQLShippingLine(_ line: Payload) throws(ShopifyError) -> ShippingLine {
        ShippingLine(
            id: try line.requiredID("id", kind: "ShippingLine"), title: try line.text("title") ?? "",
            price: try money.requiredBag("discountedPriceSet", of: line), isRemoved: try line.flag("isRemoved"))
    }

    // MARK: Fulfilments

    private static func graphQLFulfillment(_ item: Payload) throws(ShopifyError) -> Fulfillment {
        var lines: [Fulfillment.Line] = []
        for line in try item.requiredChild("fulfillmentLineItems").requiredItems("nodes") {
            let id = try line.requiredChild("lineItem").requiredID("id", kind: "LineItem")
            let quantity = line.value("quantity") == nil ? 0 : try line.units("quantity")
            lines.append(Fulfillment.Line(lineID: id, quantity: quantity))
        }
        let status = try fulfillmentStatus(try item.requiredText("status"), at: item.place("status"))
        let tracking = try item.requiredItems("trackingInfo")
        return Fulfillment(
            id: try item.requiredID("id", kind: "Fulfillment"), name: try item.text("name"), status: status,
            shipmentStatus: ShopifyAssumptions.shipmentStatus(
                displayStatus: try item.text("displayStatus"), of: status),
            createdAt: try item.requiredTime("createdAt"), updatedAt: try item.requiredTime("updatedAt"),
            trackingCompany: try tracking.first?.text("company"),
            trackingNumbers: try texts("number", of: tracking), trackingURLs: try texts("url", of: tracking),
            lines: lines)
    }

    private static func texts(_ key: String, of items: [Payload]) throws(ShopifyError) -> [String] {
        var texts: [String] = []
        for item in items { if let text = try item.text(key) { texts.append(text) } }
        return texts
    }

    // MARK: Refunds

    private func graphQLRefund(_ refund: Payload) throws(ShopifyError) -> RefundParts {
        let processedAt = try refund.time("processedAt")
        guard let createdAt = try refund.time("createdAt") ?? processedAt else {
            throw ShopifyError(.missingField, at: refund.place("createdAt"))
        }
        var parts = RefundParts(
            id: try refund.requiredID("id", kind: "Refund"), createdAt: createdAt, note: try refund.text("note"), money)
        for line in try refund.requiredChild("refundLineItems").requiredItems("nodes") {
            let subtotal = try money.requiredBag("subtotalSet", of: line)
            let tax = try money.requiredBag("totalTaxSet", of: line)
            parts.lines.append(
                Refund.Line(
                    lineID: try line.requiredChild("lineItem").requiredID("id", kind: "LineItem"),
                    quantity: try line.units("quantity"), price: subtotal, value: withTax(subtotal, tax)))
        }
        for line in try refund.requiredChild("refundShippingLines").requiredItems("nodes") {
            parts.shippingSubtotal = parts.shippingSubtotal + (try money.requiredBag("subtotalAmountSet", of: line))
            let tax = try money.requiredBag("taxAmountSet", of: line)
            parts.shippingTax = parts.shippingTax.map { $0 + tax }
        }
        for duty in try refund.items("duties") ?? [] {
            parts.duties = parts.duties + (try money.requiredBag("amountSet", of: duty))
        }
        try countAdjustments(of: refund, into: &parts)
        try countTransactions(of: refund, into: &parts)
        return parts
    }

    /// All adjustments are netted, as those of a webhook.
    private func countAdjustments(of refund: Payload, into parts: inout RefundParts) throws(ShopifyError) {
        for adjustment in try refund.requiredChild("orderAdjustments").requiredItems("nodes") {
            let amount = try money.requiredBag("amountSet", of: adjustment)
            let isShipping = ShopifyAssumptions.isShippingAgain(
                reason: try adjustment.text("reason"), amount: amount, shippingSubtotal: parts.shippingSubtotal)
            guard !isShipping else { continue }
            let tax = try money.requiredBag("taxAmountSet", of: adjustment)
            parts.discrepancy = parts.discrepancy + ShopifyAssumptions.discrepancy(amount: amount, tax: tax)
        }
    }

    private func countTransactions(of refund: Payload, into parts: inout RefundParts) throws(ShopifyError) {
        for transaction in try refund.requiredChild("transactions").requiredItems("nodes") {
            let status = ShopifyAssumptions.transaction(
                kind: try transaction.requiredText("kind"), status: try transaction.requiredText("status"))
            guard status != .nothing else { continue }
            let bag = try money.requiredBag("amountSet", of: transaction)
            let amount = MoneyBag(
                shop: Money(bag.shop.amount.magnitude, money.shop),
                presentment: Money(bag.presentment.amount.magnitude, money.presentment))
            parts.count(amount, status: status)
        }
    }

    // MARK: People and marks

    private static func graphQLPersonalData(
        _ order: Payload, withheld: Set<String>
    ) throws(ShopifyError) -> PersonalData {
        PersonalData(
            customerID: try order.child("customer")?.id("id", kind: "Customer"),
            customerCreatedAt: try order.child("customer")?.time("createdAt"),
            email: withheld.contains("email") ? .unknown : .known(PersonalData.email(try order.text("email"))),
            phone: withheld.contains("phone") ? .unknown : .known(try order.text("phone")),
            shipping: withheld.contains("shippingAddress")
                ? .unknown : .known(try order.child("shippingAddress").map(graphQLAddress)),
            billing: try order.child("billingAddress").map(graphQLAddress))
    }

    private static func graphQLAddress(_ address: Payload) throws(ShopifyError) -> PostalAddress {
        PostalAddress(
            name: try address.text("name"), company: try address.text("company"),
            address1: try address.text("address1"), address2: try address.text("address2"),
            city: try address.text("city"), provinceCode: try address.text("provinceCode"),
            zip: try address.text("zip"), countryCode: try address.text("countryCodeV2"),
            phone: try address.text("phone"))
    }

    private static func graphQLAttributes(_ order: Payload) throws(ShopifyError) -> [OrderAttribute] {
        var attributes: [OrderAttribute] = []
        for item in try order.requiredItems("customAttributes") {
            attributes.append(
                OrderAttribute(name: try item.requiredText("key"), value: try item.text("value") ?? ""))
        }
        return attributes
    }
}
