import Commerce
import Foundation
import GRDB
import Sync

extension StateDatabase {
    /// Everything of a claim except its receipts, and the inbox position that they follow.
    func claim(_ request: ClaimRequest) throws -> (claim: Claim, position: InboxPosition) {
        try pool.read { db in
            var claim = Claim(id: request.id)
            if !request.stations.isEmpty { try claimDue(request, &claim, db) }
            var taken = Set(claim.records.map(\.key))
            for key in request.keys where taken.insert(key).inserted {
                if let record = try record(key, db) { claim.records.append(record) }
            }
            for search in request.searches {
                claim.records += try records(search, limit: request.matchesMax, db).filter {
                    taken.insert($0.key).inserted
                }
            }
            try addPeople(request.people, to: &claim, &taken, db)
            return (claim, try Self.inboxPosition(db))
        }
    }

    /// Adds the people requested by name, and the people to whom the loaded records belong, following all merges.
    private func addPeople(
        _ wanted: [Lookup], to claim: inout Claim, _ taken: inout Set<EntityKey>, _ db: Database
    ) throws {
        var named: Set<EntityKey> = []
        for lookup in wanted { named.formUnion(try keys(named: lookup, db).filter { $0.kind == .person }) }
        for key in named.sorted() where taken.insert(key).inserted {
            if let record = try record(key, db) { claim.records.append(record) }
        }
        var index = 0
        while index < claim.records.count {
            let truth = claim.records[index].truth
            index += 1
            for key in [truth.belongsTo, truth.person?.mergedInto].compactMap({ $0 }) where taken.insert(key).inserted {
                if let record = try record(key, db) { claim.records.append(record) }
            }
        }
    }

    /// Entities known by a name.
    func keys(named lookup: Lookup, _ db: Database) throws -> [EntityKey] {
        let hash = Data(encryption.index(kind: lookup.kind.rawValue, value: lookup.value))
        return try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT key FROM lookups JOIN entities ON entities.id = lookups.entity WHERE hash = ?"),
            arguments: [hash]
        ).compactMap { EntityKey($0) }
    }

    /// Records of one kind known by a name: those that came first.
    private func records(_ search: NameSearch, limit: Int, _ db: Database) throws -> [EntityRecord] {
        let hash = Data(encryption.index(kind: search.lookup.kind.rawValue, value: search.lookup.value))
        return try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(Self.recordColumns) FROM lookups JOIN entities ON entities.id = lookups.entity
                    WHERE hash = ? AND kind = ? ORDER BY lookups.entity LIMIT ?
                    """),
            arguments: [hash, search.kind.rawValue, max(0, limit)]
        ).map { try record($0) }
    }

    private func claimDue(_ request: ClaimRequest, _ claim: inout Claim, _ db: Database) throws {
        let table = try StationTable(db)
        /// Held by the engine, or taken already.
        var passed = Set(request.excluding.map(\.description))
        for demand in request.stations {
            guard let station = table.number(of: demand.station) else { continue }
            let found = try dueKeys(at: station, demand.recordsMax, by: request.now, passed, db)
            for key in found {
                passed.insert(key)
                let row = try Row.fetchOne(
                    db.cachedStatement(sql: "SELECT \(Self.recordColumns), work FROM entities WHERE key = ?"),
                    arguments: [key])
                guard let row else { throw StoreFailure(.corrupt, "work waits for \(key), which is not stored") }
                let record = try record(row)
                claim.records.append(record)
                claim.work[record.key] = try table.work(row["work"])
            }
        }
        for demand in request.stations {
            let next = try table.number(of: demand.station).flatMap { station in
                try nextDueAt(station, passed, db)
            }
            claim.backlogs.append(StationBacklog(demand.station, nextDueAt: next))
        }
    }

    /// Reads the index of waiting work, so its cost grows with the due records and not with the stored ones.
    private func dueKeys(
        at station: Int64, _ recordsMax: Int, by now: Instant, _ excluded: Set<String>, _ db: Database
    ) throws -> [String] {
        guard recordsMax > 0 else { return [] }
        let statement = try db.cachedStatement(
            sql: "SELECT key FROM work WHERE station = ? AND due_at <= ? ORDER BY due_at, key")
        let due = try String.fetchCursor(statement, arguments: [station, now.microseconds])
        var keys: [String] = []
        while keys.count < recordsMax, let key = try due.next() {
            if !excluded.contains(key) { keys.append(key) }
        }
        return keys
    }

    private func nextDueAt(_ station: Int64, _ excluded: Set<String>, _ db: Database) throws -> Instant? {
        let statement = try db.cachedStatement(
            sql: "SELECT key, due_at FROM work WHERE station = ? ORDER BY due_at, key")
        let waiting = try Row.fetchCursor(statement, arguments: [station])
        while let row = try waiting.next() {
            let key: String = row["key"]
            if !excluded.contains(key) { return Instant(microseconds: row["due_at"]) }
        }
        return nil
    }

    /// The receipts that repeat an already committed delivery.
    func duplicates(among receipts: [(InboxPosition, Receipt)]) throws -> [Bool] {
        try pool.read { db in
            let statement = try db.cachedStatement(sql: "SELECT 1 FROM consumed WHERE digest = ?")
            return try receipts.map { _, receipt in
                let digest = Self.digest(receipt.connection, receipt.deliveryID)
                return try Bool.fetchOne(statement, arguments: [digest]) ?? false
            }
        }
    }
}
