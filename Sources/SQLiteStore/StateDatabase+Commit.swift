import Commerce
import Foundation
import GRDB
import Sync
import Vault

extension StateDatabase {
    /// One transaction, durable on return.
    /// - Parameter inbox: the last received position, and when the newest receipt arrived.
    func commit(_ commit: Commit, inbox: (last: InboxPosition, newest: Instant?)) throws {
        try pool.write { db in
            let mark = mark(of: commit)
            let last: String? = try Self.fact("last_commit", db)
            // A repetition: the response to the last commit was lost, but everything is stored.
            if last == mark { return }
            try Self.setFact("last_commit", mark, db)
            try apply(position: commit.inboxPosition, last: inbox.last, db)
            try apply(consumed: commit.consumed, at: inbox.newest, db)
            var totals: [String: Int] = [:]
            var stations = try StationTable(db)
            for change in commit.records { try apply(change, &totals, &stations, db) }
            try stations.writeGrowth(db)
            try apply(trace: commit.trace, db)
            for change in ExceptionChange.ordered(in: commit) { try apply(change, &totals, db) }
            for setting in commit.settings {
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)")
                    .execute(arguments: [setting.name, setting.value])
            }
            try apply(totals, db)
        }
    }

    /// Tells a repetition from a new commit. Hashes differ between processes, hence the session in front.
    private func mark(of commit: Commit) -> String {
        var hasher = Hasher()
        hasher.combine(CommitMark(commit))
        return "\(session)/\(commit.id)/\(hasher.finalize())"
    }

    private func apply(position: InboxPosition?, last: InboxPosition, _ db: Database) throws {
        guard let position else { return }
        let stored = try Self.inboxPosition(db)
        guard position >= stored, position <= last else {
            throw StoreFailure(.conflict, "inbox position \(position) is not between \(stored) and \(last)")
        }
        try Self.setFact("inbox_position", position, db)
    }

    private func apply(consumed: [Commit.ConsumedReceipt], at newest: Instant?, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR IGNORE INTO consumed (digest, at) VALUES (?, ?)")
        for id in consumed {
            // Later than the receipt's own arrival, so it is kept slightly longer than needed.
            try statement.execute(
                arguments: [Self.digest(id.connection, id.deliveryID), newest?.microseconds ?? 0])
        }
    }

    // MARK: Records

    private func apply(
        _ change: RecordChange, _ totals: inout [String: Int], _ stations: inout StationTable, _ db: Database
    ) throws {
        let key = change.record.key
        let stored = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id, generation, dirty, unsent, ambiguous, read_backs, holds, waiting, work, wrapped_key
                    FROM entities WHERE key = ?
                    """), arguments: [key.description])
        let generation: Int64 = stored?["generation"] ?? 0
        guard change.record.generation == generation + 1 else {
            throw StoreFailure(
                .conflict, "\(key) has generation \(generation), but the change expects \(change.record.generation)")
        }
        Self.count(change.counts, &totals)
        let work = try stations.replace(stored?["work"] ?? "", by: change.work, of: key, db)
        if let stored {
            Self.subtract(stored, &totals)
            try update(change, work, id: stored["id"], wrapped: stored["wrapped_key"], db)
        } else {
            totals["entities", default: 0] += 1
            try insert(change, work, db)
        }
    }

    private func insert(_ change: RecordChange, _ work: String, _ db: Database) throws {
        let record = change.record
        let (dataKey, wrapped) = try encryption.newKey()
        keys.put(dataKey, for: record.key)
        try db.cachedStatement(
            sql: """
                INSERT INTO entities (generation, work, dirty, unsent, ambiguous, read_backs, holds, waiting,
                    oldest_untold, ledgers, truth, key, wrapped_key)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: columns(change, work) + [
                try sealed(record.ledgers, .ledgers, record.key, dataKey),
                try sealed(record.truth, .truth, record.key, dataKey), record.key.description, Data(wrapped),
            ])
        try apply(lookups: record.truth.lookups, of: db.lastInsertedRowID, record.key.kind, db)
    }

    private func update(
        _ change: RecordChange, _ work: String, id: Int64, wrapped: Data, _ db: Database
    ) throws {
        let record = change.record
        let dataKey = try dataKey(of: record.key, wrapped: wrapped)
        let ledgers = try sealed(record.ledgers, .ledgers, record.key, dataKey)
        let set = """
            UPDATE entities SET generation = ?, work = ?, dirty = ?, unsent = ?, ambiguous = ?,
                read_backs = ?, holds = ?, waiting = ?, oldest_untold = ?, ledgers = ?
            """
        guard change.truthChanged else {
            return try db.cachedStatement(sql: "\(set) WHERE id = ?").execute(
                arguments: columns(change, work) + [ledgers, id])
        }
        let truth = try sealed(record.truth, .truth, record.key, dataKey)
        try db.cachedStatement(sql: "\(set), truth = ? WHERE id = ?")
            .execute(arguments: columns(change, work) + [ledgers, truth, id])
        try apply(lookups: record.truth.lookups, of: id, record.key.kind, db)
    }

    /// The plain columns except the key, in the order of both statements.
    private func columns(_ change: RecordChange, _ work: String) -> StatementArguments {
        let counts = change.counts
        return [
            change.record.generation, work, counts.dirty, counts.unsent,
            counts.ambiguous, counts.readBacks, counts.holds, counts.waiting.map(\.rawValue).joined(separator: " "),
            counts.oldestUntold?.microseconds,
        ]
    }

    private func apply(lookups: [Lookup], of id: Int64, _ kind: EntityKind, _ db: Database) throws {
        let wanted = lookups.map { Data(encryption.index(kind: $0.kind.rawValue, value: $0.value)) }
        let stored = try Data.fetchAll(
            db.cachedStatement(sql: "SELECT hash FROM lookups WHERE entity = ?"), arguments: [id])
        let kept = Set(wanted).intersection(stored)
        for hash in stored where !kept.contains(hash) {
            try db.cachedStatement(sql: "DELETE FROM lookups WHERE hash = ? AND kind = ? AND entity = ?")
                .execute(arguments: [hash, kind.rawValue, id])
        }
        for hash in wanted where !kept.contains(hash) {
            try db.cachedStatement(sql: "INSERT INTO lookups (hash, kind, entity) VALUES (?, ?, ?)")
                .execute(arguments: [hash, kind.rawValue, id])
        }
    }

    // MARK: Totals

    private static func count(_ counts: RecordCounts, _ totals: inout [String: Int]) {
        totals["dirty", default: 0] += counts.dirty
        totals["unsent", default: 0] += counts.unsent
        totals["ambiguous", default: 0] += counts.ambiguous
        totals["read_backs", default: 0] += counts.readBacks
        totals["holds", default: 0] += counts.holds
        for reason in counts.waiting { totals["waiting \(reason.rawValue)", default: 0] += 1 }
    }

    private static func subtract(_ stored: Row, _ totals: inout [String: Int]) {
        for name in ["dirty", "unsent", "ambiguous", "read_backs", "holds"] {
            let value: Int = stored[name]
            totals[name, default: 0] -= value
        }
        let waiting: String = stored["waiting"]
        for reason in waiting.split(separator: " ") { totals["waiting \(reason)", default: 0] -= 1 }
    }

    private func apply(_ totals: [String: Int], _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO totals (name, value) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET value = value + excluded.value
                """)
        for (name, change) in totals.sorted(by: { $0.key < $1.key }) where change != 0 {
            try statement.execute(arguments: [name, change])
        }
    }

    // MARK: Traces and exceptions

    private func apply(trace: [TraceItem], _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO trace (at, entity, kind, flow, destination, event_type, event_key, reason, detail, receipt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for item in trace {
            try statement.execute(arguments: [
                item.at.microseconds, item.entity?.description, item.kind.rawValue, item.flow, item.destination,
                item.eventType, item.eventKey, item.reason?.rawValue, item.detail, item.receipt,
            ])
        }
    }

    private func apply(_ change: ExceptionChange, _ totals: inout [String: Int], _ db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM exceptions WHERE id = ?"), arguments: [change.id])
        let before = try row.map { try Self.exception($0) }
        guard let after = change.applied(to: before) else { return }
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO exceptions (id, kind, subject, cause, state, count, first_at, last_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            after.id, after.kind.rawValue, after.subject, after.cause, after.state.rawValue, after.count,
            after.firstAt.microseconds, after.lastAt.microseconds,
        ])
        let wasOpen = before.map { $0.state != .resolved } ?? false
        totals["open_exceptions", default: 0] += (after.state == .resolved ? 0 : 1) - (wasOpen ? 1 : 0)
    }
}
