import JSON

/// `Customer` and `customers(…)` (docs/vendors/shopify.md, Reads: pages and search; Customers).
extension ShopifyGraph {
    func customers(_ arguments: JSONObject) throws(GraphQLProblem) -> GraphQLResult {
        try require("read_customers", for: "customers")
        let search = try ShopifySearch(arguments["query"]?.string ?? "", fields: ShopifySearch.customerFields)
        let key = arguments["sortKey"]?.string ?? "ID"
        var found: [(cursor: String, customer: ShopifyCustomer)] = []
        for customer in shop.customers where search.matches(customer) {
            let rank =
                switch key {
                case "CREATED_AT": customer.createdAt.seconds
                case "UPDATED_AT": customer.updatedAt.seconds
                default: customer.id
                }
            found.append((padded(rank, 20) + padded(customer.id, 20), customer))
        }
        found.sort { $0.cursor < $1.cursor }
        return try connection("Customer", found.map { ($0.cursor, customer($0.customer)) }, arguments)
    }

    /// What Shopify says when the app lacks a scope (docs/vendors/shopify.md, Reads: errors).
    func require(_ scope: String, for field: String) throws(GraphQLProblem) {
        guard !shop.settings.accessScopes.contains(scope) else { return }
        throw GraphQLProblem(
            "Access denied for \(field) field. Required access: `\(scope)` access scope.", code: "ACCESS_DENIED",
            path: [field], more: ["requiredAccess": .string("`\(scope)` access scope.")])
    }

    func customer(_ customer: ShopifyCustomer) -> GraphQLObject {
        GraphQLObject("Customer") { field, _ in
            switch field {
            case "id": .leaf(.string(customer.gid))
            case "legacyResourceId": .leaf(.string(String(customer.id)))
            case "firstName": .leaf(JSON(customer.firstName))
            case "lastName": .leaf(JSON(customer.lastName))
            case "displayName": .leaf(.string(customer.displayName))
            case "email": .leaf(JSON(customer.email))
            case "phone": .leaf(JSON(customer.phone))
            case "state": .leaf(.string(customer.state.uppercased()))
            case "verifiedEmail": .leaf(.bool(customer.email != nil))
            case "locale": .leaf("en")
            case "note": .leaf(JSON(customer.note))
            case "tags": .leaf(.array(customer.tags.map { .string($0) }))
            case "taxExempt": .leaf(false)
            case "createdAt": time(customer.createdAt)
            case "updatedAt": time(customer.updatedAt)
            case "numberOfOrders":
                .leaf(.string(String(shop.orders.count { $0.customerID == customer.id && !$0.deleted })))
            case "amountSpent": amount(spent(customer), shop.settings.currency)
            case "canDelete": .leaf(.bool(!shop.orders.contains { $0.customerID == customer.id && !$0.deleted }))
            case "defaultAddress": .object(address(customer.address, id: customer.addressID))
            case "defaultEmailAddress": .object(customer.email.map { emailAddress($0, customer.emailConsent) })
            default: .object(customer.phone.map { phoneNumber($0, customer.smsConsent) })
            }
        }
    }

    private func spent(_ customer: ShopifyCustomer) -> TwinAmount {
        shop.orders.filter { $0.customerID == customer.id && ShopifyTwinAssumptions.isSpent($0) }.map(\.net.shop).sum()
    }

    private func emailAddress(_ email: String, _ consent: ShopifyConsent) -> GraphQLObject {
        leaves(
            "CustomerEmailAddress",
            ["emailAddress": .string(email), "validFormat": true].merging(marketing(consent)) { _, new in new })
    }

    private func phoneNumber(_ phone: String, _ consent: ShopifyConsent) -> GraphQLObject {
        let collected = consent.updatedAt == nil ? nil : consent.collectedFrom.uppercased()
        return leaves(
            "CustomerPhoneNumber",
            ["phoneNumber": .string(phone), "marketingCollectedFrom": JSON(collected)].merging(marketing(consent)) {
                _, new in new
            })
    }

    private func marketing(_ consent: ShopifyConsent) -> [String: JSON] {
        [
            "marketingState": .string(consent.state.uppercased()),
            "marketingOptInLevel": JSON(consent.level?.uppercased()),
            "marketingUpdatedAt": JSON(consent.updatedAt?.iso8601()),
        ]
    }

    func address(_ address: ShopifyAddress, id: Int64) -> GraphQLObject {
        leaves(
            "MailingAddress",
            [
                "id": .string("gid://shopify/MailingAddress/\(id)"), "firstName": JSON(address.firstName),
                "lastName": JSON(address.lastName), "name": .string(address.name), "company": JSON(address.company),
                "address1": .string(address.address1), "address2": JSON(address.address2),
                "city": .string(address.city),
                "province": JSON(address.province), "provinceCode": JSON(address.provinceCode),
                "zip": .string(address.zip), "country": .string(address.country),
                "countryCodeV2": .string(address.countryCode), "phone": JSON(address.phone),
                "formattedArea": .string("\(address.city), \(address.country)"),
            ])
    }
}
