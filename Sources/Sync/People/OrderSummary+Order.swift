import Commerce

extension OrderSummary {
    /// - Returns: `nil` while the order itself is not known.
    init?(of record: EntityRecord, rules: JourneyRules) {
        guard let order = record.truth.order else { return nil }
        let edited = EditedState(of: order)
        let deletedAt = record.truth.act(.deleted)?.at
        key = record.key
        name = order.name
        email = order.buyer.email.value ?? nil
        phone = order.buyer.phone.value ?? nil
        processedAt = order.processedAt
        updatedAt = order.updatedAt
        paidAt = record.truth.paidAt(of: order)
        authorizedAt = record.truth.authorizedAt(of: order)
        voidedAt = order.voidedAt ?? deletedAt
        tags = order.tags
        appID = order.appID
        isTest = order.isTest
        isGiftCardOnly = !order.lines.isEmpty && order.lines.allSatisfy(\.isGiftCard)
        editedTotal = edited.total
        let refunds = order.refunds.filter { $0.movesMoney && $0.moneyPending.isZero }
        let zero = MoneyBag.zero(shop: order.totals.shopCurrency, presentment: order.totals.presentmentCurrency)
        returned = refunds.reduce(zero) { $0 + $1.itemised }
        unitsEdited = edited.lines.reduce(0) { $0 + $1.quantity }
        unitsReturned = order.lines.reduce(0) { $0 + $1.refundedQuantity }
        var seen: Set<String> = []
        keptProductIDs = order.lines.filter { $0.currentQuantity > 0 }.compactMap(\.productID)
            .filter { seen.insert($0).inserted }
        hasOpenServiceIssue =
            order.refunds.contains { !$0.moneyPending.isZero }
            || order.fulfillments.contains { $0.status == .failure || $0.status == .error }
        status = order.cancelledAt != nil ? "cancelled" : deletedAt != nil ? "deleted" : "open"
        journey = JourneyOrder(order, key: record.key.description, connection: record.key.connection, rules: rules)
    }
}

extension Order {
    /// When the order came to count for nothing; `nil` while it stands.
    public var voidedAt: Instant? { cancelledAt ?? (financialStatus == .voided ? updatedAt : nil) }
}

extension CustomerSummary {
    /// - Returns: `nil` while the customer record itself is not known.
    init?(of record: EntityRecord) {
        guard let customer = record.truth.customer else { return nil }
        key = record.key
        email = customer.email.value ?? nil
        phone = customer.phone.value ?? nil
        firstName = customer.firstName.value ?? nil
        lastName = customer.lastName.value ?? nil
        hasAccount = customer.account == .enabled
        updatedAt = customer.updatedAt
        isDeleted = record.truth.act(.deleted) != nil || record.truth.act(.merged) != nil
    }
}
