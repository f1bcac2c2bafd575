import JSON

/// Who is buying, after an action found or made the record.
struct ShopifyShopper {
    var customer: ShopifyCustomer
    var isNew: Bool
    /// The channels whose box was ticked and changed something.
    var agreed: [ShopifyChannel] = []
}

/// Customers, and the fields of an order that are not its trade.
extension ShopifyShop {
    private static let personFields = ["id", "email", "first_name", "last_name", "phone", "address"]

    /// Who buys: the named customer, the one of that e-mail or phone (both are unique per shop), else a new record with
    /// state disabled; a checkout without an account attaches to the same record (docs/vendors/shopify.md, Customers).
    /// `guest: true` leaves no customer record at all, so that consumers meet an order without one.
    mutating func shopper(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyShopper? {
        if try arguments.bool("guest", default: false) { return nil }
        let person = try person(arguments)
        var shopper: ShopifyShopper
        if let found = try known(person) {
            shopper = ShopifyShopper(customer: found, isNew: false)
        } else {
            shopper = ShopifyShopper(customer: try newcomer(person, now: now), isNew: true)
        }
        // Where one order goes does not move who is known already.
        if let address = person["address"], shopper.isNew || arguments["customer"]?["address"] != nil {
            try shopper.customer.address.take(addressFields(address))
        }
        // Its counters changed, and with them the record.
        shopper.customer.updatedAt = now.wholeSecond
        for channel in ShopifyChannel.allCases
        where try arguments.bool(
            channel == .email ? "buyer_accepts_marketing" : "buyer_accepts_sms_marketing", default: false)
        {
            if agree(&shopper.customer, channel, now: now) { shopper.agreed.append(channel) }
        }
        return shopper
    }

    /// `customer` of an action, or a person made of its `email`, `phone` and `shipping_address`; empty without any of
    /// them.
    private func person(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyArguments {
        var members: [(key: String, value: JSON)] = []
        if let given = arguments["customer"] {
            if let object = given.object {
                members = object.members
            } else {
                guard let found = customer(named: given) else { throw unknownCustomer(arguments.place) }
                members = [("id", JSON(found.id))]
            }
        }
        if !members.contains(where: { ["id", "email", "phone"].contains($0.key) }) {
            let address = arguments["shipping_address"]
            for key in ["email", "phone"] { if let value = arguments[key] { members.append((key, value)) } }
            for key in ["first_name", "last_name"] where !members.contains(where: { $0.key == key }) {
                if arguments.has("email") || arguments.has("phone"), let name = address?[key] {
                    members.append((key, name))
                }
            }
            if let address, !members.contains(where: { $0.key == "address" }) { members.append(("address", address)) }
        }
        return try ShopifyArguments(.object(JSONObject(members)), place: "customer", known: Self.personFields)
    }

    private func known(_ person: ShopifyArguments) throws(TwinProblem) -> ShopifyCustomer? {
        if let id = person["id"]?.int64 { return customer(id: id) }
        if let email = try person.string("email") { return customer(email: email) }
        if let phone = try person.string("phone") { return customer(phone: phone) }
        return nil
    }

    private mutating func newcomer(_ person: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyCustomer
    {
        var made = newCustomer(now: now)
        if let id = person["id"]?.int64 {
            guard !goneCustomers.contains(id) else { throw unknownCustomer("customer") }
            made.id = id
        }
        if ["id", "email", "phone", "first_name", "last_name"].contains(where: { person.has($0) }) {
            made.email = try person.string("email")
            // Another customer's phone stays with the order only.
            made.phone = try person.string("phone").flatMap { customer(phone: $0) == nil ? $0 : nil }
            made.firstName = try person.string("first_name")
            made.lastName = try person.string("last_name")
        } else {
            made.email = "shopper\(customersMade)@example.com"
            made.firstName = "Sam"
            made.lastName = "Shopper"
        }
        made.address.firstName = made.firstName
        made.address.lastName = made.lastName
        return made
    }

    /// A ticked box is a real new consent, also after a withdrawal; an unticked one changes nothing
    /// (docs/vendors/shopify.md, Consent).
    private func agree(_ customer: inout ShopifyCustomer, _ channel: ShopifyChannel, now: TwinInstant) -> Bool {
        guard customer.address(of: channel) != nil, customer[channel].state != "subscribed" else { return false }
        customer[channel] = ShopifyConsent(
            state: "subscribed", level: "single_opt_in", updatedAt: now.wholeSecond, collectedFrom: "shopify")
        return true
    }

    /// The record's own topic, then its consents.
    func hooks(of shopper: ShopifyShopper) -> ShopifyActionResult.Hooks {
        hooks(of: shopper.customer, [shopper.isNew ? "customers/create" : "customers/update"], shopper.agreed)
    }

    func hooks(
        of customer: ShopifyCustomer, _ topics: [String], _ channels: [ShopifyChannel] = []
    ) -> ShopifyActionResult.Hooks {
        let payload = ShopifyPayload(shop: self)
        let body = payload.customerTopic(customer)
        return channels.map { ($0.topic, payload.consent(of: customer, $0)) } + topics.map { ($0, body) }
    }

    mutating func newCustomer(now: TwinInstant) -> ShopifyCustomer {
        customersMade += 1
        return ShopifyCustomer(
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

    /// Not an edit: no `orders/edited`, no agreement (docs/vendors/shopify.md, Orders: edits).
    mutating func updateOrder(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem)
        -> ShopifyActionResult
    {
        var order = try named(arguments)
        if let note = try arguments.string("note") { order.note = note }
        if let tags = try arguments.words("tags") { order.tags = tags }
        if let email = try arguments.string("email") { order.email = email }
        if let phone = try arguments.string("phone") { order.phone = phone }
        if let attributes = try arguments.attributes("note_attributes") { order.noteAttributes = attributes }
        if let address = arguments["shipping_address"] { try order.shippingAddress.take(addressFields(address)) }
        if ["email", "phone", "shipping_address"].contains(where: arguments.has) { order.contactChanges += 1 }
        store(order, now: now)
        return result(order.id, ["orders/updated"])
    }

    mutating func deleteOrder(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem)
        -> ShopifyActionResult
    {
        var order = try named(arguments)
        order.deleted = true
        store(order, now: now)
        return ShopifyActionResult(
            ids: [("order", JSON(order.id))], hooks: [("orders/delete", ["id": JSON(order.id)])])
    }

    /// Webhooks of one order's topics, all with the payload as it is now.
    func result(
        _ id: Int64, _ topics: [String], ids: [(name: String, id: JSON)] = [],
        others: [(topic: String, body: JSON)] = []
    ) -> ShopifyActionResult {
        guard let order = order(id: id) else { return ShopifyActionResult() }
        let body = ShopifyPayload(shop: self).order(order)
        return ShopifyActionResult(
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
