import Commerce
import JSON

/// The order of a webhook (docs/vendors/shopify.md, Orders: payload).
extension OrderMapping {
    /// - Throws: ``ShopifyError``; one that ``ShopifyError/asksForRead`` where the payload is sound but tells too
    ///   little to be believed.
    static func rest(_ order: Payload) throws(ShopifyError) -> MappedOrder {
        for key in ["current_total_price", "current_subtotal_price", "current_total_tax"] {
            // Payloads from before 2020 lack what an order is now; `total_price` is before returns.
            guard order.value(key) != nil || order.value(key + "_set") != nil else {
                throw ShopifyError(.oldShape, at: order.place(key))
            }
        }
        let shop = try OrderMoney.currency("currency", of: order)
        let presentment =
            order.value("presentment_currency") == nil
            ? shop : try OrderMoney.currency("presentment_currency", of: order)
        let money = OrderMoney(shop: shop, presentment: presentment, words: .rest)
        var mapping = OrderMapping(money: money, taxesIncluded: try order.flag("taxes_included"))
        for line in try order.requiredItems("line_items") { mapping.lines.append(try mapping.restLine(line)) }
        for line in try order.items("shipping_lines") ?? [] {
            mapping.shippingLines.append(try mapping.restShippingLine(line))
        }
        for item in try order.items("fulfillments") ?? [] {
            mapping.fulfillments.append(try restFulfillment(item))
        }
        var refunds: [RefundParts] = []
        for refund in try order.items("refunds") ?? [] { refunds.append(try mapping.restRefund(refund)) }
        let sums = try mapping.restSums(order, refunds)
        mapping.refunds = try mapping.refunds(from: refunds, sums)
        mapping.sortParts()
        guard mapping.addsUp(to: sums) else { throw ShopifyError(.sumsDisagree, at: order.place("line_items")) }
        return try mapping.restOrder(order, sums)
    }

    private func restOrder(_ order: Payload, _ sums: Sums) throws(ShopifyError) -> MappedOrder {
        let personal = try Self.restPersonalData(order)
        let createdAt = try order.requiredTime("created_at")
        let status = try Self.financialStatus(
            try order.text("financial_status"), at: order.place("financial_status"))
        return MappedOrder(
            order: Order(
                id: try order.requiredID("id", kind: "Order"), name: try order.requiredText("name"),
                sourceName: try order.text("source_name"), appID: try order.id("app_id", kind: "App"),
                isTest: try order.flag("test"), createdAt: createdAt,
                processedAt: try order.time("processed_at") ?? createdAt,
                updatedAt: try order.requiredTime("updated_at"), closedAt: try order.time("closed_at"),
                cancelledAt: try order.time("cancelled_at"),
                cancelReason: try order.text("cancel_reason")?.lowercased(),
                financialStatus: status,
                tags: Self.tags((try order.text("tags") ?? "").split(separator: ",").map(String.init)),
                note: try order.text("note"), attributes: try Self.restAttributes(order), buyer: personal.buyer,
                buyerName: personal.buyerName, shippingAddress: personal.shippingAddress, lines: finishedLines(),
                shippingLines: shippingLines,
                discountCodes: try Self.restDiscountCodes(order), fulfillments: fulfillments, refunds: refunds,
                totals: totals(sums)),
            // Whether all was paid before some of it went back, only what is owed now tells.
            isPartial: personal.isPartial || (status.isRefund && sums.outstanding == nil))
    }

    private func restSums(_ order: Payload, _ refunds: [RefundParts]) throws(ShopifyError) -> Sums {
        func bag(_ plain: String) throws(ShopifyError) -> MoneyBag {
            guard let bag = try money.bag(plain + "_set", orPlain: plain, of: order) else {
                throw ShopifyError(.oldShape, at: order.place(plain))
            }
            return bag
        }
        return Sums(
            total: try bag("current_total_price"), subtotal: try bag("current_subtotal_price"),
            tax: try bag("current_total_tax"), discounts: try bag("current_total_discounts"),
            shipping: try restShipping(order, isRefunded: refunds.contains { !$0.shippingSubtotal.isZero }),
            duties: try money.bag("current_total_duties_set", of: order) ?? money.zero,
            fees: try money.bag("current_total_additional_fees_set", of: order) ?? money.zero, tip: try restTip(order),
            originalDuties: try money.bag("original_total_duties_set", of: order),
            originalFees: try money.bag("original_total_additional_fees_set", of: order),
            outstanding: try order.amount("total_outstanding").map { Money($0, money.shop) })
    }

