import Commerce

/// Entities find their person; what a person's orders have in common is planned where it changed.
extension Engine {
    /// The kinds that belong to somebody.
    static let kindsOfPeople: Set<EntityKind> = [.cart, .customer, .order]

    /// Identifiers in observations whose persons must be at hand when they are applied.
    func lookups(for items: [Work.Item]) -> [Lookup] {
        var seen: Set<Lookup> = []
        return items.flatMap { item -> [Lookup] in
            // One batch may hold receipts of several connections, and each has its own brand.
            guard item.receipt?.isDuplicate != true, let key = item.observation.key,
                let brand = table.brand(of: key.connection)
            else { return [] }
            return Self.identifiers(in: item.observation, of: key).map { $0.lookup(brand: brand) }
        }.filter { seen.insert($0).inserted }
    }

    /// The same of what is known of the records already; a hint changes nothing, so it asks for nobody.
    func lookups(ofRecordsIn items: [Work.Item]) -> [Lookup] {
        var seen: Set<Lookup> = []
        return items.flatMap { item -> [Lookup] in
            switch item.observation {
            case .hint, .privacyRequest, .unreadable, .unknownTopic: return []
            case .snapshot, .act: break
            }
            guard item.receipt?.isDuplicate != true, let key = item.observation.key,
                let brand = table.brand(of: key.connection), let truth = records[key]?.record.truth
            else { return [] }
            return truth.identifiers(of: key).map { $0.lookup(brand: brand) }
        }.filter { seen.insert($0).inserted }
    }

    private static func identifiers(in observation: Observation, of key: EntityKey) -> [PersonIdentifier] {
        switch observation {
        case .snapshot(_, let state, _, _, _):
            var truth = Truth()
            truth.state = state
            return truth.identifiers(of: key)
        case .act(_, let act):
            return [key.id, act.mergedInto].compactMap { $0 }
                .compactMap { PersonIdentifier.customerID($0, connection: key.connection) }
        case .hint, .privacyRequest, .unreadable, .unknownTopic: return []
        }
    }

    /// Where a person's record is now: merged ones point on.
    func personKey(_ key: EntityKey?) -> EntityKey? {
        var key = key
        while let current = key, let next = records.person(current)?.mergedInto { key = next }
        return key
    }

    /// The person's record that an entity is planned with.
    func personRecord(of record: EntityRecord) -> EntityRecord? {
        personKey(record.truth.belongsTo).flatMap { records[$0]?.record }
    }

    mutating func setPerson(_ key: EntityKey, _ person: Person) {
        guard let before = records[key]?.record.truth.person, before != person else { return }
        records[key]?.record.truth.state = .person(person)
        records.markChanged(key, truth: true)
        records.unindex(key, before)
        records.index(key, person)
        if !person.toPlan.isEmpty { dependents.insert(key) }
    }

    // MARK: The index of people at hand

    func owner(_ identifier: PersonIdentifier, _ brand: String) -> EntityKey? {
        records.owner(of: identifier.lookup(brand: brand))
    }

    // MARK: Who an entity belongs to

    /// Called when an entity's truth changed.
    ///
    /// - Parameter earlier: as it was before; `nil` when this was done for the change already.
    mutating func assign(_ key: EntityKey, earlier: Truth?) {
        guard Self.kindsOfPeople.contains(key.kind), let brand = table.brand(of: key.connection),
            let record = records[key]?.record
        else { return }
        let identifiers = evidence(of: record, earlier: earlier, brand)
        let current = personKey(record.truth.belongsTo)
        guard !identifiers.isEmpty || current != nil else { return settleListedOfNobody(key) }
        var owners: [PersonIdentifier: EntityKey] = [:]
        for identifier in identifiers { owners[identifier] = owner(identifier, brand) }
        var people: [EntityKey: Person] = [:]
        for key in owners.values { people[key] = records.person(key) }
        if let current { people[current] = records.person(current) }
        let resolution = PersonResolution(
            identifiers, among: .init(owners: owners, current: current, people: people, isBasket: key.kind == .cart))
        let target = resolution.target ?? makePerson(for: key, brand: brand)
        for other in resolution.joins { join(other, into: target, because: key) }
        if let current, current != target { release(key, from: current) }
        move(key, to: target)
        settleListed(key, of: target)
        put(record, into: target, claiming: resolution.claims, knownBy: identifiers)
        for conflict in resolution.conflicts { raise(conflict, over: target, entity: key) }
        joinMerged(key, of: target, brand)
    }

