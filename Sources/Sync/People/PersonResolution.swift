import Commerce

/// Which person an entity belongs to, from the identifiers that it carries. Pure.
///
/// Rank decides who it is (B1): a customer number first, then an e-mail, then a phone. Persons are joined where nothing
/// contradicts it; what contradicts is held for a steward, and the entity stays where its strongest identifier says.
struct PersonResolution: Hashable {
    /// `nil`: nobody is known by any of the identifiers.
    var target: EntityKey?
    /// Persons who turn out to be the target.
    var joins: [EntityKey] = []
    /// Identifiers that the target gets: nobody else has them.
    var claims: [PersonIdentifier] = []
    /// Persons who hold an identifier that the target would need.
    var conflicts: [Conflict] = []

    struct Conflict: Hashable {
        var kind: PersonIdentifier.Kind
        var owner: EntityKey
    }

    /// What is known around the entity.
    struct ResolutionContext {
        var owners: [PersonIdentifier: EntityKey]
        /// Where the entity belonged so far.
        var current: EntityKey?
        var people: [EntityKey: Person]
        /// Whatever is typed into a basket says who holds it now; a device may be shared (B3).
        var isBasket = false
    }

    init(_ identifiers: [PersonIdentifier], among known: ResolutionContext) {
        let sorted = identifiers.sorted()
        target = Self.target(sorted, known)
        for identifier in sorted {
            guard let owner = known.owners[identifier] else {
                if target.map({ Self.mayCarry($0, identifier, known) }) ?? true { claims.append(identifier) }
                continue
            }
            guard owner != target, !joins.contains(owner) else { continue }
            if let target, Self.areApart(owner, target, known) { continue }
            switch identifier.kind {
            case .phone where !Self.isPhoneOnly(owner, known): continue
            case .cookie: continue
            default: break
            }
            if target != nil, fits(owner, known), !isReplaced(identifier, sorted, known) {
                joins.append(owner)
            } else {
                conflicts.append(Conflict(kind: identifier.kind, owner: owner))
            }
        }
    }

    /// Contradicts neither the target's numbers, nor one that it is about to get, nor those of others who join it.
    private func fits(_ owner: EntityKey, _ known: ResolutionContext) -> Bool {
        ([target].compactMap { $0 } + joins).allSatisfy { Self.canBeOne(owner, $0, known) }
            && claims.allSatisfy { Self.mayCarry(owner, $0, known) }
    }

    /// An entity without a number had another e-mail before: whose it is now may be a slip of the keyboard or somebody
    /// else, so nobody is joined for it.
    private func isReplaced(
        _ identifier: PersonIdentifier, _ sorted: [PersonIdentifier], _ known: ResolutionContext
    ) -> Bool {
        guard identifier.kind == .email, let target, target == known.current,
            !sorted.contains(where: { $0.kind == .customerID })
        else { return false }
        return known.people[target]?.identifiers.contains { $0.kind == .email } ?? false
    }

    private static func target(_ sorted: [PersonIdentifier], _ known: ResolutionContext) -> EntityKey? {
        if let number = sorted.first(where: { $0.kind == .customerID }) {
            if let owner = known.owners[number] { return owner }
            // Nobody has this number: a person known by the same e-mail, who has none of this shop, gets it (E7).
            let others =
                sorted.filter { $0.kind == .email }.compactMap { known.owners[$0] }
                + sorted.filter { $0.kind == .phone }.compactMap { known.owners[$0] }.filter { isPhoneOnly($0, known) }
            let candidates = others + [known.current].compactMap { $0 }
            return candidates.first { mayCarry($0, number, known) }
        }
        // Without a number an entity stays where it was: a changed e-mail does not make another person of its buyer.
        if let current = known.current,
            !known.isBasket || sorted.isEmpty || sorted.contains(where: { known.owners[$0] == current })
        {
            return current
        }
        for identifier in sorted {
            guard let owner = known.owners[identifier] else { continue }
            if identifier.kind == .phone, sorted.contains(where: { $0.kind == .email }), !isPhoneOnly(owner, known) {
                continue
            }
            return owner
        }
        return nil
    }

    /// A phone that nothing stronger is known with.
    private static func isPhoneOnly(_ key: EntityKey, _ known: ResolutionContext) -> Bool {
        known.people[key]?.identifiers.allSatisfy { $0.kind == .phone || $0.kind == .cookie } ?? false
    }

    /// A person has one number of a shop.
    private static func mayCarry(_ key: EntityKey, _ identifier: PersonIdentifier, _ known: ResolutionContext) -> Bool {
        guard identifier.kind == .customerID, let person = known.people[key] else { return true }
        return !person.identifiers.contains { $0.kind == .customerID && $0.connection == identifier.connection }
    }

    /// No shop calls them by two numbers.
    private static func canBeOne(_ left: EntityKey, _ right: EntityKey, _ known: ResolutionContext) -> Bool {
        guard let left = known.people[left], let right = known.people[right] else { return false }
        return !left.identifiers.contains { number in
            number.kind == .customerID
                && right.identifiers.contains {
                    $0.kind == .customerID && $0.connection == number.connection && $0 != number
                }
        }
    }

    private static func areApart(_ left: EntityKey, _ right: EntityKey, _ known: ResolutionContext) -> Bool {
        /// Everybody whom a person has become one with keeps the answers that were given about them.
        func names(_ key: EntityKey) -> [EntityKey] {
            [key] + (known.people[key]?.identityDecisions.filter(\.isMerged).map(\.other) ?? [])
        }
        func says(_ one: EntityKey, _ other: EntityKey) -> Bool {
            let others = names(other)
            return known.people[one]?.identityDecisions.contains { !$0.isMerged && others.contains($0.other) } ?? false
        }
        return says(left, right) || says(right, left)
    }
}
