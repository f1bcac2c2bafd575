import Commerce

/// Contacts that do not say who somebody is: nobody can have them, or too many people use them (B4). An entity is
/// told under what is left. What was joined before stays joined; a data steward is shown each such contact.
extension Engine {
    /// Kinds whose contacts are counted. A basket becomes an order, or was never meant.
    private static let kindsThatCount: Set<EntityKind> = [.customer, .order]

    /// What an entity is known by, without the contacts that are no evidence.
    ///
    /// - Parameter earlier: the entity before the change, so that a contact is reported once for each entity that has
    ///   it; `nil` when this was done already.
    mutating func evidence(of record: EntityRecord, earlier: Truth?, _ brand: String) -> [PersonIdentifier] {
        notePlaceholders(of: record, earlier: earlier)
        let known = earlier?.identifiers(of: record.key)
        var evidence: [PersonIdentifier] = []
        for identifier in record.truth.identifiers(of: record.key) {
            let isNews = known.map { !$0.contains(identifier) } ?? false
            if isShared(identifier, by: record, isNews: isNews, brand) { continue }
            evidence.append(identifier)
        }
        return evidence
    }

    /// The exception is about the contact, of which only a digest is shown: orders of all strangers are one case.
    private mutating func notePlaceholders(of record: EntityRecord, earlier: Truth?) {
        guard let earlier, Self.kindsThatCount.contains(record.key.kind) else { return }
        let known = earlier.placeholders
        for contact in record.truth.placeholders where !known.contains(contact) {
            guard let reason = contact.placeholder?.reason else { continue }
            let kind = Self.word(contact.kind)
            raise(
                RaisedException(
                    .identitySuspect,
                    subject: "\(record.key.connection) \(kind) \(ContactUse.digest(of: contact).prefix(8))",
                    cause:
                        "the \(kind) of \(record.key) \(reason), so it names nobody and joins nobody; orders are told "
                        + "under what else is known of their buyer, or wait (no_identity)"), entity: record.key)
        }
    }

    /// Counts the entity's buyer among those who use the contact, where somebody is known by it.
    private mutating func isShared(
        _ contact: PersonIdentifier, by record: EntityRecord, isNews: Bool, _ brand: String
    ) -> Bool {
        guard contact.kind == .email || contact.kind == .phone, let owner = owner(contact, brand),
            var person = records.person(owner)
        else { return false }
        let counts = Self.kindsThatCount.contains(record.key.kind)
        let wasShared = person.isShared(contact)
        if counts, let buyer = record.truth.buyer(of: record.key, using: contact) {
            person.note(buyer, using: contact)
            setPerson(owner, person)
        }
        guard person.isShared(contact) else { return false }
        if !wasShared { stopUsing(contact, of: owner) }
        guard counts, isNews || !wasShared else { return true }
        let kind = Self.word(contact.kind)
        raise(
            RaisedException(
                .identitySuspect, subject: Self.sharedSubject(owner, contact.kind),
                cause: "more than \(ContactUse.buyersMax) names or customer numbers use one \(kind) of \(owner), the "
                    + "latest on \(record.key): probably one that staff type for everybody. Nobody is joined by it "
                    + "any more; orders are told under what else is known of their buyer, or wait (no_identity). "
                    + "What was joined before stays"), entity: record.key)
        return true
    }

    /// The person is known by these from now on, and the entity's buyer is the first who uses them.
    func claim(_ claims: [PersonIdentifier], for person: inout Person, of record: EntityRecord) {
        person.claim(claims)
        guard Self.kindsThatCount.contains(record.key.kind) else { return }
        for contact in claims where contact.kind == .email || contact.kind == .phone {
            guard let buyer = record.truth.buyer(of: record.key, using: contact) else { continue }
            person.note(buyer, using: contact)
        }
    }

    /// The person is not told under it from now on, unless they are already.
    private mutating func stopUsing(_ contact: PersonIdentifier, of owner: EntityKey) {
        guard var person = records.person(owner) else { return }
        if !hasAddress(owner) {
            person.plan(person.orders.map(\.key) + person.customers.map(\.key))
            setPerson(owner, person)
        }
        store.next.trace.append(
            TraceItem(
                at: now, kind: .state, entity: owner,
                detail: "their \(Self.word(contact.kind)) is used by too many buyers to say who one is"))
        plan(owner)
    }

    /// Of the exception about a contact that too many use.
    static func sharedSubject(_ owner: EntityKey, _ kind: PersonIdentifier.Kind) -> String {
        "\(owner) shared \(word(kind))"
    }

    private static func word(_ kind: PersonIdentifier.Kind) -> String { kind == .email ? "e-mail" : "phone" }
}

extension Truth {
    /// Contacts that were given and that nobody can have.
    var placeholders: [PersonIdentifier] {
        switch state {
        case .order(let order): order.buyer.placeholders
        case .customer(let customer): Buyer(email: customer.email, phone: customer.phone).placeholders
        case .cart, .person, .product, nil: []
        }
    }
}

extension OrderSummary {
    /// Leaves out contacts that are no evidence of who the buyer is.
    mutating func keepContacts(in evidence: [PersonIdentifier]) {
        email = email.flatMap { evidence.contains(.email, $0) ? $0 : nil }
        phone = phone.flatMap { evidence.contains(.phone, $0) ? $0 : nil }
    }
}

extension CustomerSummary {
    /// Leaves out contacts that are no evidence of who the customer is.
    mutating func keepContacts(in evidence: [PersonIdentifier]) {
        email = email.flatMap { evidence.contains(.email, $0) ? $0 : nil }
        phone = phone.flatMap { evidence.contains(.phone, $0) ? $0 : nil }
    }
}

extension [PersonIdentifier] {
    fileprivate func contains(_ kind: PersonIdentifier.Kind, _ typed: String) -> Bool {
        guard let contact = kind == .email ? PersonIdentifier.email(typed) : .phone(typed) else { return false }
        return contains(contact)
    }
}