    private func restTip(_ order: Payload) throws(ShopifyError) -> Money {
        Money(try order.amount("total_tip_received") ?? .zero, money.shop)
    }

    /// Older versions tell the shipping that is left only by its lines, and before 2024 only before refunds.
    private func restShipping(_ order: Payload, isRefunded: Bool) throws(ShopifyError) -> MoneyBag {
        if let current = try money.bag("current_shipping_price_set", of: order) { return current }
        var sum = money.zero
        for line in try order.items("shipping_lines") ?? [] where try !line.flag("is_removed") {
            if let current = try money.bag("current_discounted_price_set", of: line) {
                sum = sum + current
                continue
            }
            guard !isRefunded else {
                throw ShopifyError(.oldShape, at: order.place("current_shipping_price_set"))
            }
            sum = sum + (try restShippingPrice(line))
        }
        return sum
    }

    private func restShippingPrice(_ line: Payload) throws(ShopifyError) -> MoneyBag {
        if let price = try money.bag("discounted_price_set", orPlain: "discounted_price", of: line) { return price }
        guard let price = try money.bag("price_set", orPlain: "price", of: line) else {
            throw ShopifyError(.missingField, at: line.place("price"))
        }
        return price
    }

    // MARK: Lines

    private func restLine(_ line: Payload) throws(ShopifyError) -> OrderLine {
        guard line.value("current_quantity") != nil else {
            throw ShopifyError(.oldShape, at: line.place("current_quantity"))
        }
        guard let price = try money.bag("price_set", orPlain: "price", of: line) else {
            throw ShopifyError(.missingField, at: line.place("price"))
        }
        guard let allocations = try line.items("discount_allocations") else {
            throw ShopifyError(.oldShape, at: line.place("discount_allocations"))
        }
        var discount = money.zero
        for allocation in allocations {
            guard let amount = try money.bag("amount_set", orPlain: "amount", of: allocation) else {
                throw ShopifyError(.missingField, at: allocation.place("amount"))
            }
            discount = discount + amount
        }
        return OrderLine(
            id: try line.requiredID("id", kind: "LineItem"), productID: try line.id("product_id", kind: "Product"),
            variantID: try line.id("variant_id", kind: "ProductVariant"), sku: try line.text("sku"),
            title: try line.requiredText("title"), variantTitle: try line.text("variant_title"),
            vendor: try line.text("vendor"), orderedQuantity: try line.units("quantity"),
            currentQuantity: try line.units("current_quantity"), unitPrice: price, allocatedDiscount: discount,
            isGiftCard: try line.flag("gift_card"), requiresShipping: try line.flag("requires_shipping", absent: true))
    }

    private func restShippingLine(_ line: Payload) throws(ShopifyError) -> ShippingLine {
        ShippingLine(
            id: try line.requiredID("id", kind: "ShippingLine"), title: try line.text("title") ?? "",
            price: try restShippingPrice(line), isRemoved: try line.flag("is_removed"))
    }

    // MARK: Fulfilments

    static func restFulfillment(_ item: Payload) throws(ShopifyError) -> Fulfillment {
        var lines: [Fulfillment.Line] = []
        for line in try item.items("line_items") ?? [] {
            let id = try line.requiredID("id", kind: "LineItem")
            lines.append(Fulfillment.Line(lineID: id, quantity: try line.units("quantity")))
        }
        let status = try item.requiredText("status")
        let createdAt = try item.requiredTime("created_at")
        return Fulfillment(
            id: try item.requiredID("id", kind: "Fulfillment"), name: try item.text("name"),
            status: try fulfillmentStatus(status, at: item.place("status")),
            shipmentStatus: try item.text("shipment_status")?.lowercased(), createdAt: createdAt,
            updatedAt: try item.time("updated_at") ?? createdAt, trackingCompany: try item.text("tracking_company"),
            trackingNumbers: try restTracking(item, list: "tracking_numbers", single: "tracking_number"),
            trackingURLs: try restTracking(item, list: "tracking_urls", single: "tracking_url"), lines: lines)
    }

