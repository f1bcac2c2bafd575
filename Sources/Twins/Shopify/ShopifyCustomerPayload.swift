import JSON

/// Bodies of the customer topics (docs/vendors/shopify.md, Customers; Consent).
extension ShopifyPayload {
    /// customers/create, update: the customer of an order and `addresses`; no consent, no tags, no counters
    /// (docs/vendors/shopify.md, Customers).
    func customerTopic(_ customer: ShopifyCustomer) -> JSON {
        var object = self.customer(customer).object ?? JSONObject()
        object["addresses"] = .array([object["default_address"] ?? .null])
        return .object(object)
    }

    func deletedCustomer(_ id: Int64) -> JSON {
        ["id": JSON(id), "tax_exemptions": [], "admin_graphql_api_id": .string(ShopifyCustomer.gid(id))]
    }

    func merge(kept: Int64, removed: Int64) -> JSON {
        [
            "admin_graphql_api_customer_kept_id": .string(ShopifyCustomer.gid(kept)),
            "admin_graphql_api_customer_deleted_id": .string(ShopifyCustomer.gid(removed)),
            "admin_graphql_api_job_id": .null, "status": .string(ShopifyTwinAssumptions.mergeStatus), "errors": [],
        ]
    }

    /// The two consent topics name their keys differently (docs/vendors/shopify.md, Consent).
    func consent(of customer: ShopifyCustomer, _ channel: ShopifyChannel) -> JSON {
        let consent = customer[channel]
        var body: JSONObject = [
            "state": .string(consent.state), "opt_in_level": JSON(consent.level),
            "consent_updated_at": time(consent.updatedAt),
        ]
        switch channel {
        case .email:
            return [
                "customer_id": JSON(customer.id), "email_address": JSON(customer.email),
                "email_marketing_consent": .object(body),
            ]
        case .sms:
            body["consent_collected_from"] = .string(consent.collectedFrom)
            return [
                "id": JSON(customer.id), "phone": JSON(customer.phone), "sms_marketing_consent": .object(body),
            ]
        }
    }
}
