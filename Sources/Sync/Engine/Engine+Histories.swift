import Commerce
import Transport

/// A buyer's older orders: totals are told only when all of them are known (E6).
extension Engine {
    /// Called when a buyer's entity is put into a person: their orders at this connection are listed once, and again
    /// when they turn out to have a number there that was not asked for.
    mutating func recordHistory(of record: EntityRecord, _ person: inout Person, before: Person) {
        let connection = record.key.connection
        let index = person.histories.firstIndex { $0.connection == connection }
        // Somebody known by a phone alone cannot be listed; once a number or an e-mail is known they are.
        let hasOrders = person.orders.contains { $0.key.connection == connection }
        guard index != nil || hasOrders, !Self.buyerReferences(person, connection).isEmpty else { return }
        let isNewNumber = Self.numbers(person, connection) != Self.numbers(before, connection)
        guard index == nil || isNewNumber else { return }
        // A customer record made after we began to listen has no order that we did not hear of.
        let since = record.truth.order?.buyer.customerSince.value ?? record.truth.customer?.createdAt
        if let since, let began = table.baseline(of: connection), since >= Instant(seconds: began.wholeSeconds) {
            guard index == nil else { return }
            var history = BuyerHistory(connection: connection, notBefore: now)
            history.isListed = true
            return person.put(history)
        }
        person.put(BuyerHistory(connection: connection, notBefore: historySlot(connection)))
    }

    /// Totals are of the whole brand: its other shops are asked too, where they may know the buyer.
    mutating func recordOtherShops(of record: EntityRecord, _ person: inout Person) {
        guard record.key.kind == .order else { return }
        let connections = Set(table.flows.filter { $0.brand == person.brand }.map(\.source)).subtracting([
            record.key.connection
        ])
        for connection in connections.sorted() where !person.histories.contains(where: { $0.connection == connection })
        {
            guard !Self.buyerReferences(person, connection).isEmpty else { continue }
            person.put(BuyerHistory(connection: connection, notBefore: historySlot(connection)))
        }
    }

    private static func numbers(_ person: Person, _ connection: String) -> [String] {
        person.identifiers.filter { $0.kind == .customerID && $0.connection == connection }.map(\.value)
    }

    /// How a shop finds all orders of somebody: by each number that it knows them by, else by an e-mail.
    private static func buyerReferences(_ person: Person, _ connection: String) -> [BuyerReference] {
        let numbers = numbers(person, connection)
        guard numbers.isEmpty else { return numbers.map(BuyerReference.customerID) }
        return person.identifiers.filter { $0.kind == .email && person.isEvidence($0) }.prefix(1).map {
            .email($0.value)
        }
    }

    /// Whether a shop can be asked for their orders; a contact that many people use would bring those of all.
    static func isListable(_ person: Person, _ connection: String) -> Bool {
        !buyerReferences(person, connection).isEmpty
    }

    /// When one more list may be asked for. Persons come for theirs one after the other, as fast as lists are made:
    /// a line of thousands would fill the memory that orders need.
    private mutating func historySlot(_ connection: String) -> Instant {
        let slot = max(now, connections[connection]?.reads.nextHistoryAt ?? now)
        let next = slot + policies(for: connection).historySpacing
        connections[connection]?.reads.nextHistoryAt = next
        return slot
    }

    /// Puts a person into the line of a source whose list is due; who finds it long waits in the store.
    mutating func queueHistory(_ key: EntityKey) {
        guard let person = records.person(key), records[key]?.reasons.contains(.listing) == false,
            let history = openHistories(of: person).first(where: { $0.notBefore <= now })
        else { return }
        let station = Station(.list, at: history.connection, lane: .history)
        guard mayEnter(station, isClaimed: true) else { return records.deferRecord(key, at: station) }
        records[key]?.reasons.insert(.listing)
        connections[history.connection]?.reads.listings.append(key)
    }

    /// One list at a time, after everything else that is to be read, and never so many that edits would be throttled.
    mutating func startHistories() {
        for name in connections.keys.sorted() {
            guard let connection = connections[name], let key = connection.reads.listings.first,
                !connection.reads.isListing, connection.reads.isEmpty, connection.reads.nextListingAt <= now,
                connection.mayRead(now: now), isLoggedIn(name)
            else { continue }
            connections[name]?.reads.listings.removeFirst()
            guard let person = records.person(key), let buyer = Self.buyerReferences(person, name).first,
                person.histories.contains(where: { $0.connection == name && !$0.isComplete })
            else {
                records[key]?.reasons.remove(.listing)
                records.markIdle(key)
                continue
            }
            connections[name]?.reads.isListing = true
            let next = now + policies(for: name).historySpacing
            connections[name]?.reads.nextListingAt = next
            list(buyer, of: key, name, cursor: nil, earlier: [])
        }
    }

    private mutating func list(
        _ buyer: BuyerReference, of key: EntityKey, _ connection: String, cursor: String?, earlier: [EntityKey]
    ) {
        guard let source = connections[connection]?.source else { return }
        let read = SourceRead(id: newID(), connection: connection, wanted: .orders(of: buyer, cursor: cursor))
        begin(source.request(for: read), at: connection, as: .history(key, read, earlier: earlier), id: read.id)
    }