    /// What an entity that turned out to be another's leaves behind: journeys and totals without it.
    private mutating func release(_ key: EntityKey, from owner: EntityKey) {
        guard var person = records.person(owner) else { return }
        let before = journeys(of: person)
        person.release(key)
        let after = journeys(of: person)
        person.plan(Self.changedRoles(before, after, of: person))
        setPerson(owner, person)
        noteDoubts(Self.doubts(in: before), Self.doubts(in: after), owner)
        plan(owner)
    }

    private mutating func makePerson(for key: EntityKey, brand: String) -> EntityKey {
        // Named after the entity that mentioned them first: the name says nothing about them.
        var name = EntityKey(connection: brand, kind: .person, id: "\(key.connection)-\(key.kind.rawValue)-\(key.id)")
        // It had a person before, whose name may be this one and whose record need not be at hand.
        if records[key]?.record.truth.belongsTo != nil { name.id += "-\(now.microseconds)" }
        while records.contains(name) { name.id += "-again" }
        var record = EntityRecord(key: name)
        record.truth.state = .person(Person(brand: brand))
        hold(HeldRecord(record: record))
        return name
    }

    private mutating func move(_ key: EntityKey, to target: EntityKey) {
        guard let before = records[key]?.record.truth.belongsTo, before == target else {
            records.unpin(records[key]?.record.truth.belongsTo)
            records[key]?.record.truth.belongsTo = target
            records.pin(target)
            records.markChanged(key, truth: true)
            return
        }
    }

    /// What is kept of the entity with its person, and what follows for the person's other orders.
    private mutating func put(
        _ record: EntityRecord, into target: EntityKey, claiming claims: [PersonIdentifier],
        knownBy evidence: [PersonIdentifier]
    ) {
        guard var person = records.person(target) else { return }
        let rules = table.journeyRules(of: person.brand)
        let before = person
        claim(claims, for: &person, of: record)
        if var order = OrderSummary(of: record, rules: rules) {
            order.keepContacts(in: evidence)
            person.put(order)
        }
        if var customer = CustomerSummary(of: record) {
            customer.keepContacts(in: evidence)
            person.put(customer)
        }
        recordHistory(of: record, &person, before: before)
        recordOtherShops(of: record, &person)
        guard person != before else { return }
        // What nobody could be named for may be told under the new identifier.
        if person.identifiers != before.identifiers, !hasAddress(target) {
            person.plan((person.orders.map(\.key) + person.customers.map(\.key)).filter { $0 != record.key })
        }
        if record.key.kind == .order { planJourney(of: record.key, &person, before: before, target) }
        setPerson(target, person)
        suspect(person, before, target)
        plan(target)
        queueHistory(target)
    }

    /// Every destination has acknowledged who this is.
    func hasAddress(_ key: EntityKey) -> Bool {
        guard let record = records[key]?.record else { return false }
        return table.flows(for: key).allSatisfy { record[flow: $0.name].toldSlot(Ledger.addressSlot) != nil }
    }

    /// An order has changed: those whose place in a journey changed with it are planned again.
    private mutating func planJourney(
        of key: EntityKey, _ person: inout Person, before: Person, _ target: EntityKey
    ) {
        let (earlier, later) = (journeys(of: before), journeys(of: person))
        person.plan(Self.changedRoles(earlier, later, of: person).filter { $0 != key })
        // Whether an earlier one stands, and what the first one's row shows, depends on this one.
        person.plan(later.flatMap { Self.chain(of: key, in: $0).prefix { $0 != key } })
        noteDoubts(Self.doubts(in: earlier), Self.doubts(in: later), target)
    }

    /// As each of ``table.journeyFlows(of:)`` sees them.
    private func journeys(of person: Person) -> [Journeys] { table.journeyFlows(of: person.brand).map(person.journeys) }

    private static func chain(of key: EntityKey, in journeys: Journeys) -> [EntityKey] {
        journeys.chain(of: key.description).compactMap { EntityKey($0) }
    }

    /// An order's chain was told: the row of its journey's first order says up to where.
    mutating func planRoot(of key: EntityKey) {
        guard key.kind == .order, let owner = personKey(records[key]?.record.truth.belongsTo),
            var person = records.person(owner), person.orders.count > 1
        else { return }
        person.plan(journeys(of: person).compactMap { Self.chain(of: key, in: $0).first }.filter { $0 != key })
        setPerson(owner, person)
    }

