import Commerce

extension Person {
    /// Adds or replaces an order; its place is by time.
    mutating func put(_ order: OrderSummary) {
        if summary(order.key) != order {
            var changed = orders
            changed.removeAll { $0.key == order.key }
            let place = changed.lastIndex { ($0.processedAt, $0.key) < (order.processedAt, order.key) }
            changed.insert(order, at: place.map { $0 + 1 } ?? 0)
            if changed.count > Self.ordersMax {
                changed.removeFirst()
                isTooLarge = true
            }
            orders = changed
        }
        for index in histories.indices { histories[index].pending.removeAll { $0 == order.key } }
    }

    mutating func put(_ customer: CustomerSummary) {
        customers.removeAll { $0.key == customer.key }
        customers.append(customer)
        customers.sort { $0.key < $1.key }
    }

    mutating func put(_ history: BuyerHistory) {
        histories = (histories.filter { $0.connection != history.connection } + [history]).sorted {
            $0.connection < $1.connection
        }
    }

    /// Their orders there, as far as they were listed, may not be all.
    mutating func listAgain(_ connection: String) {
        for index in histories.indices where histories[index].connection == connection {
            histories[index].isListed = false
        }
    }

    /// They are known there by a number, and nobody has listed their orders.
    private func isNeverListed(_ connection: String) -> Bool {
        identifiers.contains { $0.kind == .customerID && $0.connection == connection }
            && !histories.contains { $0.connection == connection }
    }

    /// What belongs to somebody else now.
    mutating func release(_ key: EntityKey) {
        orders.removeAll { $0.key == key }
        customers.removeAll { $0.key == key }
        toPlan.removeAll { $0 == key }
        awaitingAddress.removeAll { $0 == key }
    }

    mutating func claim(_ added: [PersonIdentifier]) {
        identifiers = Set(identifiers).union(added).sorted()
    }

    mutating func retire(_ numbers: [PersonIdentifier]) {
        retiredNumbers = Set(retiredNumbers).union(numbers).sorted()
    }

    /// Plans these again, each once.
    mutating func plan(_ keys: [EntityKey]) {
        guard !keys.isEmpty else { return }
        toPlan = Set(toPlan).union(keys).sorted()
    }

    mutating func await(_ key: EntityKey) {
        guard !awaitingAddress.contains(key) else { return }
        awaitingAddress = (awaitingAddress + [key]).sorted()
    }

    /// Who this is was acknowledged: what waited for it is planned.
    mutating func releaseAwaiting() {
        plan(awaitingAddress)
        awaitingAddress = []
    }

    /// Takes everything of another person, who is left as a pointer here.
    mutating func take(_ other: inout Person, from otherKey: EntityKey, as key: EntityKey) {
        let connections = (histories + other.histories).map(\.connection)
        let neverListed = connections.filter { isNeverListed($0) || other.isNeverListed($0) }
        claim(other.identifiers)
        retire(other.retiredNumbers)
        joinUses(of: other)
        isTooLarge = isTooLarge || other.isTooLarge
        for order in other.orders { put(order) }
        for customer in other.customers { put(customer) }
        for history in other.histories where !histories.contains(where: { $0.connection == history.connection }) {
            histories.append(history)
        }
        for history in other.histories {
            guard let index = histories.firstIndex(where: { $0.connection == history.connection }) else { continue }
            // Both halves must be complete for the whole to be.
            histories[index].isListed = histories[index].isListed && history.isListed
            histories[index].pending = Set(histories[index].pending).union(history.pending).sorted()
        }
        for index in histories.indices where neverListed.contains(histories[index].connection) {
            histories[index].isListed = false
        }
        histories.sort { $0.connection < $1.connection }
        identityDecisions += other.identityDecisions
        journeyDecisions += other.journeyDecisions
        // Journeys, totals and addresses are decided over all of them now.
        // An opt-out of either must reach the profiles of both.
        plan(other.toPlan + other.awaitingAddress + other.orders.map(\.key) + customers.map(\.key))
        other = Person(brand: other.brand)
        other.mergedInto = key
    }
}

extension Truth {
    /// What the entity says about who it belongs to, strongest first.
    func identifiers(of key: EntityKey) -> [PersonIdentifier] {
        switch state {
        case .order(let order): return order.buyer.identifiers(connection: key.connection)
        case .cart(let cart): return cart.buyer.identifiers(connection: key.connection)
        case .customer(let customer):
            let buyer = Buyer(customerID: .known(customer.id), email: customer.email, phone: customer.phone)
            return buyer.identifiers(connection: key.connection)
        case nil where key.kind == .customer:
            // Merged or deleted before its record was ever seen: its number is known all the same.
            return [PersonIdentifier.customerID(key.id, connection: key.connection)].compactMap { $0 }
        case .person, .product, nil: return []
        }
    }
}
