import JSON

/// Customers, and the fields of an order that are not its trade.
extension ShopifyShop {
    private static let personFields = ["id", "email", "first_name", "last_name", "phone", "address"]

    /// Who buys: the named customer, the one of that e-mail or phone (both are unique per shop), else a new one. A
    /// guest has no customer record here, so that consumers meet an order without one.
    func known(_ person: ShopifyArguments) throws(TwinProblem) -> ShopifyCustomer? {
        if let id = person["id"]?.int64 { return customer(id: id) }
        if let email = try person.string("email") { return customers.first { $0.email == email } }
        if let phone = try person.string("phone") { return customers.first { $0.phone == phone } }
        return nil
    }

    mutating func shopper(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyCustomer? {
        if try arguments.bool("guest", default: false) { return nil }
        let json = arguments["customer"] ?? .object(JSONObject())
        let person = try ShopifyArguments(json, place: "customer", known: Self.personFields)
        if var found = try known(person) {
            if let address = person["address"] { try found.address.take(addressFields(address)) }
            return found
        }
        var made = newCustomer(now: now)
        if let id = person["id"]?.int64 { made.id = id }
        if arguments.has("customer") {
            made.email = try person.string("email")
            made.phone = try person.string("phone")
            made.firstName = try person.string("first_name")
            made.lastName = try person.string("last_name")
        } else {
            made.email = "shopper\(customers.count + 1)@example.com"
            made.firstName = "Sam"
            made.lastName = "Shopper"
        }
        made.address.firstName = made.firstName
        made.address.lastName = made.lastName
        if let address = person["address"] { try made.address.take(addressFields(address)) }
        return made
    }

    private mutating func newCustomer(now: TwinInstant) -> ShopifyCustomer {
        ShopifyCustomer(
            id: newID(), createdAt: now.wholeSecond, updatedAt: now.wholeSecond, addressID: newID(),
            address: ShopifyAddress())
    }

    func addressFields(_ json: JSON) throws(TwinProblem) -> ShopifyArguments {
        try ShopifyArguments(
            json, place: "shipping_address",
            known: [
                "first_name", "last_name", "company", "address1", "address2", "city", "province", "province_code",
                "zip",
                "country", "country_code", "phone",
            ])
    }

    mutating func updateCustomer(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyDeedResult {
        let id = arguments["customer"]?.int64 ?? arguments["customer"]?["id"]?.int64
        guard var customer = customer(id: id) else {
            throw TwinProblem("update_customer needs customer: id", customers.suffix(5).map { String($0.id) })
        }
        if let email = try arguments.string("email") { customer.email = email }
        if let phone = try arguments.string("phone") { customer.phone = phone }
        if let name = try arguments.string("first_name") { customer.firstName = name }
        if let name = try arguments.string("last_name") { customer.lastName = name }
        if let tags = try arguments.words("tags") { customer.tags = tags }
        if let note = try arguments.string("note") { customer.note = note }
        customer.updatedAt = now.wholeSecond
        store(customer)
        return ShopifyDeedResult(ids: [("customer", JSON(customer.id))])
    }

    mutating func createAccount(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyDeedResult {
        let found: ShopifyCustomer?
        if let id = arguments["customer"]?.int64 {
            found = customer(id: id)
        } else if let email = try arguments.string("email") {
            found = customers.first { $0.email == email }
        } else {
            found = nil
        }
        var customer = found ?? newCustomer(now: now)
        customer.state = "enabled"
        if let email = try arguments.string("email") { customer.email = email }
        if let phone = try arguments.string("phone") { customer.phone = phone }
        if let name = try arguments.string("first_name") { customer.firstName = name }
        if let name = try arguments.string("last_name") { customer.lastName = name }
        guard customer.email != nil || customer.phone != nil else {
            throw TwinProblem("create_account needs an e-mail, a phone or a customer", [])
        }
        customer.updatedAt = now.wholeSecond
        store(customer)
        return ShopifyDeedResult(ids: [("customer", JSON(customer.id))])
    }

    mutating func createProduct(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyDeedResult {
        guard let sku = try arguments.string("sku"), let price = try arguments.amount("price"),
            !variants.contains(where: { $0.sku == sku })
        else { throw TwinProblem("create_product needs a new sku and a price", []) }
        let made = addVariant(
            sku: sku, title: try arguments.string("title") ?? sku, option: try arguments.string("option"), price: price,
            giftCard: try arguments.bool("gift_card", default: false))
        return ShopifyDeedResult(ids: [("product", JSON(made.productID)), ("variant", JSON(made.id))])
    }

    /// Not an edit: no `orders/edited`, no agreement (apis/shopify.md 3.4, 5.2).
    mutating func updateOrder(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyDeedResult
    {
        var order = try named(arguments)
        if let note = try arguments.string("note") { order.note = note }
        if let tags = try arguments.words("tags") { order.tags = tags }
        if let email = try arguments.string("email") { order.email = email }
        if let phone = try arguments.string("phone") { order.phone = phone }
        if let attributes = try arguments.attributes("note_attributes") { order.noteAttributes = attributes }
        if let address = arguments["shipping_address"] { try order.shippingAddress.take(addressFields(address)) }
        store(order, now: now)
        return result(order.id, ["orders/updated"])
    }

    mutating func deleteOrder(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyDeedResult
    {
        var order = try named(arguments)
        order.deleted = true
        store(order, now: now)
        return ShopifyDeedResult(
            ids: [("order", JSON(order.id))], hooks: [("orders/delete", ["id": JSON(order.id)])])
    }

    /// Web hooks of one order's topics, all with the payload as it is now.
    func result(
        _ id: Int64, _ topics: [String], ids: [(name: String, id: JSON)] = [],
        others: [(topic: String, body: JSON)] = []
    ) -> ShopifyDeedResult {
        guard let order = order(id: id) else { return ShopifyDeedResult() }
        let body = ShopifyPayload(shop: self).order(order)
        return ShopifyDeedResult(
            ids: ids.isEmpty ? [("order", JSON(id))] : ids, hooks: others + topics.map { ($0, body) })
    }
}

extension ShopifyAddress {
    /// Overwrites the fields that are given.
    mutating func take(_ fields: ShopifyArguments) throws(TwinProblem) {
        if let value = try fields.string("first_name") { firstName = value }
        if let value = try fields.string("last_name") { lastName = value }
        if let value = try fields.string("company") { company = value }
        if let value = try fields.string("address1") { address1 = value }
        if let value = try fields.string("address2") { address2 = value }
        if let value = try fields.string("city") { city = value }
        if let value = try fields.string("province") { province = value }
        if let value = try fields.string("province_code") { provinceCode = value }
        if let value = try fields.string("zip") { zip = value }
        if let value = try fields.string("country") { country = value }
        if let value = try fields.string("country_code") { countryCode = value }
        if let value = try fields.string("phone") { phone = value }
    }
}
