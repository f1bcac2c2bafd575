import Commerce
import Foundation
import GRDB
import Sync

extension StateDatabase {
    /// Everything of a claim but the receipts, and the inbox position behind which those stand.
    func claim(_ request: ClaimRequest) throws -> (claim: Claim, position: InboxPosition) {
        try pool.read { db in
            var claim = Claim(id: request.id)
            let excluded = Set(request.excluding.map(\.description))
            for lane in Self.lanes where !claim.moreDue { try claimDue(lane, request, excluded, &claim, db) }
            for lane in Self.lanes {
                guard let wake = try nextWake(lane, after: request.now, excluded, db) else { continue }
                claim.nextWake = min(claim.nextWake ?? wake, wake)
            }
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

    /// The people asked for by name, and those whom what was loaded belongs to, however far they point on.
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
        let hash = Data(seals.index(kind: lookup.kind.rawValue, value: lookup.value))
        return try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT key FROM lookups JOIN entities ON entities.id = lookups.entity WHERE hash = ?"),
            arguments: [hash]
        ).compactMap { EntityKey($0) }
    }

    /// Records of one kind known by a name: those that came first.
    private func records(_ search: NameSearch, limit: Int, _ db: Database) throws -> [EntityRecord] {
        let hash = Data(seals.index(kind: search.lookup.kind.rawValue, value: search.lookup.value))
        return try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(Self.recordColumns) FROM lookups JOIN entities ON entities.id = lookups.entity
                    WHERE hash = ? AND kind = ? ORDER BY lookups.entity LIMIT ?
                    """),
            arguments: [hash, search.kind.rawValue, max(0, limit)]
        ).map { try record($0) }
    }

    static let lanes: [Lane] = [.orders, .identity, .stock, .attributes, .history]

    /// Walks the index of what sleeps, so that its cost grows with what is due and not with what is stored.
    private func claimDue(
        _ lane: Lane, _ request: ClaimRequest, _ excluded: Set<String>, _ claim: inout Claim, _ db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT key FROM entities WHERE wake_at IS NOT NULL AND lane = ? AND wake_at <= ? ORDER BY wake_at, key
                """)
        let due = try String.fetchCursor(statement, arguments: [lane.rawValue, request.now.microseconds])
        var keys: [String] = []
        while let key = try due.next() {
            if excluded.contains(key) { continue }
            if claim.records.count + keys.count >= request.dueMax {
                claim.moreDue = true
                break
            }
            keys.append(key)
        }
        for key in keys {
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT \(Self.recordColumns) FROM entities WHERE key = ?"), arguments: [key])
            if let row { claim.records.append(try record(row)) }
        }
    }

    private func nextWake(_ lane: Lane, after now: Instant, _ excluded: Set<String>, _ db: Database) throws -> Instant?
    {
        let statement = try db.cachedStatement(
            sql: """
                SELECT key, wake_at FROM entities WHERE wake_at IS NOT NULL AND lane = ? AND wake_at > ?
                ORDER BY wake_at, key
                """)
        let later = try Row.fetchCursor(statement, arguments: [lane.rawValue, now.microseconds])
        while let row = try later.next() {
            let key: String = row["key"]
            if !excluded.contains(key) { return Instant(microseconds: row["wake_at"]) }
        }
        return nil
    }

    /// Which receipts repeat a delivery that was committed before.
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
