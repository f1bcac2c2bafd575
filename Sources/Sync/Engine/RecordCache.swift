import Commerce

/// The records in memory and their indexes. Everything in it is soft: the store brings it back.
struct RecordCache: Sendable {
    /// For look-up only; never iterated into output.
    private var held: [EntityKey: HeldRecord] = [:]
    /// Records changed since the last commit was built, in the order of their first change.
    private(set) var changed: [EntityKey] = []
    /// Records that may leave memory at the end of the step.
    var idle: [EntityKey] = []
    /// Held persons by what they are known by.
    private var people: [Lookup: EntityKey] = [:]
    /// Held records by the names that they share with others. For look-up only.
    private(set) var namesakes: [NameSearch: Set<EntityKey>] = [:]
    /// How many held records belong to a person, or point to one: that person stays in memory.
    private var pins: [EntityKey: Int] = [:]
    /// Held records that found no room at a station. A claim does not bring what is held.
    private var deferred: [Station: Set<EntityKey>] = [:]
    /// Records that stay in memory for one reason and want attention for another.
    var wakes = WakeQueue()

    subscript(key: EntityKey) -> HeldRecord? {
        get { held[key] }
        _modify { yield &held[key] }
    }

    var count: Int { held.count }
    /// For exclusion from claims.
    var keys: Set<EntityKey> { Set(held.keys) }
    func contains(_ key: EntityKey) -> Bool { held[key] != nil }
    func isPinned(_ key: EntityKey) -> Bool { pins[key] != nil }
    var hasPins: Bool { !pins.isEmpty }
    var knowsNobody: Bool { people.isEmpty }

    /// Something that kept a record is over: it may leave memory, and so may what waits for its person to be told.
    mutating func markIdle(_ key: EntityKey) {
        idle.append(key)
        if let person = person(key) { idle += person.awaitingAddress.filter { held[$0] != nil } }
    }

    // MARK: In and out

    /// A record held keeps its person in memory, and a merged person the one it points to.
    mutating func hold(_ record: HeldRecord) {
        let key = record.record.key
        held[key] = record
        idle.append(key)
        pin(record.record.truth.belongsTo)
        if let person = record.record.truth.person {
            index(key, person)
            pin(person.mergedInto)
        }
    }

    mutating func release(_ key: EntityKey) {
        guard let record = held.removeValue(forKey: key) else { return }
        for station in record.deferredAt { removeDeferred(key, at: station) }
        unindexNames(of: record)
        unpin(record.record.truth.belongsTo)
        if let person = record.record.truth.person {
            unindex(key, person)
            unpin(person.mergedInto)
        }
    }

    mutating func pin(_ key: EntityKey?) {
        guard let key else { return }
        pins[key, default: 0] += 1
    }

    mutating func unpin(_ key: EntityKey?) {
        guard let key, let count = pins[key] else { return }
        pins[key] = count > 1 ? count - 1 : nil
        if count == 1 { idle.append(key) }
    }

    // MARK: Changes

    mutating func markChanged(_ key: EntityKey, truth: Bool = false) {
        guard held[key] != nil else { return }
        if truth { held[key]?.truthChanged = true }
        guard held[key]?.isChanged == false else { return }
        held[key]?.reasons.insert(.changed)
        changed.append(key)
    }

    /// The changed records in the order of their first change; the list begins anew.
    mutating func takeChanged() -> [EntityKey] {
        defer { changed = [] }
        return changed
    }

    // MARK: Held records that found no room

    /// Stations that a held record waits for, higher lanes first.
    var deferredStations: [Station] { deferred.keys.sorted() }

    mutating func deferRecord(_ key: EntityKey, at station: Station) {
        guard deferred[station, default: []].insert(key).inserted else { return }
        held[key]?.deferredAt.append(station)
    }

    mutating func takeDeferred(at station: Station, limit: Int) -> [EntityKey] {
        let keys = Array((deferred[station] ?? []).sorted().prefix(limit))
        for key in keys {
            removeDeferred(key, at: station)
            held[key]?.deferredAt.removeAll { $0 == station }
        }
        return keys
    }

    private mutating func removeDeferred(_ key: EntityKey, at station: Station) {
        deferred[station]?.remove(key)
        if deferred[station]?.isEmpty == true { deferred[station] = nil }
    }

    // MARK: People by what they are known by

    func person(_ key: EntityKey) -> Person? { held[key]?.record.truth.person }

    func owner(of lookup: Lookup) -> EntityKey? { people[lookup] }

    mutating func index(_ key: EntityKey, _ person: Person) {
        for identifier in person.identifiers { people[identifier.lookup(brand: person.brand)] = key }
    }

    mutating func unindex(_ key: EntityKey, _ person: Person) {
        for identifier in person.identifiers where people[identifier.lookup(brand: person.brand)] == key {
            people[identifier.lookup(brand: person.brand)] = nil
        }
    }

    // MARK: Records by the names that they share

    mutating func index(_ key: EntityKey, under names: [NameSearch]) {
        guard let record = held[key], names != record.names else { return }
        unindexNames(of: record)
        held[key]?.names = names
        for name in names { namesakes[name, default: []].insert(key) }
    }

    private mutating func unindexNames(of record: HeldRecord) {
        for name in record.names {
            namesakes[name]?.remove(record.record.key)
            if namesakes[name]?.isEmpty == true { namesakes[name] = nil }
        }
    }
}
