import JSON

/// Who an id set means (docs/vendors/bloomreach.md, Identity: ids; Identity: merging).
extension BloomreachProject {
    /// Soft ids per type and profile; the longest unused goes first (docs/vendors/bloomreach.md, Limits).
    static let softIDsMax = 64
    /// Bytes of one id (docs/vendors/bloomreach.md, Tracking: commands).
    static let idBytesMax = 256

    /// Trims, lower-cases where the type says so, and validates. A `null` value counts as absent: a connector in
    /// the field sends them and lives [I].
    /// - Throws: ``BloomreachRefusal`` for no id, an id type the project does not define, or a value that identifies
    ///   no customer.
    func externalIDs(_ json: JSON?) throws(BloomreachRefusal) -> [BloomreachExternalID] {
        guard let members = json?.object?.members else { throw .noID }
        var ids: [BloomreachExternalID] = []
        for (name, value) in members where !value.isNull {
            guard let type = idTypes[name] else { throw BloomreachRefusal(text: "Id type '\(name)' is not defined.") }
            guard let text = value.string else { throw .noValidID }
            var trimmed = Self.trimmed(text)
            if type.lowercases { trimmed = trimmed.lowercased() }
            guard Self.isValidID(trimmed) else { throw .noValidID }
            ids.append(BloomreachExternalID(type: name, value: trimmed))
        }
        guard !ids.isEmpty else { throw .noID }
        return ids
    }

    private static func trimmed(_ text: String) -> String {
        guard let first = text.first, let last = text.last, first.isWhitespace || last.isWhitespace else { return text }
        let tail = text.drop { $0.isWhitespace }
        guard let end = tail.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(tail[...end])
    }

    private static func isValidID(_ text: String) -> Bool {
        text.utf8.count <= idBytesMax && text != "null" && text != "undefined"
            && text.contains { $0.isLetter || $0.isNumber }
    }

    /// The number of the profile these ids mean, which may be new, or merged, or take a soft id from another.
    /// - Throws: ``BloomreachRefusal/clash`` when hard ids of different profiles exclude each other; nothing changes.
    mutating func identify(_ ids: [BloomreachExternalID], at moment: BloomreachMoment) throws(BloomreachRefusal) -> Int
    {
        if let number = soleOwner(ids) {
            for id in ids { touch(id, of: number) }
            return number
        }
        let isHard = ids.map { idTypes[$0.type]?.isHard ?? false }
        var wanted: [String: String] = [:]
        var hardOwners: Set<Int> = []
        var softOwners: Set<Int> = []
        for (id, isHard) in zip(ids, isHard) {
            if isHard { wanted[id.type] = id.value }
            guard let owner = owners[id]?.number else { continue }
            if isHard { hardOwners.insert(owner) } else { softOwners.insert(owner) }
        }
        let namesPerson = !wanted.isEmpty
        var group: [Int] = []
        // Cases 5 and 6: hard ids of people who cannot be one. Case 6 (a new value of a type the profile has) is
        // undocumented; the twin takes the strict side.
        for number in hardOwners.sorted() {
            guard Self.unite(&wanted, with: self[number].hardIDs) else { throw .clash }
            group.append(number)
        }
        for number in softOwners.subtracting(hardOwners).sorted()
        where Self.unite(&wanted, with: self[number].hardIDs) {
            group.append(number)
        }
        let number = group.min() ?? createProfile()
        for id in ids { attach(id, to: number, group: group, mayTake: namesPerson, at: moment) }
        merge(group.filter { $0 != number }.sorted(), into: number, at: moment)
        return number
    }

    /// The common case: every id known, all of one profile.
    private func soleOwner(_ ids: [BloomreachExternalID]) -> Int? {
        guard let number = owners[ids[0]]?.number else { return nil }
        for id in ids.dropFirst() where owners[id]?.number != number { return nil }
        return number
    }

    /// Adds hard ids to a set; false, and no change, when a type would have two values.
    private static func unite(_ ids: inout [String: String], with others: [String: String]) -> Bool {
        for (type, value) in others where (ids[type] ?? value) != value { return false }
        ids.merge(others) { first, _ in first }
        return true
    }

    private mutating func createProfile() -> Int {
        profiles.append(BloomreachProfile(number: profiles.count + 1))
        return profiles.count
    }

    /// Gives an id to a profile. A soft id of a foreign profile moves only when the request names a person by a hard
    /// id (case 4, cookie theft); soft ids alone that point to two people stay where they are [twin's choice].
    private mutating func attach(
        _ id: BloomreachExternalID, to number: Int, group: [Int], mayTake: Bool, at moment: BloomreachMoment
    ) {
        if let owner = owners[id]?.number {
            if owner == number { return touch(id, of: number) }
            // The merge moves it.
            if group.contains(owner) { return }
            guard mayTake else { return }
            self[owner].softIDs[id.type]?.removeAll { $0 == id.value }
        }
        give(id, to: number, readableFrom: moment.readableFrom)
    }

    private mutating func give(_ id: BloomreachExternalID, to number: Int, readableFrom: Int64) {
        owners[id] = Owner(number: number, readableFrom: readableFrom)
        if idTypes[id.type]?.isHard ?? false {
            self[number].hardIDs[id.type] = id.value
            return
        }
        self[number].softIDs[id.type, default: []].append(id.value)
        if self[number].softIDs[id.type, default: []].count > Self.softIDsMax {
            let evicted = self[number].softIDs[id.type, default: []].removeFirst()
            owners[BloomreachExternalID(type: id.type, value: evicted)] = nil
        }
    }

    /// Marks a soft id as the most recently used of its type.
    private mutating func touch(_ id: BloomreachExternalID, of number: Int) {
        guard let values = self[number].softIDs[id.type], values.last != id.value,
            let index = values.firstIndex(of: id.value)
        else { return }
        self[number].softIDs[id.type]?.remove(at: index)
        self[number].softIDs[id.type]?.append(id.value)
    }

    /// Case 3: events, properties (the newer wins, a tie goes to the source) and ids of `sources` move to `number`,
    /// and a `merge` event is tracked there. The event's properties are not documented.
    private mutating func merge(_ sources: [Int], into number: Int, at moment: BloomreachMoment) {
        guard !sources.isEmpty else { return }
        var merged: [JSON] = []
        for source in sources {
            guard let profile = profiles[source - 1] else { continue }
            profiles[source - 1] = nil
            merged.append(.string(profile.internalID))
            for event in profile.events { self[number].store(event) }
            for (category, decisions) in profile.consents {
                self[number].consents[category, default: []].append(contentsOf: decisions)
            }
            self[number].properties.merge(profile.properties) { kept, added in
                added.updatedMicros >= kept.updatedMicros ? added : kept
            }
            for type in profile.hardIDs.keys.sorted() { move(type, profile.hardIDs[type], to: number) }
            for type in profile.softIDs.keys.sorted() {
                for value in profile.softIDs[type] ?? [] { move(type, value, to: number) }
            }
        }
        append(
            eventType: "merge", properties: ["merged_ids": .array(merged)], timestamp: moment.now, to: number,
            at: moment)
    }

    private mutating func move(_ type: String, _ value: String?, to number: Int) {
        guard let value else { return }
        let id = BloomreachExternalID(type: type, value: value)
        give(id, to: number, readableFrom: owners[id]?.readableFrom ?? 0)
    }
}
