import Commerce

/// Records that share a name are planned with each other: of two products with one SKU, the row that the SKU names is
/// one's alone.
extension Engine {
    /// Names that a record shares with others, where a destination of its flows cares. Sorted.
    func sharedNames(of record: EntityRecord) -> [NameSearch] {
        let names = table.flows(for: record.key).flatMap { flow in
            connections[flow.destination]?.destination?.sharedNames(of: record) ?? []
        }
        return Set(names).sorted()
    }

    // MARK: What must be at hand

    /// What observations make of their records may share names with others: those must be at hand when they are
    /// applied. Names that were searched for before are not again; who took one of them since is known by key.
    func namesakes(for items: [Work.Item]) -> (keys: [EntityKey], searches: [NameSearch]) {
        var keys: Set<EntityKey> = []
        var searches: Set<NameSearch> = []
        for item in items where item.receipt?.isDuplicate != true {
            guard let key = item.observation.key, let work = records[key] else { continue }
            var next = work.record
            switch item.observation {
            case .snapshot(_, let state, _, _, _): next.truth.state = state
            case .act, .privacyRequest: break
            case .hint, .unreadable, .unknownTopic: continue
            }
            keys.formUnion(work.record.truth.namesakes?.keys ?? [])
            searches.formUnion(Set(sharedNames(of: next)).subtracting(searchedNames(of: work)))
        }
        return (keys.sorted(), searches.sorted())
    }

    private func searchedNames(of work: HeldRecord) -> [NameSearch] {
        guard let known = work.record.truth.namesakes, known.wasSearched else { return [] }
        // Of a crowded name only some are known.
        return work.names.filter { !known.crowded.contains($0.lookup.value) }
    }

    /// Whether a record can be planned: all that share a name with it are in memory.
    func hasNamesakesAtHand(_ key: EntityKey) -> Bool {
        records[key]?.record.truth.namesakes?.keys.allSatisfy { records[$0] != nil } ?? true
    }

    /// Fetches the others, and plans then. Should the engine end before that, the store brings the record back.
    mutating func planWithNamesakes(_ key: EntityKey) {
        guard let held = records[key], !held.reasons.contains(.planningAgain) else { return }
        records[key]?.reasons.insert(.planningAgain)
        for flow in table.flows(for: key) { records[key]?.record[flow: flow.name].planAgainAt = now }
        records.markChanged(key)
        let others = held.record.truth.namesakes?.keys ?? []
        work.append(Work(.planWithNamesakes(key), keys: [key] + others))
    }

    /// The others as far as the same destination is told of them.
    func addNamesakes(of record: EntityRecord, to context: inout PlanContext) {
        guard let known = record.truth.namesakes, !known.keys.isEmpty else { return }
        let destination = context.flow.destination
        // What is only observed is written by nobody, and stands in nobody's way.
        let observes = context.stage == .observe
        context.namesakes = known.keys.compactMap { key in
            let tellers = table.flows(from: key.connection).filter { flow in
                flow.destination == destination && (observes || table.stages[flow.name]?.last?.stage != .observe)
            }.map(\.name)
            guard !tellers.isEmpty, var record = records[key]?.record else { return nil }
            record.ledgers.removeAll { !tellers.contains($0.flow) }
            return record
        }
    }

    // MARK: Who shares a name with whom

    /// Called when the truth of a record changed, with all who share or shared a name in memory.
    /// - Parameter earlier: the names that it had before.
    /// - Returns: the others, whose plans depend on it.
    mutating func recordNamesakes(of key: EntityKey, earlier: [NameSearch]) -> [EntityKey] {
        guard let work = records[key], !work.names.isEmpty || work.record.truth.namesakes != nil else { return [] }
        let before = work.record.truth.namesakes?.keys ?? []
        var found = Namesakes(wasSearched: true)
        for name in work.names {
            guard let others = candidates(for: name, of: work, isNew: !earlier.contains(name)),
                mayJoin(found.keys, others, key)
            else {
                found.crowded.append(name.lookup.value)
                continue
            }
            found.keys = Set(found.keys).union(others).sorted()
        }
        for other in found.keys { add(key, toNamesakesOf: other) }
        let all = Set(found.keys).union(before).sorted()
        setNamesakes(key, Namesakes(keys: all, crowded: found.crowded, wasSearched: true))
        return all
    }

    /// Of the same brand, in memory; `nil` where the store may have left some out. Who came later than this one joins
    /// by itself, or finds no room: that must not put this one out.
    private func candidates(for name: NameSearch, of work: HeldRecord, isNew: Bool) -> Set<EntityKey>? {
        let key = work.record.key
        let brand = table.brand(of: key.connection)
        let everybody = records.namesakes[name] ?? []
        let all = everybody.filter { $0 != key && table.brand(of: $0.connection) == brand }
        if !isNew, let known = work.record.truth.namesakes, known.wasSearched,
            !known.crowded.contains(name.lookup.value)
        {
            return all.intersection(known.keys)
        }
        // A search brings no more than so many, of whatever brand.
        return everybody.count > limits.namesakesMax + 1 ? nil : all
    }

    /// Whether all of them fit in, on both sides.
    private func mayJoin(_ known: [EntityKey], _ others: Set<EntityKey>, _ key: EntityKey) -> Bool {
        guard Set(known).union(others).count <= limits.namesakesMax else { return false }
        return others.allSatisfy { other in
            let theirs = records[other]?.record.truth.namesakes?.keys ?? []
            return theirs.count < limits.namesakesMax || theirs.contains(key)
        }
    }

    private mutating func add(_ key: EntityKey, toNamesakesOf other: EntityKey) {
        guard var known = records[other].map({ $0.record.truth.namesakes ?? Namesakes() }), !known.keys.contains(key)
        else { return }
        known.keys = (known.keys + [key]).sorted()
        setNamesakes(other, known)
    }

    private mutating func setNamesakes(_ key: EntityKey, _ namesakes: Namesakes) {
        guard records[key]?.record.truth.namesakes != namesakes else { return }
        records[key]?.record.truth.namesakes = namesakes
        records.markChanged(key, truth: true)
    }

    /// Called when a record was planned: who shares no name any more is forgotten, unless something of either is on its
    /// way that was planned while they did.
    mutating func forgetFormerNamesakes(of key: EntityKey) {
        guard let work = records[key], var known = work.record.truth.namesakes, !known.keys.isEmpty,
            !work.record.ledgers.contains(where: { $0.deliveries.contains(where: \.mayBeTold) })
        else { return }
        let names = Set(work.names)
        known.keys.removeAll { other in
            guard let work = records[other], names.isDisjoint(with: work.names) else { return false }
            return work.record.ledgers.allSatisfy { ledger in ledger.deliveries.allSatisfy { ledger.isParked($0.key) } }
        }
        setNamesakes(key, known)
    }

    // MARK: The index of records at hand

    /// Called when a record comes into memory, and when its truth changes there.
    mutating func indexNames(_ key: EntityKey) {
        guard let held = records[key] else { return }
        records.index(key, under: sharedNames(of: held.record))
    }

    func sharesNames(_ key: EntityKey) -> Bool { records[key]?.record.truth.namesakes?.keys.isEmpty == false }
}