    /// The first order of a journey is planned with the one that stands for the journey now: its row mirrors that one.
    func addJourney(of key: EntityKey, to context: inout PlanContext) {
        guard key.kind == .order, let person = context.person?.truth.person, person.orders.count > 1 else { return }
        let journeys = person.journeys(context.flow)
        let role = journeys.role(of: key.description)
        guard role?.root == key.description, role?.replacedBy != nil else { return }
        let current = person.current(ofJourneyOf: key, journeys, context.flow).flatMap { records[$0]?.record }
        context.journeyCurrent = current?.truth.order == nil ? nil : current
        context.isJourneyCurrentMissing = context.journeyCurrent == nil
    }

    /// What must be at hand to plan these: the orders, and those that stand for their journeys.
    private func companions(of keys: [EntityKey], in person: Person) -> [EntityKey] {
        var seen = Set(keys)
        return table.journeyFlows(of: person.brand).flatMap { flow in
            let journeys = person.journeys(flow)
            return keys.filter { $0.kind == .order }.compactMap { person.current(ofJourneyOf: $0, journeys, flow) }
        }.filter { seen.insert($0).inserted }
    }

    /// Orders of a person whose place in a journey, or whose journey's end, is another than before: whether an earlier
    /// order stands, and what the first one's row shows, depends on the end.
    private static func changedRoles(_ before: [Journeys], _ after: [Journeys], of person: Person) -> [EntityKey] {
        let keys = person.orders.map(\.key)
        return zip(before, after).flatMap { before, after in
            keys.map(\.description).enumerated().filter { _, key in
                before.role(of: key) != after.role(of: key) || before.chain(of: key) != after.chain(of: key)
            }.map { keys[$0.offset] }
        }
    }

    /// An exception is about two orders, not about a flow: the first one's doubts are raised.
    private static func doubts(in journeys: [Journeys]) -> [JourneyLink] {
        journeys.first?.links.filter { $0.verdict == .doubtful } ?? []
    }

    /// Two orders that may be one journey are told apart until somebody says otherwise (E3).
    private mutating func noteDoubts(_ before: [JourneyLink], _ after: [JourneyLink], _ key: EntityKey) {
        func subject(_ link: JourneyLink) -> String { "\(link.original) \(link.replacement)" }
        let known = Set(before.map(subject))
        for link in after where !known.contains(subject(link)) {
            raise(
                RaisedException(
                    .replacementDoubtful, subject: subject(link),
                    cause: "\(link.replacement) may replace \(link.original) ("
                        + link.evidence.map(\.description).joined(separator: "; ")
                        + "); told as separate until you decide: plumbline orders join|keep-apart "
                        + "\(link.original) \(link.replacement)"), entity: key)
        }
        for gone in known.subtracting(after.map(subject)).sorted() { resolve(.replacementDoubtful, subject: gone) }
    }

    // MARK: Joining

    /// The shop merged this customer into another: they are one person, whatever their numbers
    /// (docs/vendors/shopify.md, Customers).
    private mutating func joinMerged(_ key: EntityKey, of target: EntityKey, _ brand: String) {
        guard let act = records[key]?.record.truth.act(.merged), let kept = act.mergedInto,
            let number = PersonIdentifier.customerID(kept, connection: key.connection)
        else { return }
        if var person = records.person(target),
            let retired = PersonIdentifier.customerID(key.id, connection: key.connection)
        {
            // A list made after the shop merged them and before we heard of it lacks what had moved: it is made again.
            if !person.retiredNumbers.contains(retired) { person.listAgain(key.connection) }
            person.retire([retired])
            setPerson(target, person)
        }
        guard let owner = personKey(owner(number, brand)) else {
            guard var person = records.person(target) else { return }
            person.claim([number])
            // Nobody was ever seen under this number: what they ordered before is asked for.
            person.listAgain(key.connection)
            setPerson(target, person)
            plan(target)
            return
        }
        guard owner != target else { return }
        join(target, into: owner, because: key)
    }

