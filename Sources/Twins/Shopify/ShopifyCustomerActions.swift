import JSON

/// Actions about people: accounts, consent, merges and deletions (docs/vendors/shopify.md, Customers; Consent).
extension ShopifyShop {
    func unknownCustomer(_ place: String) -> TwinProblem {
        TwinProblem(
            "\(place): no such customer; give an id, a GID, an e-mail or a phone",
            customers.suffix(5).map { String($0.id) })
    }

    func namedCustomer(_ arguments: ShopifyArguments, _ name: String = "customer") throws(TwinProblem)
        -> ShopifyCustomer
    {
        guard let found = customer(named: arguments[name]) else { throw unknownCustomer("\(arguments.place), \(name)") }
        return found
    }

    mutating func updateCustomer(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        var customer = try namedCustomer(arguments)
        try takeFields(arguments, &customer)
        if let tags = try arguments.words("tags") { customer.tags = tags }
        if let note = try arguments.string("note") { customer.note = note }
        customer.updatedAt = now.wholeSecond
        store(customer)
        return customerResult(customer, hooks(of: customer, ["customers/update"]))
    }

    /// An account for a record that is there already, as a guest's is, or for a new one.
    mutating func createAccount(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        let found: ShopifyCustomer?
        if arguments.has("customer") {
            found = try namedCustomer(arguments)
        } else if let email = try arguments.string("email") {
            found = self.customer(email: email)
        } else {
            found = try arguments.string("phone").flatMap { self.customer(phone: $0) }
        }
        var customer = found ?? newCustomer(now: now)
        customer.state = "enabled"
        try takeFields(arguments, &customer)
        guard customer.email != nil || customer.phone != nil else {
            throw TwinProblem("create_account needs an e-mail, a phone or a customer", [])
        }
        customer.updatedAt = now.wholeSecond
        store(customer)
        return customerResult(
            customer, hooks(of: customer, [found == nil ? "customers/create" : "customers/update"]))
    }

    /// E-mail and phone are unique per shop (docs/vendors/shopify.md, Customers).
    private func takeFields(_ arguments: ShopifyArguments, _ customer: inout ShopifyCustomer) throws(TwinProblem) {
        if let email = try arguments.string("email") {
            if let other = self.customer(email: email), other.id != customer.id {
                throw TwinProblem("\(arguments.place): the e-mail has already been taken by \(other.id)", [])
            }
            customer.email = email
        }
        if let phone = try arguments.string("phone") {
            if let other = self.customer(phone: phone), other.id != customer.id {
                throw TwinProblem("\(arguments.place): the phone has already been taken by \(other.id)", [])
            }
            customer.phone = phone
        }
        if let name = try arguments.string("first_name") { customer.firstName = name }
        if let name = try arguments.string("last_name") { customer.lastName = name }
    }

    /// What the kept record lacks it takes from the other, tags are joined; its own consent stays. Afterwards the
    /// removed id is unknown, and only `customers/merge` says where its orders went.
    mutating func mergeCustomers(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        var kept = try namedCustomer(arguments, "keep")
        let removed = try namedCustomer(arguments, "remove")
        guard kept.id != removed.id else { throw TwinProblem("merge_customers: keep and remove are the same", []) }
        for channel in ShopifyChannel.allCases where kept.address(of: channel) == nil {
            kept[channel] = removed[channel]
        }
        kept.email = kept.email ?? removed.email
        kept.phone = kept.phone ?? removed.phone
        kept.firstName = kept.firstName ?? removed.firstName
        kept.lastName = kept.lastName ?? removed.lastName
        kept.tags += removed.tags.filter { !kept.tags.contains($0) }
        if removed.state == "enabled" { kept.state = "enabled" }
        kept.updatedAt = now.wholeSecond
        merge(removed, into: kept, now: now)
        let body = ShopifyPayload(shop: self).merge(kept: kept.id, removed: removed.id)
        return ShopifyActionResult(
            ids: [("customer", JSON(kept.id)), ("removed", JSON(removed.id))], hooks: [("customers/merge", body)])
    }

    /// `at` is stored as it is given, also when it is older than what is there: what Shopify does with an out-of-date
    /// one is not known (docs/vendors/shopify.md, Consent).
    mutating func setConsent(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult
    {
        var customer = try namedCustomer(arguments)
        let names = ShopifyChannel.allCases.map(\.rawValue)
        guard let channel = try arguments.string("channel").flatMap({ ShopifyChannel(rawValue: $0) }) else {
            throw TwinProblem("set_consent needs a channel", names)
        }
        guard customer.address(of: channel) != nil else {
            throw TwinProblem("set_consent: the customer has no address for \(channel.rawValue)", [])
        }
        guard let state = try arguments.string("state"), channel.states.contains(state) else {
            throw TwinProblem("set_consent: \(channel.rawValue) has no such state", channel.states)
        }
        var consent = ShopifyConsent(
            state: state, level: customer[channel].level, updatedAt: now.wholeSecond, collectedFrom: "other")
        if state == "subscribed", consent.level == nil { consent.level = "single_opt_in" }
        if let level = try arguments.string("opt_in_level") {
            guard ShopifyConsent.levels.contains(level) else {
                throw TwinProblem("set_consent: unknown opt_in_level", ShopifyConsent.levels)
            }
            consent.level = level
        }
        if let text = try arguments.string("at") {
            guard let at = TwinInstant(iso8601: text) else { throw TwinProblem("set_consent: at is no ISO time", []) }
            consent.updatedAt = at.wholeSecond
        }
        customer[channel] = consent
        customer.updatedAt = now.wholeSecond
        store(customer)
        return customerResult(customer, hooks(of: customer, ["customers/update"], [channel]))
    }

    /// Only a customer without orders can be deleted (2026-04 schema, `Customer.canDelete`).
    mutating func deleteCustomer(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyActionResult {
        let customer = try namedCustomer(arguments)
        if let order = orders.last(where: { $0.customerID == customer.id && !$0.deleted }) {
            throw TwinProblem("delete_customer: the customer has orders, such as \(order.name)", [])
        }
        remove(customer)
        return customerResult(
            customer, [("customers/delete", ShopifyPayload(shop: self).deletedCustomer(customer.id))])
    }

    private func customerResult(_ customer: ShopifyCustomer, _ hooks: ShopifyActionResult.Hooks) -> ShopifyActionResult
    {
        ShopifyActionResult(ids: [("customer", JSON(customer.id))], hooks: hooks)
    }
}
