import Commerce
import Sync

/// What the webhooks about customers tell (docs/vendors/shopify.md, Customers; Consent).
extension ShopifySource {
    func customerSnapshot(_ payload: Payload, of receipt: Receipt) throws(ShopifyError) -> Observation {
        let mapped = try CustomerMapping.rest(payload)
        return .snapshot(
            key(.customer, mapped.customer.id), .customer(mapped.customer), sourceTime: mapped.customer.updatedAt,
            eventID: receipt.eventID, isPartial: mapped.isPartial)
    }

    static let mergedField = "admin_graphql_api_customer_deleted_id"

    /// The act belongs to the deleted customer: the record with that id must learn the other id.
    func merge(_ payload: Payload, of receipt: Receipt) throws(ShopifyError) -> Observation {
        let deleted = try payload.requiredID(Self.mergedField, kind: "Customer")
        let kept = try payload.requiredID("admin_graphql_api_customer_kept_id", kind: "Customer")
        guard ShopifyAssumptions.isMerged(status: try payload.text("status")) else {
            return .unknownTopic(receipt.topic)
        }
        guard deleted != kept else { throw ShopifyError(.badID, at: payload.place(Self.mergedField)) }
        return .act(
            key(.customer, deleted),
            Act(
                id: "\(receipt.topic)/\(deleted)/\(kept)", kind: .merged, at: receipt.triggeredAt ?? receipt.receivedAt,
                mergedInto: kept))
    }

    /// The act, if the customer opted in or out; otherwise a reason to read the shop's current state.
    func consent(
        _ payload: Payload, _ channel: ConsentChannel, of receipt: Receipt
    ) throws(ShopifyError) -> Observation {
        // The two topics name the customer differently.
        let names = ["customer_id", "id"]
        let name = names.first { payload.value($0) != nil } ?? names[0]
        let id = try payload.requiredID(name, kind: "Customer")
        let consent = try CustomerMapping.consent(
            payload.requiredChild("\(channel.rawValue)_marketing_consent"), words: .rest)
        guard let consent, let decision = ConsentDecision(consent, channel: channel) else {
            // Without a time: the customer's `updated_at` need not reach that of the consent.
            return .hint(key(.customer, id), sourceTime: nil, eventID: receipt.eventID, awaitsCompanion: false)
        }
        // A retry repeats the payload, its time and its delivery id (docs/vendors/shopify.md, Webhooks: delivery and
        // retries), so all make one act.
        let time = decision.decidedAt ?? receipt.triggeredAt
        return .act(
            key(.customer, id),
            Act(
                id: "consent/\(channel.rawValue)/\(consent.state.rawValue)/\(time?.description ?? receipt.deliveryID)",
                kind: .consent, at: time ?? receipt.receivedAt, consent: decision))
    }
}