    /// One record for two persons: everything of `other` moves, and its record points on.
    mutating func join(_ other: EntityKey, into target: EntityKey, because cause: EntityKey) {
        guard other != target, var left = records.person(other), var kept = records.person(target),
            left.mergedInto == nil,
            left.brand == kept.brand
        else { return }
        let (before, leftBefore) = (journeys(of: kept), journeys(of: left))
        kept.take(&left, from: other, as: target)
        let after = journeys(of: kept)
        kept.plan(Self.changedRoles(before, after, of: kept))
        noteDoubts(Self.doubts(in: before) + Self.doubts(in: leftBefore), Self.doubts(in: after), target)
        kept.identityDecisions.append(IdentityDecision(other: other, isMerged: true))
        keepAddresses(of: other, for: target)
        setPerson(other, left)
        setPerson(target, kept)
        records.pin(target)
        for kind in [ExceptionKind.identityConflict, .identitySuspect] {
            resolve(kind, subject: Self.subject(other, target))
        }
        for key in [other, target] {
            store.next.trace.append(
                TraceItem(
                    at: now, kind: .state, entity: key,
                    detail: "\(other.id) and \(target.id) are one person, from \(cause)"))
        }
        // What was planned for the other and never left, must not make a second profile.
        plan(other)
        plan(target)
        releaseAwaiting(target)
    }

    /// How the other person was called at destinations: what must be linked there
    /// (docs/architecture.md, Who a person is).
    private mutating func keepAddresses(of other: EntityKey, for target: EntityKey) {
        guard let record = records[other]?.record else { return }
        for ledger in record.ledgers {
            let addresses = ledger.otherAddresses + [ledger.slot(Ledger.addressSlot)].compactMap { $0 }
            guard !addresses.isEmpty, var own = records[target]?.record[flow: ledger.flow] else { continue }
            // Who has no address yet goes on under the one that is acknowledged: nothing is split for nothing.
            if own.slot(Ledger.addressSlot) == nil, !own.deliveries.contains(where: \.mayBeTold) {
                own.adopt(ledger)
            }
            own.carry(ledger)
            own.otherAddresses = Set(own.otherAddresses + addresses)
                .subtracting([own.slot(Ledger.addressSlot)].compactMap { $0 }).sorted()
            records[target]?.record[flow: ledger.flow] = own
            records.markChanged(target)
        }
    }

    /// One subject for both orders of two persons.
    static func subject(_ one: EntityKey, _ other: EntityKey) -> String {
        [one, other].sorted().map(\.description).joined(separator: " ")
    }

    private mutating func raise(_ conflict: PersonResolution.Conflict, over target: EntityKey, entity: EntityKey) {
        raise(
            RaisedException(
                .identityConflict, subject: Self.subject(target, conflict.owner),
                cause:
                    "\(entity) carries the \(conflict.kind.rawValue) of another person, and nothing says that they are "
                    + "one; kept apart until you decide: plumbline people merge|keep-apart "
                    + "\(target) \(conflict.owner)"), entity: target)
    }

    /// Signs that an identifier is shared or mistyped (B4). Nothing is held back: a steward looks.
    private mutating func suspect(_ person: Person, _ before: Person, _ key: EntityKey) {
        for identifier in person.identifiers where !before.identifiers.contains(identifier) {
            guard identifier.kind == .email, let domain = EmailTypo(in: identifier.value)?.probableDomain else {
                continue
            }
            raise(
                RaisedException(
                    .identitySuspect, subject: "\(key) e-mail",
                    cause: "an e-mail of \(key) is probably meant to end in \(domain); if another person has the right "
                        + "one: plumbline people merge"), entity: key)
        }
        let hasNumber = person.identifiers.contains { $0.kind == .customerID }
        let phones = person.identifiers.count { $0.kind == .phone }
        if !hasNumber, phones >= limits.phonesBeforeSuspect, before.identifiers.count < person.identifiers.count {
            raise(
                RaisedException(
                    .identitySuspect, subject: "\(key) shared",
                    cause:
                        "one e-mail of \(key) was used with \(phones) phone numbers: probably an address that is shared"
                ), entity: key)
        }
        if person.isTooLarge, !before.isTooLarge {
            raise(
                RaisedException(
                    .identitySuspect, subject: "\(key) orders",
                    cause: "\(key) has more than \(Person.ordersMax) orders; its totals are left out"), entity: key)
        }
    }

    // MARK: What depends on a person