    private static func restTracking(
        _ item: Payload, list: String, single: String
    ) throws(ShopifyError) -> [String] {
        if item.value(list) != nil { return try item.texts(list) }
        return [try item.text(single)].compactMap { $0 }
    }

    // MARK: Refunds

    func restRefund(_ refund: Payload) throws(ShopifyError) -> RefundParts {
        let processedAt = try refund.time("processed_at")
        guard let createdAt = try refund.time("created_at") ?? processedAt else {
            throw ShopifyError(.missingField, at: refund.place("created_at"))
        }
        var parts = RefundParts(
            id: try refund.requiredID("id", kind: "Refund"), createdAt: createdAt, note: try refund.text("note"), money)
        for line in try refund.items("refund_line_items") ?? [] { parts.lines.append(try restRefundLine(line)) }
        let lines = try refund.items("refund_shipping_lines") ?? []
        for line in lines { try restRefundedShipping(line, into: &parts) }
        try restAdjustments(of: refund, into: &parts, tellsShipping: lines.isEmpty)
        parts.duties = try restDuties(of: refund)
        for transaction in try refund.items("transactions") ?? [] { try restTransaction(transaction, into: &parts) }
        return parts
    }

    /// `subtotal` and `total_tax` are JSON numbers; their digits are kept exactly.
    private func restRefundLine(_ line: Payload) throws(ShopifyError) -> Refund.Line {
        guard let subtotal = try money.bag("subtotal_set", orPlain: "subtotal", of: line),
            let tax = try money.bag("total_tax_set", orPlain: "total_tax", of: line)
        else { throw ShopifyError(.oldShape, at: line.place("subtotal")) }
        return Refund.Line(
            lineID: try line.requiredID("line_item_id", kind: "LineItem"), quantity: try line.units("quantity"),
            price: subtotal, value: withTax(subtotal, tax))
    }

    /// The vendor documents no tax here. An adjustment may tell it; so does the shipping line where all of it went
    /// back, or where it bears none.
    private func restRefundedShipping(_ line: Payload, into parts: inout RefundParts) throws(ShopifyError) {
        guard let subtotal = try money.bag("subtotal_amount_set", of: line) else {
            throw ShopifyError(.oldShape, at: line.place("subtotal_amount_set"))
        }
        parts.shippingSubtotal = parts.shippingSubtotal + subtotal
        guard !subtotal.isZero else { return }
        var tax = try money.bag("tax_amount_set", of: line)
        if tax == nil { tax = try restTaxOfShipping(line, subtotal) }
        parts.shippingTax = tax.flatMap { tax in parts.shippingTax.map { $0 + tax } }
    }

    private func restTaxOfShipping(_ line: Payload, _ subtotal: MoneyBag) throws(ShopifyError) -> MoneyBag? {
        guard let shipping = try line.child("shipping_line"), let taxes = try shipping.items("tax_lines") else {
            return nil
        }
        var tax = money.zero
        for line in taxes { tax = tax + (try money.bag("price_set", orPlain: "price", of: line) ?? money.zero) }
        if tax.isZero { return tax }
        let price = try restShippingPrice(shipping)
        return [price, price - tax].contains(subtotal) ? tax : nil
    }

