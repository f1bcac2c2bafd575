public import Commerce

extension OrderSummary {
    /// It is of a kind that a flow never tells about, whatever becomes of it (A22).
    func isNeverTold(_ policies: Policies) -> Bool {
        if isTest, !policies.tellTestOrders { return true }
        if isGiftCardOnly || tags.contains(where: { policies.migratedTags.contains($0) }) { return true }
        return appID.map(policies.migratedAppIDs.contains) ?? false
    }

    /// It is an order that a flow tells about (A22), whose gate has opened.
    public func isTold(_ policies: Policies) -> Bool { toldSince(policies) != nil }

    /// It stands: it is told and not void.
    public func counts(_ policies: Policies) -> Bool { voidedAt == nil && isTold(policies) }

    /// When its gate opened; `nil` for an order that is not told about.
    public func toldSince(_ policies: Policies) -> Instant? {
        if isNeverTold(policies) { return nil }
        if editedTotal.isZero, returned.isZero, !policies.tellZeroValue { return nil }
        return switch policies.purchaseWhen {
        case .placed: processedAt
        case .authorised: authorizedAt
        case .paid: paidAt
        }
    }

    /// The evidence for journeys, with what policies say of the order.
    func evidence(_ policies: Policies) -> JourneyOrder {
        var evidence = journey
        evidence.isVoid = voidedAt != nil
        evidence.isNeverTold = isNeverTold(policies)
        return evidence
    }
}