    /// Queues the planning of records that depend on a person who changed.
    mutating func queueDependents() {
        // Who is being planned for comes back when that is done: a surge has thousands, and none is looked at.
        let waiting = dependents.sorted()
        dependents = []
        for key in waiting {
            guard let person = records.person(key), !person.toPlan.isEmpty,
                records[key]?.reasons.contains(.planningDependents) == false
            else { continue }
            records[key]?.reasons.insert(.planningDependents)
            let keys = Array(person.toPlan.prefix(limits.dependentsPerBatch))
            work.append(Work(.planDependents(of: key), keys: keys + companions(of: keys, in: person)))
        }
    }

    /// The records are here: they are planned, and forgotten in the same commit.
    mutating func planDependents(_ keys: [EntityKey], of key: EntityKey) {
        guard var person = records.person(key) else { return }
        person.toPlan.removeAll { keys.contains($0) }
        records[key]?.reasons.remove(.planningDependents)
        setPerson(key, person)
        if !person.toPlan.isEmpty { dependents.insert(key) }
        records.markIdle(key)
        for dependent in keys { renewSummary(of: dependent, in: key) }
        for dependent in keys { plan(dependent) }
    }

    /// What is kept of an order with its buyer may have been written before some of it was kept, or under other rules.
    /// Whatever is decided over it is decided over the order as it is.
    private mutating func renewSummary(of order: EntityKey, in owner: EntityKey) {
        guard let record = records[order]?.record, let person = records.person(owner),
            let held = person.orders.first(where: { $0.key == order }),
            var summary = OrderSummary(of: record, rules: table.journeyRules(of: person.brand))
        else { return }
        // Which of its contacts are evidence of who its buyer is was decided when it was assigned.
        let contacts = [held.email.flatMap(PersonIdentifier.email), held.phone.flatMap(PersonIdentifier.phone)]
        summary.keepContacts(in: contacts.compactMap { $0 })
        guard summary != held else { return }
        put(record, into: owner, claiming: [], knownBy: contacts.compactMap { $0 })
    }

    /// A destination acknowledged who somebody is: what waited for it goes on.
    mutating func releaseAwaiting(_ key: EntityKey) {
        guard var person = records.person(key), !person.awaitingAddress.isEmpty,
            records[key]?.record.ledgers.contains(where: { $0.toldSlot(Ledger.addressSlot) != nil }) == true
        else { return }
        person.releaseAwaiting()
        setPerson(key, person)
    }

    // MARK: What stewards decide

    mutating func decide(_ one: EntityKey, _ other: EntityKey, isMerged: Bool) {
        guard let left = personKey(one), let right = personKey(other), left != right,
            records.person(left)?.brand == records.person(right)?.brand
        else { return }
        for key in [left, right] {
            for sign in ["e-mail", "shared"] { resolve(.identitySuspect, subject: "\(key) \(sign)") }
            for kind in [PersonIdentifier.Kind.email, .phone] {
                resolve(.identitySuspect, subject: Self.sharedSubject(key, kind))
            }
        }
        guard !isMerged else { return join(right, into: left, because: left) }
        for (key, opposite) in [(left, right), (right, left)] {
            guard var person = records.person(key) else { continue }
            person.identityDecisions.removeAll { $0.other == opposite }
            person.identityDecisions.append(IdentityDecision(other: opposite, isMerged: false))
            setPerson(key, person)
        }
        for kind in [ExceptionKind.identityConflict, .identitySuspect] {
            resolve(kind, subject: Self.subject(left, right))
        }
    }

    mutating func decide(original: EntityKey, replacement: EntityKey, isJoined: Bool) {
        guard let record = records[original]?.record, let key = personKey(record.truth.belongsTo),
            var person = records.person(key)
        else { return }
        let before = journeys(of: person)
        let pair = Set([original.description, replacement.description])
        person.journeyDecisions.removeAll { Set([$0.original, $0.replacement]) == pair }
        person.journeyDecisions.append(
            JourneyDecision(
                original: original.description, replacement: replacement.description, isJoined: isJoined))
        let after = journeys(of: person)
        person.plan(Self.changedRoles(before, after, of: person))
        setPerson(key, person)
        for order in [original, replacement] {
            store.next.trace.append(
                TraceItem(
                    at: now, kind: .state, entity: order,
                    detail: "a person decided: \(original.id) and \(replacement.id) are "
                        + (isJoined ? "one journey" : "two purchases")))
        }
        noteDoubts(Self.doubts(in: before), Self.doubts(in: after), key)
        for (one, other) in [(original, replacement), (replacement, original)] {
            resolve(.replacementDoubtful, subject: "\(one) \(other)")
        }
        plan(key)
    }
}