    /// All adjustments of a record are netted: what is booked while a gateway has not answered is booked back, under
    /// another reason, when it has.
    private func restAdjustments(
        of refund: Payload, into parts: inout RefundParts, tellsShipping: Bool
    ) throws(ShopifyError) {
        var shippingTax: MoneyBag?
        for adjustment in try refund.items("order_adjustments") ?? [] {
            guard let amount = try money.bag("amount_set", orPlain: "amount", of: adjustment) else {
                throw ShopifyError(.missingField, at: adjustment.place("amount"))
            }
            let tax = try money.bag("tax_amount_set", orPlain: "tax_amount", of: adjustment) ?? money.zero
            guard ShopifyAssumptions.word(try adjustment.text("kind")) == ShopifyAssumptions.shippingAdjustmentKind
            else {
                parts.discrepancy = parts.discrepancy + ShopifyAssumptions.discrepancy(amount: amount, tax: tax)
                continue
            }
            if tellsShipping { parts.shippingSubtotal = parts.shippingSubtotal - amount }
            shippingTax = (shippingTax ?? money.zero) - tax
        }
        if let shippingTax, tellsShipping || parts.shippingTax == nil { parts.shippingTax = shippingTax }
    }

    /// The total where it is told, else the sum of the duties.
    private func restDuties(of refund: Payload) throws(ShopifyError) -> MoneyBag {
        if let total = try money.bag("total_duties_set", of: refund) { return total }
        var sum = money.zero
        for duty in try refund.items("duties") ?? [] {
            sum = sum + (try money.bag("amount_set", of: duty) ?? money.zero)
        }
        return sum
    }

    /// A transaction tells its amount in one currency. Where the order has two, or another one, only a read tells both.
    private func restTransaction(_ transaction: Payload, into parts: inout RefundParts) throws(ShopifyError) {
        let status = ShopifyAssumptions.transaction(
            kind: try transaction.requiredText("kind"), status: try transaction.requiredText("status"))
        guard status != .nothing else { return }
        let place = transaction.place("currency")
        if transaction.value("currency") != nil {
            let currency = try OrderMoney.currency("currency", of: transaction)
            guard currency == money.shop else { throw ShopifyError(.oneSidedMoney, at: place) }
        }
        guard money.isSingle else { throw ShopifyError(.oneSidedMoney, at: place) }
        let amount = try money.amount(transaction.required("amount"), at: transaction.place("amount")).magnitude
        parts.count(
            MoneyBag(shop: Money(amount, money.shop), presentment: Money(amount, money.presentment)), status: status)
    }

    // MARK: People and marks

    private static func restPersonalData(_ order: Payload) throws(ShopifyError) -> PersonalData {
        let customerID = try order.child("customer")?.id("id", kind: "Customer")
        let emailKey = order.has("email") ? "email" : "contact_email"
        return PersonalData(
            customerID: customerID, customerCreatedAt: try order.child("customer")?.time("created_at"),
            email: order.has(emailKey) ? .known(PersonalData.email(try order.text(emailKey))) : .unknown,
            phone: order.has("phone") ? .known(try order.text("phone")) : .unknown,
            shipping: order.has("shipping_address")
                ? .known(try order.child("shipping_address").map(restAddress)) : .unknown,
            billing: try order.child("billing_address").map(restAddress))
    }

    private static func restAddress(_ address: Payload) throws(ShopifyError) -> PostalAddress {
        let parts = [try address.text("first_name"), try address.text("last_name")].compactMap { $0 }
        return PostalAddress(
            name: try address.text("name") ?? (parts.isEmpty ? nil : parts.joined(separator: " ")),
            company: try address.text("company"), address1: try address.text("address1"),
            address2: try address.text("address2"), city: try address.text("city"),
            provinceCode: try address.text("province_code"), zip: try address.text("zip"),
            countryCode: try address.text("country_code"), phone: try address.text("phone"))
    }

    /// An app may leave a number or nothing as a value.
    private static func restAttributes(_ order: Payload) throws(ShopifyError) -> [OrderAttribute] {
        var attributes: [OrderAttribute] = []
        for item in try order.items("note_attributes") ?? [] {
            let value = item.value("value").map { $0.decimalText ?? $0.text() } ?? ""
            attributes.append(OrderAttribute(name: try item.text("name") ?? "", value: value))
        }
        return attributes
    }

    private static func restDiscountCodes(_ order: Payload) throws(ShopifyError) -> [DiscountCode] {
        var codes: [DiscountCode] = []
        for item in try order.items("discount_codes") ?? [] {
            if let code = try item.text("code") { codes.append(DiscountCode(code: code)) }
        }
        return codes
    }
}