    mutating func handleHistory(
        of key: EntityKey, _ read: SourceRead, earlier: [EntityKey], _ outcome: HTTPOutcome
    ) {
        guard let source = connections[read.connection]?.source else { return }
        connections[read.connection]?.reads.isListing = false
        switch source.interpret(outcome, of: read, at: now) {
        case .found(let observations, _, let nextCursor):
            let keys = earlier + observations.compactMap(\.key)
            if case .orders(let buyer, _) = read.wanted, keys.count <= Person.ordersMax,
                let next = nextCursor == nil ? reference(after: buyer, of: key, read.connection) : buyer
            {
                connections[read.connection]?.reads.isListing = true
                return list(next, of: key, read.connection, cursor: nextCursor, earlier: keys)
            }
            finishListing(key, read.connection, orders: keys)
        case .later(let after, let reason):
            restSource(read.connection, for: after, reason: reason)
            postponeHistory(key, read.connection, reason)
        case .unprepared(let reason):
            forgetLogin(read.connection, request: read.id, reason)
            postponeHistory(key, read.connection, reason)
        case .denied(let cause), .unreadable(let cause): postponeHistory(key, read.connection, cause)
        case .tooMuch: postponeHistory(key, read.connection, "the list costs more than one query may")
        }
    }

    private func reference(after buyer: BuyerReference, of key: EntityKey, _ connection: String) -> BuyerReference? {
        guard let person = records.person(key) else { return nil }
        let all = Self.buyerReferences(person, connection)
        // By a number that became known meanwhile the shop finds more than by an e-mail.
        guard let index = all.firstIndex(of: buyer) else { return all.first }
        return all.dropFirst(index + 1).first
    }

    /// The orders are listed: those that nobody has read yet are read now, like any other news.
    private mutating func finishListing(_ key: EntityKey, _ connection: String, orders: [EntityKey]) {
        records[key]?.reasons.remove(.listing)
        records.markIdle(key)
        guard var person = records.person(key),
            let index = person.histories.firstIndex(where: { $0.connection == connection })
        else { return }
        if person.histories[index].attempts >= limits.historyAttemptsMax {
            resolve(.sourceUnreadable, subject: Self.historiesSubject(connection))
        }
        let known = Set(person.orders.map(\.key))
        person.histories[index].isListed = true
        person.histories[index].pending = Set(orders).subtracting(known).sorted()
        let pending = person.histories[index].pending
        // Should the read be lost, in a crash for example, they are listed again.
        person.histories[index].notBefore = now + policies(for: connection).retryMax
        setPerson(key, person)
        if pending.isEmpty {
            plan(key)
        } else {
            let items = pending.map {
                Work.Item(
                    observation: .hint($0, sourceTime: nil, eventID: nil, awaitsCompanion: false), origin: .poll)
            }
            for order in pending { listedFor[order] = key }
            // Their effects are applied first: the same records, in the order of the queue.
            enqueue(Work.Observations(items: items))
            work.append(Work(.settleHistory(of: key), keys: pending))
        }
    }

    /// Called when an order that was listed is known, or will never be.
    mutating func settleListed(_ order: EntityKey, of target: EntityKey?) {
        guard let lister = listedFor.removeValue(forKey: order), target != nil, personKey(lister) != target else {
            return
        }
        work.append(Work(.settleHistory(of: lister), keys: [order, lister]))
    }

    /// A listed order whose buyer nothing names is no gap in anybody's history.
    mutating func settleListedOfNobody(_ order: EntityKey) {
        guard let lister = listedFor.removeValue(forKey: order) else { return }
        work.append(Work(.settleHistory(of: lister), keys: [order, lister]))
    }

    /// Listed orders that are known belong to somebody else by a steward's decision, or by a number; they are no gap.
    mutating func settleHistory(_ keys: [EntityKey], of key: EntityKey) {
        let known = Set(keys.filter { records[$0]?.record.truth.order != nil })
        for key in known { listedFor[key] = nil }
        guard !known.isEmpty, let owner = personKey(key), var person = records.person(owner) else { return }
        for index in person.histories.indices { person.histories[index].pending.removeAll { known.contains($0) } }
        setPerson(owner, person)
        plan(owner)
    }

    private mutating func postponeHistory(_ key: EntityKey, _ connection: String, _ reason: String) {
        records[key]?.reasons.remove(.listing)
        records.markIdle(key)
        guard var person = records.person(key),
            let index = person.histories.firstIndex(where: { $0.connection == connection })
        else { return }
        person.histories[index].attempts += 1
        let attempts = person.histories[index].attempts
        let policies = policies(for: connection)
        person.histories[index].notBefore =
            now + backoff(attempt: attempts, base: policies.retryBase, max: policies.retryMax, random: &random)
        setPerson(key, person)
        let subject = Self.historiesSubject(connection)
        if isNews(.sourceUnreadable, subject: subject, failures: attempts, of: limits.historyAttemptsMax) {
            raise(
                RaisedException(
                    .sourceUnreadable, subject: subject,
                    cause: "the orders of a buyer cannot be listed, so totals are left out: \(reason)"), entity: key)
        }
    }
}
