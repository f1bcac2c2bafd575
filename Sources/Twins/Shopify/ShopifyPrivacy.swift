import JSON

/// What shoppers and merchants ask about personal data.
extension ShopifyShop {
    private static let privacyKinds = [
        (kind: "data_request", topic: "customers/data_request"), (kind: "redact", topic: "customers/redact"),
        (kind: "shop_redact", topic: "shop/redact"),
    ]

    /// Sent at once; Shopify holds a `redact` back for at least ten days. A deleted customer may be named by id.
    mutating func privacyRequest(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyActionResult {
        let kind = try arguments.string("kind")
        guard let found = Self.privacyKinds.first(where: { $0.kind == kind }) else {
            throw TwinProblem("privacy_request: unknown kind", Self.privacyKinds.map(\.kind))
        }
        var body: JSONObject = [
            "shop_id": JSON(ShopifyTwinAssumptions.shopID), "shop_domain": .string(settings.domain),
        ]
        guard found.kind != "shop_redact" else {
            return ShopifyActionResult(hooks: [(found.topic, .object(body))])
        }
        let known = customer(named: arguments["customer"])
        guard let id = known?.id ?? arguments["customer"]?.int64 else { throw unknownCustomer(arguments.place) }
        body["customer"] = ["id": JSON(id), "email": JSON(known?.email), "phone": JSON(known?.phone)]
        let orders = JSON.array(orders.filter { $0.customerID == id && !$0.deleted }.map { JSON($0.id) })
        var ids: [(name: String, id: JSON)] = [("customer", JSON(id))]
        if found.kind == "data_request" {
            let request = newID()
            body["orders_requested"] = orders
            body["data_request"] = ["id": JSON(request)]
            ids.append(("request", JSON(request)))
        } else {
            body["orders_to_redact"] = orders
        }
        return ShopifyActionResult(ids: ids, hooks: [(found.topic, .object(body))])
    }
}
