import Commerce

/// A customer as mapped, and whether something is missing that a read could bring.
struct MappedCustomer: Hashable {
    var customer: Customer
    var isPartial: Bool
}

/// Turns Shopify's customer into the language of shops, from a webhook (docs/vendors/shopify.md, Customers) or from
/// `CustomersByID.graphql`.
enum CustomerMapping {
    /// From version 2025-01 on a webhook tells neither tags nor consent: they stay unknown (docs/vendors/shopify.md,
    /// Customers).
    static func rest(_ customer: Payload) throws(ShopifyError) -> MappedCustomer {
        let facts = PersonFacts(
            email: customer.has("email") ? .known(PersonalData.email(try customer.text("email"))) : .unknown,
            phone: customer.has("phone") ? .known(try customer.text("phone")) : .unknown,
            firstName: customer.has("first_name") ? .known(try customer.text("first_name")) : .unknown,
            lastName: customer.has("last_name") ? .known(try customer.text("last_name")) : .unknown)
        let tags = customer.has("tags") ? (try customer.text("tags") ?? "").split(separator: ",").map(String.init) : nil
        return facts.mapped(
            Customer(
                id: try customer.requiredID("id", kind: "Customer"), account: try account(customer),
                tags: tags.map { .known(OrderMapping.tags($0)) } ?? .unknown,
                emailConsent: try restConsent("email_marketing_consent", of: customer),
                smsConsent: try restConsent("sms_marketing_consent", of: customer),
                createdAt: try customer.requiredTime("created_at"), updatedAt: try customer.requiredTime("updated_at")))
    }

    /// - Parameter withheld: the customer's fields that Shopify nulled because the app may not see them.
    static func graphQL(_ customer: Payload, withheld: Set<String> = []) throws(ShopifyError) -> MappedCustomer {
        func fact(_ field: String, _ value: String?) -> Known<String?> {
            withheld.contains(field) ? .unknown : .known(value)
        }
        let email = try customer.child("defaultEmailAddress")
        let phone = try customer.child("defaultPhoneNumber")
        let facts = PersonFacts(
            email: fact("defaultEmailAddress", PersonalData.email(try email?.requiredText("emailAddress"))),
            phone: fact("defaultPhoneNumber", try phone?.text("phoneNumber")),
            firstName: fact("firstName", try customer.text("firstName")),
            lastName: fact("lastName", try customer.text("lastName")))
        let emailConsent = try email.flatMap { address throws(ShopifyError) in try consent(address, words: .graphQL) }
        let smsConsent = try phone.flatMap { number throws(ShopifyError) in try consent(number, words: .graphQL) }
        return facts.mapped(
            Customer(
                id: try customer.requiredID("id", kind: "Customer"), account: try account(customer),
                tags: .known(OrderMapping.tags(try customer.texts("tags"))),
                // Consent belongs to the address: where that is not shown, its absence proves nothing.
                emailConsent: facts.shown(facts.email, emailConsent), smsConsent: facts.shown(facts.phone, smsConsent),
                createdAt: try customer.requiredTime("createdAt"), updatedAt: try customer.requiredTime("updatedAt")))
    }

    /// Both wires use the same words, GraphQL in upper case.
    private static func account(_ customer: Payload) throws(ShopifyError) -> Customer.Account {
        guard let account = Customer.Account(rawValue: try customer.requiredText("state").lowercased()) else {
            throw ShopifyError(.unknownValue, at: customer.place("state"))
        }
        return account
    }

    private static func restConsent(
        _ key: String, of customer: Payload
    ) throws(ShopifyError) -> Known<MarketingConsent?> {
        guard customer.has(key) else { return .unknown }
        guard let child = try customer.child(key) else { return .known(nil) }
        return .known(try consent(child, words: .rest))
    }

    // MARK: Consent

    /// The names of consent's three facts.
    struct ConsentWords {
        var state, level, time: String
        static let rest = ConsentWords(state: "state", level: "opt_in_level", time: "consent_updated_at")
        static let graphQL = ConsentWords(
            state: "marketingState", level: "marketingOptInLevel", time: "marketingUpdatedAt")
    }

    /// `nil` if there is no state: the customer was never asked.
    static func consent(_ payload: Payload, words: ConsentWords) throws(ShopifyError) -> MarketingConsent? {
        guard let word = try payload.text(words.state) else { return nil }
        guard let state = MarketingConsent.State(rawValue: word.lowercased()) else {
            throw ShopifyError(.unknownValue, at: payload.place(words.state))
        }
        return MarketingConsent(
            state: state, optInLevel: try payload.text(words.level)?.lowercased(),
            updatedAt: try payload.time(words.time))
    }
}

/// What names a person. Without access to protected customer data Shopify leaves it out or empty
/// (docs/vendors/shopify.md, Protected customer data).
private struct PersonFacts {
    var email, phone, firstName, lastName: Known<String?>

    private var all: [Known<String?>] { [email, phone, firstName, lastName] }
    /// Nothing personal is to be seen, so an empty field proves nothing.
    private var isRedacted: Bool { all.allSatisfy { ($0.value ?? nil) == nil } }

    /// A fact that goes with another one: unknown where that one is not shown.
    func shown(_ companion: Known<String?>, _ value: MarketingConsent?) -> Known<MarketingConsent?> {
        companion.isKnown && !isRedacted ? .known(value) : .unknown
    }

    func mapped(_ bare: Customer) -> MappedCustomer {
        guard !isRedacted else { return MappedCustomer(customer: bare, isPartial: true) }
        var customer = bare
        (customer.email, customer.phone) = (email, phone)
        (customer.firstName, customer.lastName) = (firstName, lastName)
        return MappedCustomer(customer: customer, isPartial: !all.allSatisfy(\.isKnown))
    }
}
